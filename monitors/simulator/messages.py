"""A request and a response, as dialects see them."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

JSON = "application/json; charset=utf-8"


@dataclass(frozen=True)
class Request:
    """One request, below a dialect's prefix: asking for "/github/rate_limit" has the path "/rate_limit"."""

    method: str
    path: str  # as it was sent, still percent-encoded; starts with "/"
    query: Mapping[str, list[str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)  # names in lower case
    body: bytes = b""
    base: str = ""  # the dialect's own address, "http://127.0.0.1:8000/github": for links in answers
    raw_query: str = ""
    is_partial: bool = False  # leave something out, and say so in the host's way

    @property
    def parts(self) -> tuple[str, ...]:
        """The path's decoded segments: "/@acme%2Fcli/1.0.0" is ("@acme/cli", "1.0.0")."""
        return tuple(unquote(part) for part in self.path.split("/") if part)

    def one(self, name: str, default: str = "") -> str:
        """The first value of a query parameter."""
        return self.query.get(name, [default])[0]

    def number(self, name: str, default: int, *, least: int = 0, most: int = 10**12) -> int:
        """A query parameter as a number, put within bounds; the default when it is none."""
        value = self.one(name)
        return min(max(int(value), least), most) if value.isascii() and value.isdigit() else default

    def json(self) -> Any:
        """The body. None when it is no JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    @property
    def token(self) -> str:
        """Who asks: the token of any of the usual forms, "" without one."""
        private = self.headers.get("private-token", "")
        scheme, _, value = self.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            return _password(value)
        return private or (value.strip() if scheme.lower() in ("bearer", "token") else "")


@dataclass
class Response:
    """An answer. `cost` is what it draws on the limit; None leaves that to the dialect."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cost: int | None = None

    @classmethod
    def json(cls, value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
        body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        return cls(status, body, {"Content-Type": JSON, **(headers or {})})

    @classmethod
    def text(cls, value: str, status: int = 200, *, type: str = "text/plain; charset=utf-8") -> Response:
        return cls(status, value.encode(), {"Content-Type": type})

    @classmethod
    def content(cls, value: bytes, *, type: str = "application/octet-stream") -> Response:
        return cls(200, value, {"Content-Type": type})

    @classmethod
    def redirect(cls, url: str, status: int = 302) -> Response:
        return cls(status, b"", {"Location": url})


def _password(encoded: str) -> str:
    try:
        pair = base64.b64decode(encoded, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""
    return pair.partition(":")[2]
