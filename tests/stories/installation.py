"""Leakline as people run it: the supervisor, its web process, its worker, on a data folder of its own."""

import contextlib
import json
import os
import re
import signal
import urllib.error
import urllib.request
from pathlib import Path
from time import monotonic

from tests.processes import Process, below, cpu_seconds, free_port, python, until


class Installation:
    """Starts with the `with` block, on a free port, and is gone after it.

    `settings` as in the environment.
    """

    def __init__(self, data_dir: Path, **settings: str) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.settings = {"DATA_DIR": str(data_dir), "PORT": str(self.port)} | settings
        self.line = ""
        self.first_page_seconds = 0.0

    def __enter__(self):
        began = monotonic()
        self.errors = open(Path(self.settings["DATA_DIR"]).with_suffix(".log"), "w+")
        self.supervisor = python("-m", "config.serve", stderr=self.errors, **self.settings)
        try:
            self.line = self.supervisor.stdout.readline().strip()
            until(self._answers)
        except BaseException:
            self.__exit__()
            raise RuntimeError(f"It did not start: {self.said()}") from None
        self.first_page_seconds = monotonic() - began
        return self

    def __exit__(self, *_: object) -> None:
        self.supervisor.terminate()
        self.supervisor.wait(timeout=10)
        self.supervisor.stdout.close()
        self.errors.close()

    def said(self) -> str:
        """What it has written for the administrator so far."""
        return Path(self.errors.name).read_text()

    def _answers(self) -> bool:
        if self.supervisor.poll() is not None:
            raise RuntimeError
        with (
            contextlib.suppress(urllib.error.URLError, ConnectionError),
            urllib.request.urlopen(f"{self.address}/", timeout=30) as page,
        ):
            return page.status == 200
        return False

    def manage(self, *arguments: str) -> str:
        """What a command prints. Raises RuntimeError with what it complains of."""
        command = python("manage.py", *arguments, **self.settings)
        printed, complained = command.communicate()
        if command.returncode:
            raise RuntimeError(f"{arguments}: {complained}{printed}")
        return printed

    def manage_json(self, *arguments: str):
        return json.loads(self.manage(*arguments, "--json"))

    def worker(self) -> Process:
        """The worker's process, once there is one."""
        return until(lambda: self._child("celery"))

    def _child(self, program: str) -> Process | None:
        pattern = re.compile(rf"config\.tether \d+ {program} ")
        found = [
            one for one in below(self.supervisor.pid) if pattern.search(one.command) and one.state != "Z"
        ]
        return found[0] if found else None

    def kill_worker(self) -> None:
        """As a lack of memory would: at once, without a word."""
        killed = self.worker().pid
        os.kill(killed, signal.SIGKILL)
        until(lambda: (child := self._child("celery")) and child.pid != killed)

    def cpu_seconds(self) -> float:
        """Processor time that all its processes have used up so far."""
        return cpu_seconds([self.supervisor.pid, *(one.pid for one in below(self.supervisor.pid))])
