"""A real npm registry on loopback, verdaccio with no uplink: it knows only our packages.

https://verdaccio.org/docs/configuration/
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import io
import shutil
import subprocess
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import requests

from tests.processes import free_port
from tests.servers import processes

HERE = Path(__file__).parent
CONFIG = """
storage: ./storage
uplinks: {}
packages:
  "**": {access: $all, publish: $all, unpublish: $all}
auth: {htpasswd: {file: ./htpasswd, max_users: -1}}
web: {enable: false}
max_body_size: 100mb
log: {type: stdout, format: json, level: warn}
"""


def tarball(files: Mapping[str, bytes], *, top: str = "package/") -> bytes:
    """A .tgz of these files as npm packs them: under "package/"."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for path, content in files.items():
            member = tarfile.TarInfo(top + path)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


class Verdaccio:
    """The running registry at `url`. Packages stay until unpublished: let each test use names of its own."""

    def __init__(self, url: str) -> None:
        self.url = url

    def publish(self, name: str, version: str, files: Mapping[str, bytes]) -> str:
        """Publish as npm does; gives back the integrity it was published with."""
        packed = tarball({"package.json": b'{"name": "%s"}' % name.encode(), **files})
        integrity = "sha512-" + base64.b64encode(hashlib.sha512(packed).digest()).decode()
        filename = f"{name.rpartition('/')[2]}-{version}.tgz"
        dist = {
            "integrity": integrity,
            "shasum": hashlib.sha1(packed).hexdigest(),
            "tarball": f"{self.url}/{name}/-/{filename}",
        }
        document = {
            "_id": name,
            "name": name,
            "dist-tags": {"latest": version},
            "versions": {version: {"name": name, "version": version, "description": name, "dist": dist}},
            "_attachments": {
                f"{name}-{version}.tgz": {
                    "content_type": "application/octet-stream",
                    "data": base64.b64encode(packed).decode(),
                    "length": len(packed),
                }
            },
        }
        requests.put(self._page(name), json=document, timeout=10).raise_for_status()
        return integrity

    def unpublish(self, name: str) -> None:
        """Take the whole package away."""
        revision = self._document(name)["_rev"]
        requests.delete(f"{self._page(name)}/-rev/{revision}", timeout=10).raise_for_status()

    def unpublish_version(self, name: str, version: str) -> None:
        """Take one version away, as `npm unpublish name@version` does."""
        document = self._document(name)
        del document["versions"][version]
        document["dist-tags"] = {"latest": max(document["versions"])}
        answer = requests.put(f"{self._page(name)}/-rev/{document['_rev']}", json=document, timeout=10)
        answer.raise_for_status()

    def _document(self, name: str) -> dict:
        answer = requests.get(f"{self._page(name)}?write=true", timeout=10)
        answer.raise_for_status()
        return answer.json()

    def _page(self, name: str) -> str:
        return f"{self.url}/{quote(name, safe='@')}"


@contextmanager
def running(folder: Path) -> Iterator[Verdaccio]:
    """A registry with its storage in `folder`. Skips the test without node or npm."""
    processes.need("node", "npm")
    program = installed() / "node_modules" / "verdaccio" / "bin" / "verdaccio"
    (folder / "config.yaml").write_text(CONFIG)
    server = Verdaccio(f"http://127.0.0.1:{free_port()}")
    log = folder / "log"
    with log.open("wb") as output:
        command = ["node", str(program), "-c", "config.yaml", "-l", server.url.removeprefix("http://")]
        process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=output)
    try:
        processes.wait_until(lambda: _answers(server.url), process, log)
        yield server
    finally:
        processes.stop(process)


def installed() -> Path:
    """The folder verdaccio is installed in, from the committed lock file, once per content of that file."""
    lock = (HERE / "package-lock.json").read_bytes()
    folder = processes.cache_folder() / f"verdaccio-{hashlib.sha256(lock).hexdigest()[:12]}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".installing").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not (folder / ".installed").exists():
            for name in ("package.json", "package-lock.json"):
                shutil.copy(HERE / name, folder)
            _install(folder)
            (folder / ".installed").touch()
    return folder


def _install(folder: Path) -> None:
    try:
        processes.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder)
    except (RuntimeError, subprocess.TimeoutExpired) as failure:
        processes.lack(f"verdaccio could not be installed: {failure}")


def _answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/-/ping", timeout=1).ok
    except requests.RequestException:
        return False
