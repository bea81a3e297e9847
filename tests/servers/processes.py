"""Starting and stopping real programs for tests, and what to do when they are missing."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from tests.processes import ROOT

REQUIRED = "LEAKLINE_REQUIRE_SERVERS"


def cache_folder() -> Path:
    """Where servers are installed once: LEAKLINE_SERVERS, else var/servers of the checkout."""
    return Path(os.environ.get("LEAKLINE_SERVERS") or ROOT / "var" / "servers")


def need(*programs: str) -> None:
    """Skip the test, or fail it where servers are required, when a program is missing."""
    missing = [program for program in programs if not shutil.which(program)]
    if missing:
        lack(f"needs {' and '.join(missing)} on PATH")


def lack(reason: str) -> None:
    if os.environ.get(REQUIRED) == "1":
        pytest.fail(f"{reason} ({REQUIRED}=1)")
    pytest.skip(reason)


def wait_until(
    is_up: Callable[[], bool], process: subprocess.Popen[bytes], log: Path, *, seconds: float = 60
) -> None:
    """Return once it is up. Raises RuntimeError with the end of its log when it dies or takes too long."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        if is_up():
            return
        time.sleep(0.05)
    process.kill()
    raise RuntimeError(f"{process.args} did not come up: {log.read_text()[-2000:]}")


def stop(process: subprocess.Popen[bytes], *, seconds: float = 5) -> None:
    process.terminate()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def run(command: Iterable[str | Path], *, cwd: Path, seconds: float = 300) -> None:
    """Raises RuntimeError with what it said when the command fails."""
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, timeout=seconds)
    if done.returncode:
        raise RuntimeError((done.stdout + done.stderr).decode(errors="replace")[-2000:])
