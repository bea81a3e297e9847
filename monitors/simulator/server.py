"""The world behind real HTTP on loopback. Counts, limits and faults are made here, alike for all dialects.

Each dialect has a port of its own, as each host has a name: what is kept for a host (its limit, whether it
wants to be left alone) must not be shared by all. Every port answers for all of them, below their prefixes,
and links lead to the port that was asked.
"""

from __future__ import annotations

import selectors
import socket
import socketserver
import struct
import sys
import threading
import time
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qs

from monitors.simulator import control
from monitors.simulator.dialects import all_dialects
from monitors.simulator.dialects.base import Dialect
from monitors.simulator.faults import Fault
from monitors.simulator.hooks import KIND
from monitors.simulator.limits import Key, Standing
from monitors.simulator.messages import Request, Response
from monitors.simulator.world import World

LOOPBACK = "127.0.0.1"
LARGEST_BODY = 64 * 1024 * 1024
DRIPS = 10
GLANCE = 0.05  # seconds between two looks at whether to close
PACE = "(pace)"  # the bucket of a dialect's limit on the pace


class Server:
    """The running world. Close it when done."""

    def __init__(self, world: World, port: int = 0, dialects: Mapping[str, Dialect] | None = None) -> None:
        self.world = world
        self.dialects = dict(all_dialects() if dialects is None else dialects)
        self.failures: list[str] = []  # tracebacks of dialects, oldest first
        self._webs = _opened(self, port, ["", *self.dialects])
        self._is_closing = threading.Event()
        self._thread = threading.Thread(target=self._answer, daemon=True)
        self._thread.start()
        self._teller = threading.Thread(target=self._tell, daemon=True)
        self._teller.start()

    @property
    def port(self) -> int:
        return self._webs[""].server_port

    @property
    def url(self) -> str:
        return self._webs[""].url

    def address(self, kind: str) -> str:
        """The base address of one dialect, as a source is given it."""
        return self._webs[kind].url + self.dialects[kind].prefix

    @property
    def addresses(self) -> dict[str, str]:
        return {kind: self.address(kind) for kind in self.dialects}

    def front(self, kind: str) -> str:
        """An address of the dialect that a source of its kind can be given and answers; "" without any."""
        front = self.dialects[kind].front(self.world)
        return "" if front is None else self.address(kind) + front

    def _answer(self) -> None:
        """Hand each connection to a thread of its own, until closing."""
        with selectors.DefaultSelector() as waiting:
            for web in self._webs.values():
                waiting.register(web, selectors.EVENT_READ, web)
            while not self._is_closing.is_set():
                for key, _ in waiting.select(GLANCE):
                    key.data.handle_request()

    def _tell(self) -> None:
        """Deliver to hooks what happens, until closing."""
        base = self.address(KIND) if KIND in self.dialects else ""
        while not self._is_closing.wait(GLANCE):
            if base and self.world.hooks.kept:
                try:
                    self.world.hooks.deliver(
                        self.world.host(KIND), base, now=self.world.clock.now(), stop=self._is_closing
                    )
                except Exception:
                    self.failures.append(traceback.format_exc())
                    return

    def wait(self) -> None:
        """Until it is closed."""
        while self._thread.is_alive():
            self._thread.join(1)

    def close(self) -> None:
        self._is_closing.set()
        self._thread.join(5)
        self._teller.join(1)
        for web in self._webs.values():
            web.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def find(self, path: str) -> tuple[Dialect, str] | None:
        """Whose path this is, and what is left of it."""
        for dialect in self.dialects.values():
            if path == dialect.prefix or path.startswith(dialect.prefix + "/"):
                return dialect, path[len(dialect.prefix) :] or "/"
        return None


def serve(world: World, port: int = 0, dialects: Mapping[str, Dialect] | None = None) -> Server:
    """Serve the world on loopback in threads, from now on: at this port, and each dialect at one of those
    after it. Port 0 takes free ones. Raises OSError when one is taken.
    """
    return Server(world, port, dialects)


