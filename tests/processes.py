"""Real processes for tests: started, watched, and never left behind."""

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from time import monotonic, sleep
from typing import IO, NamedTuple

ROOT = Path(__file__).parent.parent


def until(is_so: Callable[[], object], *, seconds: float = 30.0):
    """What `is_so` says, once it says yes. Raises TimeoutError."""
    deadline = monotonic() + seconds
    while not (said := is_so()):
        if monotonic() > deadline:
            raise TimeoutError(f"Not so after {seconds:g} s: {is_so}")
        sleep(0.02)
    return said


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def python(*arguments: str, stderr: IO[str] | int = subprocess.PIPE, **settings: str) -> subprocess.Popen:
    """A running Python with these arguments; what the machine's own settings say is kept from it."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in os.environ}
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=kept | settings,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
    )


def is_running(pid: int) -> bool:
    """Whether the process is there and is more than a zombie."""
    return any(one.pid == pid and one.state != "Z" for one in processes())


def cpu_seconds(pids: Sequence[int]) -> float:
    """Processor time that these have used up so far. Needs /proc."""
    ticks = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13] for pid in pids]
    return sum(int(user) + int(system) for user, system in ticks) / os.sysconf("SC_CLK_TCK")


class Process(NamedTuple):
    pid: int
    parent: int
    state: str  # one letter, as ps says it; Z for a zombie
    command: str


def processes() -> list[Process]:
    listed = _from_proc() if Path("/proc/self/stat").exists() else _from_ps()
    return [Process(int(pid), int(parent), state[:1], command) for pid, parent, state, command in listed]


def _from_proc() -> Iterator[Sequence[str]]:
    for folder in Path("/proc").glob("[0-9]*"):
        # A process may end between the listing and the reading.
        with contextlib.suppress(OSError):
            state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
            yield folder.name, parent, state, (folder / "cmdline").read_text().replace("\0", " ")


def _from_ps() -> Iterator[Sequence[str]]:
    command = ["ps", "-Ao", "pid=,ppid=,stat=,command="]
    for line in subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines():
        yield line.split(None, 3)


def below(pid: int) -> list[Process]:
    """Every process under this one."""
    everything, family = processes(), {pid}
    while grown := {one.pid for one in everything if one.parent in family} - family:
        family |= grown
    return [one for one in everything if one.pid in family - {pid}]
