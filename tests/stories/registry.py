"""A package registry on loopback: enough of npm's dialect for a watch of one package, and slow on purpose."""

import hashlib
import io
import json
import random
import tarfile
import threading
import time
from base64 import b64encode
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def tarball(files: dict[str, bytes]) -> bytes:
    """A package as registries hold it, each file under "package/"."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


class Registry(ThreadingHTTPServer):
    """Serves one version of each package. `under_way` is how many requests wait for their answer now."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, packages: dict[str, bytes], *, seed: int, slowest: float) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.packages = packages
        self.slowest = slowest
        self.random = random.Random(seed)
        self.under_way = 0
        self.asked: Counter[str] = Counter()
        self.lock = threading.Lock()
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, request, client_address) -> None:
        pass  # a killed worker hangs up in the middle


class _Answer(BaseHTTPRequestHandler):
    server: Registry

    def do_GET(self) -> None:
        with self.server.lock:
            self.server.under_way += 1
            self.server.asked[self.path] += 1
            wait = self.server.random.uniform(0, self.server.slowest)
        try:
            time.sleep(wait)
            self._answer()
        finally:
            with self.server.lock:
                self.server.under_way -= 1

    def _answer(self) -> None:
        name, _, archive = self.path.strip("/").partition("/")
        content = self.server.packages.get(name)
        body = content if archive else content and self._packument(name, content)
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "application/octet-stream" if archive else "application/json")
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def _packument(self, name: str, content: bytes) -> bytes:
        digest = "sha512-" + b64encode(hashlib.sha512(content).digest()).decode()
        dist = {"tarball": f"{self.server.url}/{name}/-/{name}-1.0.0.tgz", "integrity": digest}
        versions = {"1.0.0": {"name": name, "version": "1.0.0", "dist": dist}}
        return json.dumps({"name": name, "dist-tags": {"latest": "1.0.0"}, "versions": versions}).encode()

    def log_message(self, *_: object) -> None:
        pass
