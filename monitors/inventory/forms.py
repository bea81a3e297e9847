"""How a kind of credential is told: the word it holds, the pattern around that, and what else must be true.

A kind without a fixed word has no form: what cannot be found by a word would have to be tried at every byte.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from string import ascii_letters, digits
from typing import NamedTuple

from monitors.inventory import checks
from monitors.inventory.anchors import WIDTH
from monitors.inventory.confidence import Confidence

LONGEST = 8192  # bytes of a credential


class Form(NamedTuple):
    """One of the `words`, in lower case, begins at most `back` bytes after the credential, or `early` before.

    The last named group of the pattern is what nobody may see; all of the match where there is none.
    """

    name: str
    words: tuple[bytes, ...]
    pattern: re.Pattern[bytes]
    check: Callable[[bytes], bool]
    confidence: Confidence
    back: int
    early: int

    def find(self, content: bytes, at: int) -> re.Match[bytes] | None:
        """The credential whose word begins at `at`."""
        start = at + self.early
        if self.back:
            before = content[max(0, at - self.back) : at]
            start = at - len(before) + len(before.rstrip(_RUN))
        return self.pattern.match(content, start, at + LONGEST)


_RUN = (ascii_letters + digits + "_-").encode()  # what the credential before its word is made of
_BEFORE = "\"'`=: >(,\n"  # what stands before a word too short to be looked up alone


def form(
    name: str,
    words: str,
    pattern: str,
    *,
    check: Callable[[bytes], bool] = checks.is_random,
    confidence: Confidence = Confidence.HIGH,
    back: int = 0,
    early: int = 0,
    alone: bool = True,
) -> Form:
    """A form of `words` parted by "|". `alone`: no letter, digit or underscore stands next to it."""
    edges = r"(?<![A-Za-z0-9_])(?:{})(?![A-Za-z0-9_])" if alone else "{}"
    compiled = re.compile(edges.format(pattern).encode())
    wanted = words.split("|")
    if any(len(word) < WIDTH for word in wanted):
        wanted, early = [before + word for word in wanted for before in _BEFORE], 1
    return Form(name, tuple(map(str.encode, wanted)), compiled, check, confidence, back, early)
