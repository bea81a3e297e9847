"""The product as its users meet it: started by its own command, used through its pages."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import requests

from tests.processes import ROOT, free_port, python, until

LINK = re.compile(r"http://\S+/welcome/\S+")
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class Desk:
    """A running Leakline on a data folder of its own."""

    def __init__(self, url: str, first_line: str, settings: dict[str, str]) -> None:
        self.url = url
        self.first_line = first_line
        self._settings = settings

    def command(self, *arguments: str) -> Any:
        """What `manage.py ...` prints as JSON."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self._settings,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def first_administrator(self, **who: str) -> Person:
        """Somebody who followed the link of the first line."""
        return self.welcome(LINK.search(self.first_line)[0], **who)

    def welcome(self, link: str, **who: str) -> Person:
        """Somebody who followed a one-time link and chose a password."""
        person = Person(self.url)
        password = "a sentence is easy to keep"
        person.submit(link, **{"full_name": who["username"], "password": password, "again": password} | who)
        return person


class Person:
    """Somebody at a browser without JavaScript."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()

    def page(self, path: str) -> str:
        """The text of a page, as HTML with its entities resolved."""
        answer = self.session.get(urljoin(self.url, path), timeout=30)
        assert answer.status_code == 200, (path, answer.status_code)
        return unescape(answer.text)

    def status(self, path: str) -> int:
        return self.session.get(urljoin(self.url, path), timeout=30, allow_redirects=False).status_code

    def submit(
        self, path: str, *, page: str = "", files: dict | None = None, **fields: Any
    ) -> requests.Response:
        """Send a form; `page` is where it stands, when that is not its own address."""
        address, stands_at = urljoin(self.url, path), urljoin(self.url, page or path)
        token = TOKEN.search(self.session.get(stands_at, timeout=30).text)
        assert token, f"No form on {stands_at}"
        sent = {"csrfmiddlewaretoken": token[1], **fields}
        answer = self.session.post(
            address, data=sent, files=files, timeout=60, headers={"Referer": stands_at}
        )
        assert answer.status_code == 200, (path, answer.status_code, answer.text[:2000])
        assert 'class="errors"' not in answer.text, answer.text
        return answer


@contextmanager
def running(data_dir: Path, **settings: str) -> Iterator[Desk]:
    """Leakline from its own command, web and worker, stopped at the end."""
    port = str(free_port())
    own = {"DATA_DIR": str(data_dir), "PORT": port, **settings}
    log = (data_dir.parent / "log").open("w+")
    process = python("-m", "config.serve", stderr=log, **own)
    try:
        line = process.stdout.readline()
        assert line, Path(log.name).read_text()
        url = f"http://127.0.0.1:{port}"
        until(lambda: _answers(f"{url}/healthz"))
        machine = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        yield Desk(url, line, machine | own)
    finally:
        process.terminate()
        process.wait(timeout=15)
        process.stdout.close()
        log.close()


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).ok
    except requests.RequestException:
        return False
