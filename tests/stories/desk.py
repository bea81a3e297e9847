"""The product as its users meet it: started by its own command, used through its pages."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import urljoin

import requests

from tests.stories.installation import Installation

LINK = re.compile(r"http://\S+/welcome/\S+")
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class Desk:
    """An installation of Leakline, and the people who come to it."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.url = installation.address

    def command(self, *arguments: str) -> Any:
        """What `manage.py ... --json` prints."""
        return self.installation.manage_json(*arguments)

    def first_administrator(self, **who: str) -> Person:
        """Somebody who followed the link of the first line."""
        return self.welcome(LINK.search(self.installation.line)[0], **who)

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
