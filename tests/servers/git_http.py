"""A real git server on loopback: git's own http-backend behind a small web server.

https://git-scm.com/docs/git-http-backend
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

from tests.servers import processes

MODES = {"file": "100644", "executable": "100755", "symlink": "120000", "submodule": "160000"}


class Asked(NamedTuple):
    method: str
    path: str
    headers: dict[str, str]
    sent: int  # bytes of the answer's body


class _Exchange(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        self._serve(b"")

    def do_POST(self) -> None:
        self._serve(_body(self))

    def _serve(self, body: bytes) -> None:
        path, _, query = self.path.partition("?")
        done = subprocess.run(
            ["git", "http-backend"],
            input=body,
            capture_output=True,
            env=self._environment(path, query),
            check=False,
        )
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode("latin-1").split("\r\n") if ": " in line)
        # Before the answer: whoever has it may look at once.
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.asked.append(Asked(self.command, self.path, headers, len(content)))
        self.send_response(int(fields.pop("Status", "200").split()[0]))
        for name, value in fields.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _environment(self, path: str, query: str) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.server.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "REMOTE_ADDR": self.client_address[0],
        }

    def log_message(self, *args: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, root: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Exchange)
        self.root = root
        self.asked: list[Asked] = []


class GitHost:
    """The running server at `url`, with what was `asked` of it, and the repositories on it."""

    def __init__(self, url: str, root: Path, asked: list[Asked]) -> None:
        self.url = url
        self.root = root
        self.asked = asked

    def create(self, name: str) -> Repository:
        """An empty repository that allows partial fetches, as the public hosts do."""
        folder = self.root / f"{name}.git"
        folder.mkdir(parents=True)
        repository = Repository(folder, f"{self.url}/{name}.git")
        repository.git("init", "--quiet", "--bare", "--initial-branch=main")
        repository.configure("uploadpack.allowFilter", "true")
        repository.configure("uploadpack.allowAnySHA1InWant", "true")
        return repository


class Repository:
    """One bare repository, written without a work tree so that tests may choose any name and mode."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.url = url

    def configure(self, name: str, value: str) -> None:
        self.git("config", name, value)

    def commit(
        self, files: Mapping[str | bytes, bytes], *, ref: str = "refs/heads/main", mode: str = "file"
    ) -> str:
        """A commit that holds exactly these files, as the new tip of `ref`; gives back its id."""
        listing = b"".join(self._row(path, content, MODES[mode]) for path, content in files.items())
        index = {"GIT_INDEX_FILE": str(self.folder / "index.tmp")}
        self.git("read-tree", "--empty", env=index)
        self.git("update-index", "-z", "--add", "--index-info", stdin=listing, env=index)
        tree = self.git("write-tree", "--missing-ok", env=index)
        commit = self.git("commit-tree", tree, "-m", "A commit")
        self.git("update-ref", ref, commit)
        return commit

    def add(self, commit: str, *, ref: str, message: str = "tag") -> None:
        """An annotated tag."""
        self.git("tag", "-a", "-m", message, ref, commit)

    def remove(self) -> None:
        self.folder.rename(self.folder.with_suffix(".gone"))

    def restore(self) -> None:
        self.folder.with_suffix(".gone").rename(self.folder)

    def git(self, *arguments: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> str:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "A",
            "GIT_AUTHOR_EMAIL": "a@example.org",
            "GIT_COMMITTER_NAME": "A",
            "GIT_COMMITTER_EMAIL": "a@example.org",
            **(env or {}),
        }
        command = ["git", "--git-dir", str(self.folder), *arguments]
        done = subprocess.run(command, input=stdin, capture_output=True, env=environment, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr.decode(errors="replace"))
        return done.stdout.decode().strip()

    def _row(self, path: str | bytes, content: bytes, mode: str) -> bytes:
        name = path if isinstance(path, bytes) else path.encode()
        is_module = mode == MODES["submodule"]
        oid = content.decode() if is_module else self.git("hash-object", "-w", "--stdin", stdin=content)
        return b"%s %s\t%s\0" % (mode.encode(), oid.encode(), name)


@contextmanager
def running(folder: Path) -> Iterator[GitHost]:
    """A git server over the repositories in `folder`. Skips the test without git or its http-backend."""
    processes.need("git")
    backend = subprocess.run(
        ["git", "--exec-path"], capture_output=True, text=True, check=True
    ).stdout.strip()
    if not shutil.which("git-http-backend", path=backend):
        processes.lack("needs git's http-backend")
    server = _Server(folder)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield GitHost(f"http://127.0.0.1:{server.server_port}", folder, server.asked)
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def _body(exchange: BaseHTTPRequestHandler) -> bytes:
    """The request's body, in either way git sends it."""
    if exchange.headers.get("Transfer-Encoding", "").lower() != "chunked":
        return exchange.rfile.read(int(exchange.headers.get("Content-Length", "0")))
    body = io.BytesIO()
    while size := int(exchange.rfile.readline(), 16):
        body.write(exchange.rfile.read(size))
        exchange.rfile.readline()
    exchange.rfile.readline()
    return body.getvalue()
