"""Running a program that strangers feed: in time, in room, and never beyond its process group."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

MEMORY = 4 * 1024 * 1024 * 1024
COMPLAINT = 64 * 1024
GLANCE = 0.05  # seconds between two looks at how much room it takes


class Overtime(Exception):
    """The program did not end in time and was killed."""


class Overgrown(Exception):
    """The program wrote more than it may and was killed."""


class Failed(Exception):
    """The program ended with an error; `complaint` is what it said, at most 64 KiB."""

    def __init__(self, complaint: bytes) -> None:
        super().__init__()
        self.complaint = complaint


@dataclass(frozen=True)
class Room:
    """The most a program may take: seconds, bytes in its folder, bytes of output."""

    folder: Path
    seconds: float
    folder_bytes: int
    output_bytes: int
    at_work: Callable[[], None] = lambda: None  # called while the program runs; what it raises ends it


def run(
    command: Sequence[str], *, environment: Mapping[str, str], room: Room, stdin: bytes = b""
) -> IO[bytes]:
    """The program's output, as an open temporary file.

    Raises Overtime, Overgrown, Failed, and FileNotFoundError when there is no such program.
    """
    if shutil.which(command[0], path=environment.get("PATH")) is None:
        raise FileNotFoundError(command[0])
    output = tempfile.TemporaryFile()  # noqa: SIM115 - the caller's to close
    try:
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as complaints:
            given.write(stdin)
            given.seek(0)
            process = subprocess.Popen(
                _within(command, room),
                stdin=given,
                stdout=output,
                stderr=complaints,
                env=environment,
                cwd=room.folder,
                start_new_session=True,
            )
            _watch(process, output, complaints, room)
            if process.returncode:
                complaints.seek(0)
                raise Failed(complaints.read(COMPLAINT))
    except BaseException:
        output.close()
        raise
    output.seek(0)
    return output


def _watch(process: subprocess.Popen[bytes], output: IO[bytes], complaints: IO[bytes], room: Room) -> None:
    """Wait for the program, and leave nothing of its group behind, whatever happens."""
    until = time.monotonic() + room.seconds
    try:
        while not _has_ended(process):
            if time.monotonic() >= until:
                raise Overtime
            room.at_work()
            written = os.fstat(output.fileno()).st_size + os.fstat(complaints.fileno()).st_size
            if written > room.output_bytes or size_of(room.folder) > room.folder_bytes:
                raise Overgrown
    finally:
        _kill_group(process)


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    try:
        process.wait(GLANCE)
    except subprocess.TimeoutExpired:
        return False
    return True


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):  # all of it has ended
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _within(command: Sequence[str], room: Room) -> list[str]:
    """The command, bound from its first moment in the size of one file and, where the system can, in memory.

    https://pubs.opengroup.org/onlinepubs/9699919799/utilities/ulimit.html: -f counts 512-byte blocks.
    """
    blocks = (room.folder_bytes + room.output_bytes) // 512
    script = f'ulimit -f {blocks} || exit 126; ulimit -v {MEMORY // 1024} 2>/dev/null; exec "$@"'
    return ["/bin/sh", "-c", script, "sh", *command]


def size_of(folder: Path) -> int:
    """Bytes of all files below the folder. Files may vanish meanwhile."""
    total = 0
    for directory, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(directory, name)).st_size
            except OSError:
                continue
    return total
