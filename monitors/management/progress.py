"""How far a command is, on the terminal of the person who waits for it."""

from __future__ import annotations

from typing import Protocol

WIDTH = 30  # characters of the bar
_CLEAR = "\r\033[K"


class Stream(Protocol):
    def isatty(self) -> bool: ...

    def write(self, msg: str, style_func: object = None, ending: str | None = None) -> None: ...

    def flush(self) -> None: ...


class ProgressBar:
    """One line that is written over and over, and gone at the end; nothing at all where nobody looks.

    It is called like the `progress` of unpacking and inventory: with a stage, what is done, and of how much;
    where nobody knows that yet, it is a count.
    """

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._shown = stream.isatty()

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(self, *failure: object) -> None:
        self._write(_CLEAR)

    def __call__(self, stage: str, done: int, total: int) -> None:
        if not total:
            self._write(f"{_CLEAR}{stage:<12} {done:,}")
            return
        share = min(1.0, done / total) if total else 0.0
        filled = round(WIDTH * share)
        self._write(f"{_CLEAR}{stage:<12} {'█' * filled}{'░' * (WIDTH - filled)} {share:4.0%}")

    def _write(self, text: str) -> None:
        if self._shown:
            self._stream.write(text, style_func=str, ending="")
            self._stream.flush()
