"""Text from the bytes of a file, whatever editor wrote it; how, unpacking knows."""

from monitors.unpack.encodings import text, utf8

__all__ = ["text", "utf8"]
