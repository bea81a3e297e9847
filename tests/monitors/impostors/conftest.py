import json

import pytest

from monitors.fingerprints.identity import identify
from monitors.impostors import claims

README = b"# Acme Launch Desk\n\n" + b"\n".join(
    b"Run desk %d to open the console, then choose item %d of the menu and wait for page %d."
    % (n, n * 7, n * n)
    for n in range(60)
)
MANIFEST = {"name": "@acme/launch-desk", "repository": "https://github.com/acme/launch-desk"}
IDENTITY = identify([("package.json", json.dumps(MANIFEST).encode()), ("README.md", README)])
CODE = {f"lib/part{n}.js": b"export const part = %d;\n" % n for n in range(12)}


@pytest.fixture
def claim():
    """The claim that a place of this title with these files makes; files may be text, bytes or plain JSON."""

    def make(title, files=(), identity=IDENTITY):
        held = {path: _bytes(content) for path, content in dict(files).items()}

        def read(paths):
            yield from ((path, held[path]) for path in paths if path in held)

        return claims(identity, title=title, paths=list(held), read=read)

    return make


def _bytes(content):
    if isinstance(content, bytes):
        return content
    return (content if isinstance(content, str) else json.dumps(content)).encode()
