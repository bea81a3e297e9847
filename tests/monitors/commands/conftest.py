import json

import pytest

from tests.commands import printed
from tests.monitors.matching.conftest import source

OURS = {f"src/{at}.ts": source(f"ours{at}") for at in range(6)}
THEIRS = {f"node_modules/tool/{at}.js": source(f"theirs{at}") for at in range(3)}


def written(folder, files):
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


@pytest.fixture
def index(tmp_path):
    printed("fingerprint", str(written(tmp_path / "leak", OURS | THEIRS)), "-o", str(tmp_path / "leak.index"))
    return tmp_path / "leak.index"


def matched(*arguments):
    return [json.loads(line) for line in printed("match", *map(str, arguments)).splitlines()]
