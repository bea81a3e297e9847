"""Repositories as the lists of a forge tell of them."""

from __future__ import annotations

import dataclasses
import re

import msgspec

from monitors.sources.base import SourceError, clean

PAGE = 100
LONGEST_NAME = 250

_NAME = re.compile(r"(?!.*(?:^|/)\.{1,2}(?:/|$))[\w.+~-]{1,100}(?:/[\w.+~-]{1,100}){1,20}", re.ASCII)


class Repo(msgspec.Struct, array_like=True):
    """A repository as lists tell of it. `mark` changes with each push; `forks` is -1 where it is not told."""

    id: str
    name: str
    branch: str = ""
    mark: str = ""
    forks: int = 0
    parent: str = ""
    is_public: bool = True

    @property
    def is_sound(self) -> bool:
        is_id = 0 < len(self.id) <= 64 and self.id.isascii() and clean(self.id) == self.id
        return (
            is_id
            and is_name(self.name)
            and len(self.branch) <= 250
            and len(self.mark) <= 64
            and self.mark.isascii()
        )


@dataclasses.dataclass(frozen=True)
class Listing:
    """One page of a list. `total` is how many the host counts, -1 where it does not say."""

    repos: list[Repo]
    is_last: bool
    total: int = -1


class NotOffered(SourceError):
    """This host does not answer such questions. That is a gap in what we see, and no failure."""


def is_name(name: str) -> bool:
    """Whether this may stand in an address as "owner/name", with groups between where a host has them."""
    return len(name) <= LONGEST_NAME and _NAME.fullmatch(name) is not None
