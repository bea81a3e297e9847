"""The sockets under our HTTP client: only permitted addresses, and no wait beyond the deadline."""

from __future__ import annotations

import functools
import http.client
import io
import math
import os
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection

from monitors.sources import addresses

CA_BUNDLE_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")


class Deadline:
    """The moment by which an exchange must be over, all its redirects and its whole body included."""

    def __init__(self) -> None:
        self._at = math.inf

    def start(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    @property
    def has_passed(self) -> bool:
        return time.monotonic() >= self._at

    def left(self) -> float:
        """Seconds left, more than 0. Raises TimeoutError when there are none."""
        seconds = self._at - time.monotonic()
        if seconds <= 0:
            raise TimeoutError("the deadline has passed")
        return seconds


@dataclass(frozen=True)
class Rules:
    """What every socket of one client obeys. The seconds bound one wait; the deadline bounds their sum."""

    allow_private: bool = False
    connect_seconds: float = 10.0
    read_seconds: float = 30.0
    deadline: Deadline = field(default_factory=Deadline)
    at_work: Callable[[], None] = lambda: None  # called before each wait; what it raises ends the exchange


class _ClockedReader(io.RawIOBase):
    """A socket's bytes. A server that drips them one by one still meets the deadline."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, rules: Rules) -> None:
        self._raw, self._sock, self._rules = raw, sock, rules

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._rules.at_work()
        self._sock.settimeout(min(self._rules.read_seconds, self._rules.deadline.left()))
        return cast("int | None", self._raw.readinto(buffer))

    def close(self) -> None:
        self._raw.close()
        super().close()


class _ClockedResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, rules: Rules, **named: Any) -> None:
        super().__init__(sock, *args, **named)
        self.fp = io.BufferedReader(_ClockedReader(self.fp.detach(), sock, rules))


class _Guarded:
    """Resolves, judges and connects in one step, so that what was judged is what is connected to."""

    def __init__(self, *args: Any, rules: Rules, **named: Any) -> None:
        super().__init__(*args, **named)
        self._rules = rules
        setattr(self, "response_class", functools.partial(_ClockedResponse, rules=rules))  # noqa: B010

    def _new_conn(self) -> socket.socket:
        host, port = str(getattr(self, "host")), int(getattr(self, "port"))  # noqa: B009
        targets = addresses.resolve(host, port, allow_private=self._rules.allow_private)
        return _connect(targets, self._rules)


def _connect(targets: Sequence[addresses.Target], rules: Rules) -> socket.socket:
    failure: OSError = OSError("no address")
    for target in targets:
        sock = socket.socket(target.family, socket.SOCK_STREAM)
        try:
            sock.settimeout(min(rules.connect_seconds, rules.deadline.left()))
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.connect(target.sockaddr)
            return sock
        except OSError as error:
            sock.close()
            failure = error
    raise failure


class _GuardedHTTP(_Guarded, HTTPConnection):
    pass


class _GuardedHTTPS(_Guarded, HTTPSConnection):
    pass


class _GuardedPools(PoolManager):
    def __init__(self, rules: Rules, **named: Any) -> None:
        super().__init__(**named)
        self._rules = rules

    def _new_pool(self, *args: Any, **named: Any) -> HTTPConnectionPool:
        pool = super()._new_pool(*args, **named)
        guarded = _GuardedHTTPS if isinstance(pool, HTTPSConnectionPool) else _GuardedHTTP
        pool.ConnectionCls = functools.partial(guarded, rules=self._rules)  # type: ignore[assignment]
        return pool


class GuardedAdapter(HTTPAdapter):
    """Makes a requests Session obey the rules."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        super().__init__(max_retries=0)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **named: Any) -> None:
        self.poolmanager = _GuardedPools(
            self._rules, num_pools=connections, maxsize=maxsize, block=block, **named
        )


def ca_bundle() -> str:
    """The file of certificates the environment names, "" to use the built-in ones."""
    return next((os.environ[name] for name in CA_BUNDLE_VARIABLES if os.environ.get(name)), "")
