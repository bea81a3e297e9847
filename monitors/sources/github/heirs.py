"""Whom a network of forks goes to when its root is deleted or made private: its oldest fork takes the place.

All others are forks of that one from then on, so any of them says who it is. When a repository is blocked
its network stays as it is.
https://docs.github.com/en/pull-requests/collaborating-with-pull-requests/working-with-forks/what-happens-to-forks-when-a-repository-is-deleted-or-changes-visibility
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from monitors.sources.base import Gone, clean
from monitors.sources.github.api import Api
from monitors.sources.github.queries import HEIRS
from monitors.sources.github.shapes import Repo
from monitors.sources.github.site import is_name

KEPT = 50  # forks that are asked, half of them the first that we met
SINGLY = 5  # asked by REST, one request each
LONGEST_ID = 100


class Named(msgspec.Struct, rename="camel", frozen=True):
    id: str = ""
    database_id: int | None = None
    name_with_owner: str = ""


class Kin(msgspec.Struct, rename="camel"):
    id: str = ""
    database_id: int | None = None
    name_with_owner: str = ""
    is_fork: bool = True
    parent: Named | None = None

    @property
    def root(self) -> Named | None:
        """Whose fork it is; it has become the root itself when it is nobody's."""
        return self.parent if self.is_fork else Named(self.id, self.database_id, self.name_with_owner)


class Kindred(msgspec.Struct):
    nodes: list[Kin | None]


def keep(kin: list[str], ids: Iterable[str]) -> None:
    """Remember some of these forks of the root: the first that we met, and the last."""
    kin += [id for id in ids if 0 < len(id) <= LONGEST_ID and id not in kin]
    del kin[KEPT // 2 : -(KEPT // 2)]


def by_graphql(api: Api, kin: Sequence[str], lost: str) -> Named | None:
    """Who most of these name instead of the one that was `lost`. Raises SourceError."""
    if not kin:
        return None
    reply = api.ask(HEIRS, Kindred, ids=kin)
    named = [one.root for one in (reply.data.nodes if reply.data else []) if one]
    return _elected([one for one in named if one and one.id != lost])


def by_rest(api: Api, kin: Sequence[str], lost: int) -> Named | None:
    """The same, of a few: their ids are numbers here."""
    named = []
    for id in kin[-SINGLY:]:
        try:
            repo = api.read(f"/repositories/{id}", Repo)
        except Gone:
            continue
        root = repo.source or (None if repo.fork else repo)
        named += [Named(root.node_id, root.id, root.full_name)] if root and root.id != lost else []
    return _elected(named)


def lost(name: str, gone: Gone, *, families: int) -> str:
    """For people: what we do not see any more."""
    some = "one fork" if families == 1 else f"{families:,} forks"
    still = f"; those of {some} of it still are" if families else ""
    return f"{clean(name)} is gone ({gone.reason}): its own forks are listed no more{still}."


def found(name: str, gone: Gone, heir: Named) -> str:
    return f"{clean(name)} is gone ({gone.reason}): its forks are {heir.name_with_owner}’s now, which we ask."


def _elected(named: Iterable[Named]) -> Named | None:
    usable = Counter(one for one in named if one.database_id and is_name(one.name_with_owner))
    return usable.most_common(1)[0][0] if usable else None
