"""Text from the bytes of a file, whatever editor wrote it."""

from __future__ import annotations

import codecs

# The longer mark first: UTF-32's begins like UTF-16's.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def text(content: bytes) -> str:
    """The text: by its byte order mark, which is left out, else UTF-8, else Latin-1, which reads anything.

    A character cut in two by the end is left out: the beginning of a file reads like the whole.
    """
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return codecs.getincrementaldecoder(encoding)("replace").decode(content[len(mark) :])
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(content)
    except UnicodeDecodeError:
        return content.decode("latin-1")
