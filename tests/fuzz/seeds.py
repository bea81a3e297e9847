"""Small valid inputs of every kind, from which the mutations start."""

import bz2
import json
import lzma
import zipfile

from monitors.fingerprints import fingerprint
from monitors.unpack.streams import zstd
from tests.fuzz.contracts import NAMES
from tests.monitors.unpack.packing import asar, gzipped, index_map, inlined, source_map, tarred, zipped

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
    }


def seeds(contract: str) -> dict[str, bytes]:
    """By name, for one of the contracts."""
    if contract in ("archives", "whole-maps"):  # their bytes are choices, not content
        return {f"choices-{length}": bytes(range(256)) * length for length in (1, 4, 16)}
    maps = {"map": MAP, "index": INDEX_MAP, "inline": CODE + inlined(MAP), "guard": b")]}'\n" + MAP}
    if contract == "unpack":
        named = _archives() | maps
        return {
            f"{key}-{at}": bytes([at]) + packed for key, packed in named.items() for at in (0, len(NAMES) - 1)
        }
    if contract == "index":
        return {"two": fingerprint([("a.ts", CODE * 3), ("b/c.ts", MAP)]).to_bytes()}
    if contract == "inventory":
        return {"zip": zipped(TREE)} | {key: b"\1" + value for key, value in maps.items()}
    return maps | {
        "code": CODE,
        "utf-16": CODE.decode().encode("utf-16"),
    }
