"""What is hostile on purpose costs no more memory and time than the limits say; measured, not counted."""

import subprocess
import sys
import tarfile
import time
import zipfile

import pytest

from monitors.unpack import BoundExceeded, Limits, unpack
from monitors.unpack.decompressors import zstd
from tests.monitors.unpack.packing import in_layers, source_map, zipped

pytestmark = pytest.mark.slow  # hundreds of megabytes each
MIB = 1024 * 1024
READ = """
import resource, sys
from pathlib import Path
from monitors.unpack import BoundExceeded, Limits, unpack
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[2]), int(sys.argv[2])))
size = 0
try:
    for file in unpack(Path(sys.argv[1]), name="artifact", limits=Limits(ratio=10**9)):
        size += len(file.content)
except BoundExceeded as error:
    print(error.bound, end=" ")
print(size >> 20)
"""


def read_within(memory, content, folder):
    """What is said after reading all of it in a process that gets so many bytes of memory."""
    path = folder / "artifact"
    path.write_bytes(content)
    command = [sys.executable, "-c", READ, str(path), str(memory)]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout.strip()


def bomb(files, size):
    """A compressed tar of so many files of zeros."""
    zeros = zstd.compress(b"\0" * size)
    headers = [tarfile.TarInfo(f"{number}.bin") for number in range(files)]
    for header in headers:
        header.size = size
    return b"".join(zstd.compress(header.tobuf()) + zeros for header in headers)


def test_a_bomb_of_more_than_two_gigabytes_needs_the_memory_of_a_few_files(tmp_path):
    content = bomb(files=22, size=100 * MIB)

    assert len(content) < MIB
    assert read_within(600 * MIB, content, tmp_path) == "bytes 2000"


def test_archives_within_archives_do_not_add_up_in_memory(tmp_path):
    layers = in_layers(b"\1" * (64 * MIB), 8, lambda inner: zipped({"inner.zip": inner}, zipfile.ZIP_STORED))

    assert read_within(400 * MIB, layers, tmp_path) == "64"


def test_a_map_s_texts_are_not_all_in_memory_at_once(tmp_path):
    wide = source_map({f"{number}.ts": f"{number}" + "x" * MIB + "\N{GRINNING FACE}" for number in range(64)})

    assert read_within(300 * MIB, wide, tmp_path) == "128"


def test_a_list_of_what_is_no_text_takes_no_memory(tmp_path):
    content = b'{"version":3,"sources":["a.ts","b.ts"],"sourcesContent":["a"' + b",1" * (20 * MIB) + b"]}"

    assert read_within(300 * MIB, content, tmp_path) == "40"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.tar.zst", bomb(files=60, size=30 * MIB)),
        ("a.js.map", source_map({f"{number}.ts": "x" for number in range(200_000)})),
        ("a.js", b"sourceMappingURL=data:application/json,{\n" * 500_000),
    ],
)
def test_reading_ends_when_its_time_is_over(name, content):
    limits = Limits(seconds=0.1, ratio=10**9, files=10**9)
    began = time.process_time()

    with pytest.raises(BoundExceeded) as caught:
        for _ in unpack(content, name=name, limits=limits):
            pass

    assert (caught.value.bound, caught.value.value) == ("seconds", 0.1)
    assert time.process_time() - began < 10  # the step that was under way is ended first
