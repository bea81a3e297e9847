"""`make run`: the web process and the worker under one supervisor, on one address and one data folder."""

import fcntl
import os
import socket
import struct
import subprocess
import sys
from pathlib import Path
from typing import TextIO

from config import settings
from config.supervisor import Child, Supervisor

WORKER_NICE = 10  # people who look at a page come first
SLOW_CLIENT = 30  # seconds that a client in the middle of a request may send, or take, nothing


class CannotStart(Exception):
    """The message says why, and what to do."""


def take_lock(data_dir: Path) -> TextIO:
    """A lock on the data folder that lasts as long as this process. Raises CannotStart."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        lock = open(data_dir / "serve.lock", "a+")  # noqa: SIM115
    except OSError as error:
        reason = f"{data_dir} cannot be written to ({error.strerror}). Set DATA_DIR to a folder of your own."
        raise CannotStart(reason) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        with lock:
            lock.seek(0)
            reason = f"Leakline already runs on {data_dir} (process {lock.read().strip() or 'unknown'})."
        raise CannotStart(f"{reason} Stop it first, or set DATA_DIR to another folder.") from None
    lock.truncate(0)
    lock.write(f"{os.getpid()}\n")
    lock.flush()
    return lock


def listen(host: str, port: int) -> socket.socket:
    """The socket that the web process answers on, held here so that its restart loses nobody.

    Raises CannotStart.
    """
    try:
        family, *_, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.create_server(address[:2], family=family, backlog=512)
    except socket.gaierror as error:
        raise CannotStart(
            f"HOST is {host!r}, which is no address. Set HOST to one of this machine's."
        ) from error
    except PermissionError as error:
        raise CannotStart(f"Port {port} needs special rights. Set PORT to one above 1023.") from error
    except OSError as error:
        reason = f"Port {port} on {host} cannot be used: {os.strerror(error.errno or 0).lower()}."
        raise CannotStart(f"{reason} Stop what uses it, or set PORT to another one.") from error
    # Connections inherit these, and with them a bound on clients that stop half way.
    for direction in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
        listener.setsockopt(socket.SOL_SOCKET, direction, struct.pack("@ll", SLOW_CLIENT, 0))
    return listener


def prepare() -> str:
    """Check the settings and bring the database up to date; the line for the person. Raises CannotStart."""
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "prepare"]
    prepared = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if prepared.returncode:
        raise CannotStart("Leakline did not start. What is said above has to be mended first.")
    return prepared.stdout.strip()


def children(listener: socket.socket) -> list[Child]:
    fd = listener.fileno()
    threads = str(settings.WORKER_THREADS)
    quietly = [
        "--without-gossip",
        "--without-mingle",
        "--without-heartbeat",
        "--loglevel",
        settings.LOG_LEVEL,
    ]
    return [
        Child(
            "web process",
            "gunicorn",
            "-c",
            "python:config.web",
            "--bind",
            f"fd://{fd}",
            "config.wsgi",
            fds=[fd],
        ),
        Child(
            "worker",
            "celery",
            "-q",
            "-A",
            "config",
            "worker",
            "-P",
            "threads",
            "-c",
            threads,
            *quietly,
            nice=WORKER_NICE,
        ),
    ]


def main() -> int:
    try:
        with take_lock(settings.DATA_DIR), listen(settings.HOST, settings.PORT) as listener:
            line = prepare()
            supervisor = Supervisor(children(listener))
            print(line, flush=True)
            supervisor.run()
    except CannotStart as reason:
        print(reason, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
