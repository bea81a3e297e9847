"""Deliveries of what happened, signed, as GitHub sends them to whoever asked for it.

https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import ipaddress
import json
import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import SplitResult, urlsplit
from uuid import NAMESPACE_URL, uuid5

from monitors.simulator import happenings
from monitors.simulator.dialects.github.shapes import Shapes
from monitors.simulator.hosts import Host

KIND = "github"
MOST = 20  # hooks of one world
AT_ONCE = 200  # deliveries for one hook between two looks at whether to close
REMEMBERED = 200  # deliveries, to look at
SECONDS = 5.0  # that somebody may take to answer
ZEN = "Keep it logically awesome."


class HookError(ValueError):
    """A hook cannot be kept; the message says why."""


@dataclass
class Hook:
    """Who hears of the repositories of one account. `told_until` is the world's."""

    id: int
    owner: str
    url: str
    secret: str
    told_until: datetime
    is_greeted: bool = False


@dataclass(frozen=True)
class Delivery:
    """One attempt; `status` is 0 when nobody answered."""

    id: str
    hook: int
    event: str
    at: datetime
    status: int


@dataclass
class Hooks:
    """The hooks of a world, and what became of the newest deliveries. Safe to use from many threads."""

    kept: list[Hook] = field(default_factory=list)
    deliveries: deque[Delivery] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, owner: str, url: str, secret: str, *, at: datetime, beyond: bool = False) -> Hook:
        """Tell this address what happens to the owner's repositories from now on. Only addresses on loopback,
        unless `beyond`. Raises HookError.
        """
        if not (owner and secret):
            raise HookError("A hook needs an owner and a secret.")
        judge(url, beyond=beyond)
        with self._lock:
            if len(self.kept) >= MOST:
                raise HookError(f"There are {MOST} hooks already.")
            self.kept.append(Hook(len(self.kept) + 1, owner, url, secret, at))
            return self.kept[-1]

    def facts(self) -> dict[str, Any]:
        """What there is to tell of them; no secret."""
        return {
            "hooks": [{"id": one.id, "owner": one.owner, "url": one.url} for one in self.kept],
            "deliveries": [
                {
                    "id": one.id,
                    "hook": one.hook,
                    "event": one.event,
                    "at": one.at.isoformat(),
                    "status": one.status,
                }
                for one in list(self.deliveries)
            ],
        }

    def deliver(self, host: Host, base: str, *, now: datetime, stop: threading.Event) -> None:
        """Send what happened since the last time, oldest first; what nobody takes is not sent again.

        `base` is GitHub's own address in this world. At most 200 for each hook; the rest comes next time.
        It ends in the middle once `stop` is set.
        """
        for hook in list(self.kept):
            if not hook.is_greeted:
                hook.is_greeted = True
                self._send(hook, "ping", hook.told_until, {"zen": ZEN, "hook_id": hook.id}, "")
            each = happenings.of(host, hook.owner, after=hook.told_until, until=now)
            for one in _whole_moments(each):
                if stop.is_set():
                    return
                hook.told_until = one.at
                payload = one.payload(Shapes(host, base, one.at))
                self._send(hook, one.event, one.at, payload, str(one.repository.id))

    def _send(self, hook: Hook, event: str, at: datetime, payload: dict[str, Any], about: str) -> None:
        body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        digest = hashlib.sha256(body).hexdigest()
        id = str(uuid5(NAMESPACE_URL, f"{hook.id}:{event}:{about}:{at.isoformat()}:{digest}"))
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "GitHub-Hookshot/simulated",
            "X-GitHub-Delivery": id,
            "X-GitHub-Event": event,
            "X-GitHub-Hook-ID": str(hook.id),
            "X-Hub-Signature-256": signature(hook.secret, body),
        }
        self.deliveries.append(Delivery(id, hook.id, event, at, _posted(hook.url, body, headers)))


def signature(secret: str, body: bytes) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def judge(url: str, *, beyond: bool = False) -> SplitResult:
    """The parts of an address that can be told things. Raises HookError."""
    try:
        parts = urlsplit(url)
        is_whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_whole = False
    if not is_whole or not url.isascii() or not url.isprintable() or " " in url:
        raise HookError("Write the hook's address as http://127.0.0.1:8000/hooks/github/1.")
    if not (beyond or _is_loopback(parts.hostname or "")):
        raise HookError(
            f"{parts.hostname} is not on loopback. In a world file, write beyond_loopback = true."
        )
    return parts


def _is_loopback(name: str) -> bool:
    try:
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _whole_moments(each: list[happenings.Happening]) -> Iterable[happenings.Happening]:
    """As many as are sent at once. Those of one moment are not parted: it is all that is kept of them."""
    last = each[min(AT_ONCE, len(each)) - 1].at if each else None
    return (one for one in each if last is not None and one.at <= last)


def _posted(url: str, body: bytes, headers: dict[str, str]) -> int:
    """The status of the answer, which is not read; redirects are not followed."""
    parts = urlsplit(url)
    sort = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = sort(parts.hostname or "", parts.port, timeout=SECONDS)
    path = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
    try:
        connection.request("POST", path, body, headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
