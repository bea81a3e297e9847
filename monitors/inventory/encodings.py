"""Text from the bytes of a file, whatever editor wrote it; how, unpacking knows."""

from monitors.unpack.encodings import text

__all__ = ["text"]
