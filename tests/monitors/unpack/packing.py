"""Archives and source maps as the tests need them, made in memory."""

import base64
import gzip
import io
import json
import struct
import tarfile
import warnings
import zipfile
import zlib

from monitors.unpack import File, Limits, Notes, unpack
from monitors.unpack.decompressors import zstd


def tarred(members, mode="w:gz"):
    """A tar of {name: content}; a content may also be a TarInfo, for what is no file."""
    out = io.BytesIO()
    own = {"w:gz": gzipped, "w:zst": zstd.compress}  # the same at any time, unknown to some tarfile
    with tarfile.open(fileobj=out, mode="w:" if mode in own else mode) as archive:
        for name, content in members.items():
            _add(archive, name, content)
    return own[mode](out.getvalue()) if mode in own else out.getvalue()


def _add(archive, name, content):
    if isinstance(content, tarfile.TarInfo):
        content.name = name
        archive.addfile(content)
        return
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))


def special(kind, target=""):
    entry = tarfile.TarInfo()
    entry.type, entry.linkname = kind, target
    return entry


def zipped(members, compression=zipfile.ZIP_DEFLATED):
    """A zip of (name or ZipInfo, content) pairs, or of a dict of them."""
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w", compression) as archive:
        warnings.simplefilter("ignore", UserWarning)  # about names that come twice
        for name, content in members.items() if isinstance(members, dict) else members:
            entry = name if isinstance(name, zipfile.ZipInfo) else zipfile.ZipInfo(name)
            archive.writestr(entry, content, compress_type=compression)
    return out.getvalue()


def zipped_by(method, packed, content, flags=0):
    """A zip of one file, "a.js", that was compressed by any method there is."""
    whole = zipped({"a.js": packed}, zipfile.ZIP_STORED)
    told = struct.pack("<HHHHLLL", flags, method, 0, 33, zlib.crc32(content), len(packed), len(content))
    for signature, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        start = whole.index(signature) + at
        whole = whole[:start] + told + whole[start + len(told) :]
    return whole


def asar(tree):
    """Electron's archive of {name: content}; a content may also be the header's entry itself, as a dict."""
    root, body = {"files": {}}, b""
    for name, content in tree.items():
        *directories, last = name.split("/")
        here = root
        for directory in directories:
            here = here["files"].setdefault(directory, {"files": {}})
        is_entry = isinstance(content, dict)
        here["files"][last] = content if is_entry else {"size": len(content), "offset": str(len(body))}
        body += b"" if is_entry else content
    return asar_of(json.dumps(root).encode(), body)


def asar_of(header, body=b""):
    padded = header + b"\0" * (-len(header) % 4)
    return struct.pack("<4L", 4, len(padded) + 8, len(padded) + 4, len(header)) + padded + body


def in_layers(content, depth, pack=lambda inner: zipped({"inner.zip": inner})):
    for _ in range(depth):
        content = pack(content)
    return content


def source_map(sources, **fields):
    """A map of {source name: text or None}."""
    told = {"version": 3, "sources": list(sources), "sourcesContent": list(sources.values()), "mappings": ""}
    return json.dumps(told | fields).encode()


def index_map(*sections):
    told = [{"offset": {"line": 0, "column": 0}} | section for section in sections]
    return json.dumps({"version": 3, "sections": told}).encode()


def inlined(carried, media="application/json;base64"):
    return f"//# sourceMappingURL=data:{media},{base64.b64encode(carried).decode()}\n".encode()


def overlapping_zip(count=50, size=100_000):
    """Directory entries that all tell of the same bytes."""
    whole = zipped({"a": b"\0" * size})
    start, end = whole.index(b"PK\1\2"), whole.rindex(b"PK\5\6")
    directory = whole[start:end] * count
    tail = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, len(directory), start, 0)
    return whole[:start] + directory + tail


def gzipped(content):
    return gzip.compress(content, mtime=0)


def unpacked(content, name="artifact.tgz", **limits) -> dict[str, bytes]:
    """Contents by path."""
    return {file.path: file.content for file in files(content, name, **limits)}


def files(content, name="artifact.tgz", notes=None, **limits) -> list[File]:
    return list(unpack(content, name=name, limits=Limits(**limits), notes=notes))


def noted(content, name="artifact.tgz") -> list[tuple[str, str]]:
    notes = Notes()
    files(content, name, notes)
    return [tuple(note) for note in notes.skipped]
