"""Real packages from the npm registry, fetched by the ordinary client. None of them is kept here."""

import io
import json
import posixpath
import tarfile
from pathlib import Path

from tests.servers import processes

LEAK = "@auth0/auth0-spa-js@2.28.3"  # its maps give its TypeScript away, and that of what it bundles
NEIGHBOURS = ["jose@6.2.17", "oidc-client-ts@3.5.0"]  # a dependency, and a rival with maps of its own


def fetch(name: str, folder: Path) -> Path:
    """The package's archive, as the registry has it."""
    processes.need("npm")
    target = folder / name.replace("/", "-").replace("@", "-")
    target.mkdir(parents=True)
    processes.run(["npm", "pack", "--silent", "--ignore-scripts", name], cwd=target)
    return next(target.glob("*.tgz"))


def files_of(archive: Path) -> dict[str, bytes]:
    """Every file of a package, without its folder's name."""
    with tarfile.open(fileobj=io.BytesIO(archive.read_bytes())) as opened:
        members = [member for member in opened.getmembers() if member.isfile()]
        return {member.name.partition("/")[2]: opened.extractfile(member).read() for member in members}


def sources_in_maps(files: dict[str, bytes]) -> dict[str, bytes]:
    """The sources of its own that a package's maps give away; read here without the product's help."""
    found = {}
    for path, content in files.items():
        if path.endswith(".map"):
            described = json.loads(content)
            texts = described.get("sourcesContent") or []
            for source, text in zip(described["sources"], texts, strict=False):
                place = posixpath.normpath(posixpath.join(posixpath.dirname(path), source))
                if text and "node_modules" not in place and place.startswith("src/"):
                    found[place] = text.encode()
    return found
