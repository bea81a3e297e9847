"""A web server on loopback that answers as it is told: errors, limits, halves, drips, or never."""

from __future__ import annotations

import contextlib
import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

Script = Callable[["Exchange"], None]


class Asked(NamedTuple):
    path: str
    headers: dict[str, str]
    body: bytes = b""


class Exchange(BaseHTTPRequestHandler):
    """One request. A script calls `answer`, or writes raw bytes, or waits on `self.server.stopping`."""

    protocol_version = "HTTP/1.1"
    server: _Server
    body: bytes = b""  # what a POST sent

    def do_GET(self) -> None:
        self.close_connection = True
        headers = {k.lower(): v for k, v in self.headers.items()}
        self.server.asked.append(Asked(self.path, headers, self.body))
        script = self.server.scripts.get(self.path.partition("?")[0], missing)
        with contextlib.suppress(ConnectionError, ssl.SSLError):  # the client hung up on us, as it should
            script(self)

    def do_POST(self) -> None:
        self.body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.do_GET()

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        named = {"Connection": "close", "Content-Length": str(len(body))}
        named |= {name.replace("_", "-"): value for name, value in headers.items()}
        for name, value in named.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, tls: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), Exchange)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.scripts: dict[str, Script] = {}
        self.asked: list[Asked] = []
        self.stopping = threading.Event()


class Scripted:
    """The running server: `url`, what was `asked`, and `on(path, script)`. Unknown paths answer 404."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._server = _Server(tls)
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self._server.server_port}"
        self.asked = self._server.asked
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def on(self, path: str, script: Script) -> str:
        """Answer this path by the script; gives back its address."""
        self._server.scripts[path] = script
        return self.url + path

    def close(self) -> None:
        self._server.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


def missing(exchange: Exchange) -> None:
    exchange.answer(404, b'{"error": "Not found"}', Content_Type="application/json")


def answers(status: int, body: bytes = b"", **headers: str) -> Script:
    return lambda exchange: exchange.answer(status, body, **headers)


def json_answer(body: bytes) -> Script:
    return answers(200, body, Content_Type="application/json")


def web_page(status: int = 200) -> Script:
    return answers(status, b"<!DOCTYPE html><title>Welcome to the hotel</title>", Content_Type="text/html")


def half_a_body(body: bytes) -> Script:
    """Announces the whole body, sends half of it, and hangs up."""

    def script(exchange: Exchange) -> None:
        exchange.send_response(200)
        exchange.send_header("Content-Length", str(len(body)))
        exchange.end_headers()
        exchange.wfile.write(body[: len(body) // 2])

    return script


def drip(every: float = 0.05) -> Script:
    """An endless body, byte by byte, each well within any timeout for a single read."""

    def script(exchange: Exchange) -> None:
        exchange.send_response(200)
        exchange.send_header("Content-Length", "1000000")
        exchange.end_headers()
        while not exchange.server.stopping.wait(every):
            exchange.wfile.write(b" ")

    return script


def drip_headers(every: float = 0.05) -> Script:
    """A header line that never ends."""

    def script(exchange: Exchange) -> None:
        exchange.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not exchange.server.stopping.wait(every):
            exchange.wfile.write(b"x")

    return script


def never(exchange: Exchange) -> None:
    """Takes the request and says nothing."""
    exchange.server.stopping.wait(60)


def hangs_up_after(body: bytes) -> Script:
    """Answers as if the connection stayed open, and closes it: the next request finds it dead."""

    def script(exchange: Exchange) -> None:
        exchange.send_response(200)
        exchange.send_header("Content-Length", str(len(body)))
        exchange.end_headers()
        exchange.wfile.write(body)

    return script
