"""Text from the bytes of a file, whatever editor wrote it.

Unicode is known by its mark, by where its zeros stand, or by being well-formed; anything else is told apart
by https://charset-normalizer.readthedocs.io among the encodings that source code is still written in.
"""

from __future__ import annotations

import codecs
import re

from charset_normalizer import from_bytes

PEEK = 8_000  # bytes, as git looks at
SAMPLE = 65_536  # bytes by which an older encoding is told

# The longer mark first: UTF-32's begins like UTF-16's.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDE = ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")
_OLDER = ["cp932", "euc_jp", "gb18030", "big5", "cp949", "cp1251", "koi8_r", "cp1252"]
_CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f\ufffd-\uffff]")
_FOREIGN = re.compile(rb"[\x80-\xff]")


def text(content: bytes) -> str:
    """The text, without its byte order mark; where there is none, bytes as Latin-1, which reads anything.

    A character cut in two by the end is left out: the beginning of a file reads like the whole.
    """
    known = encoding(content)
    return _decoded(content[_mark(content) :], known) if known else content.decode("latin-1")


def utf8(content: bytes) -> bytes:
    """The same text in UTF-8 without a mark; what is no text, or that already, as it is."""
    known = encoding(content)
    if not known or (known == "utf-8" and not _mark(content)):
        return content
    return _decoded(content[_mark(content) :], known).encode("utf-8", "replace")


def readable(content: bytes) -> bytes:
    """The content; in UTF-8, where it is text in UTF-16 or UTF-32."""
    # Zeros early on are the first sign of these, and quickly looked for.
    return utf8(content) if b"\0" in content[:1024] and wide(content) else content


def encoding(content: bytes) -> str:
    """The name of the codec that reads it; "" for what is no text."""
    if known := wide(content):
        return known
    if is_binary(content):
        return ""
    return "utf-8" if content.startswith(codecs.BOM_UTF8) or _is_utf8(content) else _older(content)


def is_binary(content: bytes) -> bool:
    """Whether it holds a NUL byte early on, as git decides, and is no Unicode in which that is common."""
    return b"\0" in content[:PEEK] and not wide(content)


def wide(content: bytes) -> str:
    """The codec of text in UTF-16 or UTF-32, by its mark or by where its zeros stand; "" for all else."""
    if marked := next((codec for mark, codec in _MARKS if content.startswith(mark)), ""):
        return marked if marked in _WIDE else ""
    head, size = content[:PEEK], len(content)
    if b"\0" not in head:
        return ""
    fitting = (codec for codec in _WIDE if not size % _width(codec) and _has_zeros_of(codec, head))
    return next((codec for codec in fitting if _reads(head, codec)), "")


def _mark(content: bytes) -> int:
    """The length of its mark."""
    return next((len(mark) for mark, _ in _MARKS if content.startswith(mark)), 0)


def _has_zeros_of(codec: str, head: bytes) -> bool:
    """Whether the high bytes of at least every third character are zeros, and low ones hardly ever."""
    width = _width(codec)
    places = [head[at::width].count(0) for at in range(width)]
    high = places[-1] if codec.endswith("le") else places[0]
    low = places[0] if codec.endswith("le") else places[-1]
    return 3 * high >= len(head) // width > 0 and 10 * low <= high


def _width(codec: str) -> int:
    """The bytes of most characters."""
    return 4 if "32" in codec else 2


def _reads(head: bytes, codec: str) -> bool:
    """Whether it is well-formed, with no more control characters than text has."""
    try:
        return not _CONTROL.search(codecs.getincrementaldecoder(codec)().decode(head))
    except UnicodeDecodeError:
        return False


def _is_utf8(content: bytes) -> bool:
    """Whether it is well-formed, but for a last character cut in two; or at least more often so than not."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(content)
    except UnicodeDecodeError:
        foreign = [char for char in _sample(content).decode("utf-8", "replace") if char > "\x7f"]
        return 2 * foreign.count("\ufffd") < len(foreign)
    return True


def _older(content: bytes) -> str:
    best = from_bytes(_sample(content), cp_isolation=_OLDER, preemptive_behaviour=False).best()
    return best.encoding if best and best.encoding in _OLDER else "cp1252"


def _sample(content: bytes) -> bytes:
    """Whole lines, from the first that is not plain ASCII. No encoding here uses a line end otherwise."""
    foreign = _FOREIGN.search(content)
    start = content.rfind(b"\n", 0, foreign.start()) + 1 if foreign else 0
    start = max(start, foreign.start() - SAMPLE // 2) if foreign else start
    sample = content[start : start + SAMPLE]
    return sample[: sample.rfind(b"\n") + 1] or sample


def _decoded(content: bytes, codec: str) -> str:
    return codecs.getincrementaldecoder(codec)("replace").decode(content)