class Answering:
    """One request to one dialect: count, refuse or answer, and tell how the asker stands."""

    def __init__(self, world: World, dialect: Dialect, request: Request, fault: Fault | None) -> None:
        self.world, self.dialect, self.request, self.fault = world, dialect, request, fault
        self.at = world.clock.now()
        self.token = dialect.token(request)

    def respond(self) -> Response:
        bucket = self.dialect.bucket(self.request)
        limit = self.dialect.limit(bucket, self.token, self.world) if bucket is not None else None
        key = Key(self.dialect.kind, self.token, bucket or "")
        if limit is None:
            self.world.meter.requests[key] += 1
            return self._dated(self._faulty(key) or self._answered())
        standing = self.world.meter.take(key, limit, at=self.at, tells=self.dialect.tells)
        if standing.is_refused:
            return self._refused(standing)
        if refusal := self._too_fast(standing) or self._faulty(key):
            return self._dated(refusal, standing)
        response = self._answered()
        cost = self.dialect.cost(self.request, response)
        standing = self.world.meter.charge(key, limit, cost - 1, at=self.at)
        return self._dated(response, standing)

    def _answered(self) -> Response:
        if self.world.tokens and self.token and self.token not in self.world.tokens:
            return self.dialect.error(401, "Bad credentials")
        return self.dialect.answer(self.request, self.world, self.at)

    def _refused(self, standing: Standing) -> Response:
        response = self.dialect.limited(self.request, standing)
        until = self.at + standing.wait if standing.wait else standing.resets_at
        if standing.wait or not self.dialect.tells:
            response.headers |= self._retry_after(until)
        return self._dated(response, standing)

    def _too_fast(self, standing: Standing) -> Response | None:
        pace = self.dialect.pace
        if pace is None:
            return None
        key = Key(self.dialect.kind, self.token, PACE)
        found = self.world.meter.take(key, pace, at=self.at, tells=False)
        if not found.is_refused:
            return None
        wait = found.resets_at - self.at
        self.world.meter.hold(key, wait, at=self.at, whole=True)
        return self._told_off(standing, wait)

    def _told_off(self, standing: Standing, wait: timedelta) -> Response:
        response = self.dialect.secondary(self.request, standing)
        response.headers |= self._retry_after(self.at + wait)
        return response

    def _faulty(self, key: Key) -> Response | None:
        """The answer instead of the dialect's, for those faults that are answers."""
        wait = timedelta(seconds=self.world.faults.retry_after)
        asked = self.world.meter.requests[key]
        standing = Standing(key.bucket, 0, max(asked - 1, 0), self.at + wait, True, wait)
        if self.fault is Fault.UNAVAILABLE:
            status = (502, 503, 504)[asked % 3]
            return self.dialect.error(status, "The server could not answer.")
        if self.fault is Fault.PAGE:
            return Response.text("<!doctype html><title>Sorry</title>", type="text/html; charset=utf-8")
        if self.fault not in (Fault.LIMITED, Fault.SECONDARY):
            return None
        is_secondary = self.fault is Fault.SECONDARY
        self.world.meter.hold(key, wait, at=self.at, whole=is_secondary)
        if is_secondary:
            return self._told_off(standing, wait)
        response = self.dialect.limited(self.request, standing)
        response.headers |= self._retry_after(self.at + wait)
        return response

    def _retry_after(self, until: datetime) -> Mapping[str, str]:
        clock = self.world.clock
        seconds = -int(-clock.told_wait(until - self.at).total_seconds() // 1)
        return self.dialect.retry_after(max(seconds, 1), clock.told(until))

    def _dated(self, response: Response, standing: Standing | None = None) -> Response:
        clock = self.world.clock
        response.headers.setdefault("Date", format_datetime(clock.told(self.at), usegmt=True))
        if standing and standing.limit:
            for name, value in type(self.dialect).style(standing, self.at, clock.told).items():
                response.headers.setdefault(name, value)
        return response


class _Web(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    timeout = GLANCE  # for one who knocked and went

    def __init__(self, outside: Server, port: int) -> None:
        self.outside = outside
        super().__init__((LOOPBACK, port), _Exchange)

    def server_bind(self) -> None:
        """Without asking the resolver what we are called."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = LOOPBACK, self.server_address[1]

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A dialect failed, which is a fault of ours; that whoever asked hung up is none."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            self.outside.failures.append(traceback.format_exc())
            super().handle_error(request, client_address)  # type: ignore[arg-type]


def _opened(outside: Server, port: int, names: Iterable[str]) -> dict[str, _Web]:
    """A listening socket for each name, at ports in a row from this one, or any free ones for 0."""
    webs: dict[str, _Web] = {}
    try:
        for number, name in enumerate(names):
            webs[name] = _Web(outside, port + number if port else 0)
    except BaseException:
        for web in webs.values():
            web.server_close()
        raise
    return webs


class _Exchange(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "leakline-simulator"
    disable_nagle_algorithm = True
    timeout = 60
    server: _Web

    def do_GET(self) -> None:
        self._serve()

    do_HEAD = do_POST = do_PUT = do_DELETE = do_GET

    def _serve(self) -> None:
        outside = self.server.outside
        path, _, raw_query = self.path.partition("?")
        body = self._body()
        if body is None:
            return self._send(Response.text("The request is too large.", 413))
        found = outside.find(path)
        query = parse_qs(raw_query, keep_blank_values=True, max_num_fields=100)
        headers = {name.lower(): value for name, value in self.headers.items()}
        base = self.server.url + (found[0].prefix if found else "")
        request = Request(self.command, found[1] if found else path, query, headers, body, base, raw_query)
        if found is None:
            return self._send(control.answer(request, outside.world, outside.addresses))
        dialect = found[0]
        fault = outside.world.faults.draw(dialect.kind, at=outside.world.clock.now())
        request = replace(request, is_partial=fault is Fault.PARTIAL)
        time.sleep(outside.world.faults.pause(dialect.kind))
        if fault is Fault.RESET:
            return self._cut()
        return self._send(Answering(outside.world, dialect, request, fault).respond(), fault)

    def _send(self, response: Response, fault: Fault | None = None) -> None:
        self.send_response(response.status)
        if response.status != 304:
            response.headers.setdefault("Content-Length", str(len(response.body)))
        for name, value in response.headers.items():
            if name != "Date":
                self.send_header(name, value)
        self.end_headers()
        body = b"" if self.command == "HEAD" else response.body
        try:
            self._write(body, fault)
        except ConnectionError:  # whoever asked hung up
            self.close_connection = True

    def _write(self, body: bytes, fault: Fault | None) -> None:
        if fault is Fault.TRUNCATED:
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
        elif fault is Fault.SLOW:
            size = max(len(body) // DRIPS, 1)
            for start in range(0, len(body), size):
                time.sleep(self.server.outside.world.faults.drip / DRIPS)
                self.wfile.write(body[start : start + size])
        else:
            self.wfile.write(body)

    def _cut(self) -> None:
        """Reset the connection: closing with a linger of 0 s sends RST."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.rfile.close()
        self.connection.close()
        self.close_connection = True

    def _body(self) -> bytes | None:
        """The request's body in either form; None when it is too large."""
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return self._chunked()
        length = self.headers.get("Content-Length", "0")
        size = int(length) if length.isascii() and length.isdigit() else 0
        return self.rfile.read(size) if size <= LARGEST_BODY else None

    def _chunked(self) -> bytes | None:
        pieces, total = [], 0
        while size := int(self.rfile.readline(20).strip() or b"0", 16):
            total += size
            if total > LARGEST_BODY:
                return None
            pieces.append(self.rfile.read(size))
            self.rfile.readline(4)
        self.rfile.readline(4)
        return b"".join(pieces)

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The Date header: the world's time, as those who ask should hear it."""
        clock = self.server.outside.world.clock
        return format_datetime(clock.told(clock.now()), usegmt=True)

    def log_message(self, *args: object) -> None:
        pass
