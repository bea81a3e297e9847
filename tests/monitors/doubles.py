"""A place on the network edge that says what the test wants; sources/ holds the real servers against it."""

from dataclasses import replace
from datetime import timedelta

from monitors.fingerprints import git_blob_id, git_tree_ids
from monitors.sources.archives import ArchiveHolding
from monitors.sources.base import (
    Adapter,
    Aim,
    Batch,
    Candidate,
    Gone,
    Look,
    Mention,
    Probe,
    RateLimited,
    SourceError,
)


class Shelf:
    """Packages by name: {path: content}. Put, take away, or make it fail."""

    def __init__(self):
        self.packages: dict[str, dict[str, bytes]] = {}
        self.error: SourceError | None = None
        self.unreadable: dict[str, SourceError] = {}
        self.unfetched: dict[str, SourceError] = {}  # what lists its files and does not give them
        self.asked: list[str] = []
        self.examined: list[str] = []
        self.visited: list[list[str]] = []  # names asked about by one `look_many`
        self.hides_the_root = False  # as some do that list all files
        self.tells_trees = False  # as hosts do that list repositories with their trees
        self.branches: dict[
            str, dict[str, bytes]
        ] = {}  # what other branches hold besides: {"wip:path": content}
        self.mentions: list[Mention] = []
        self.gaps: list[str] = []
        self.more = False  # whether there is more at once
        self.says: dict[str, str] = {}  # of a place that stands: "yanked"
        self.tells_digests = True  # of places that are visited again
        self.called: dict[str, str] = {}  # what a place was renamed to
        self.before_answering = lambda: None

    def fail(self, message: str = "It does not answer."):
        self.error = SourceError(message)

    def limit(self, wait: timedelta):
        self.error = RateLimited("Too many requests.", wait=wait)

    def candidate(self, name: str) -> Candidate:
        files = self.packages[name]
        trees = git_tree_ids({path: git_blob_id(content) for path, content in files.items()})
        title = self.called.get(name, name)
        return Candidate(
            "packages.example",
            name,
            "",
            title,
            f"https://packages.example/{title}",
            "1.0.0",
            trees[""],
            trees=trees if self.tells_trees else {},
        )


def adapter(shelf: Shelf) -> type[Adapter]:
    """An adapter class over this shelf, for `sources.ADAPTERS`."""
    return type("OverAShelf", (OverShelf,), {"shelf": shelf})


class Listed(ArchiveHolding):
    """Files whose ids are known, and which cannot be read."""

    def __init__(self, error: SourceError) -> None:
        super().__init__()
        self.error = error

    def read(self, paths):
        raise self.error


class OverShelf(Adapter):
    shelf: Shelf
    kind = "npm"
    aims = frozenset({Aim.PACKAGE, Aim.SEARCH, Aim.FORKS, Aim.MENTIONS})

    def fetch(self, aim, query, *, cursor):
        self.shelf.asked.append(query)
        self.shelf.before_answering()
        if self.shelf.error:
            raise self.shelf.error
        return Batch(
            [self.shelf.candidate(name) for name in self.shelf.packages],
            {"asked": len(self.shelf.asked)},
            mentions=self.shelf.mentions,
            gaps=self.shelf.gaps,
            more=self.shelf.more,
        )

    def examine(self, candidate):
        if candidate.native_id in self.shelf.unreadable:
            raise self.shelf.unreadable[candidate.native_id]
        if candidate.native_id not in self.shelf.packages:
            raise Gone("It is not there.", reason="404")
        self.shelf.examined.append(candidate.native_id)
        files = self.shelf.packages[candidate.native_id]
        holding = (
            Listed(error) if (error := self.shelf.unfetched.get(candidate.native_id)) else ArchiveHolding()
        )
        for path, content in (files | self.shelf.branches.get(candidate.native_id, {})).items():
            holding.add(path, content)
        holding.trees = git_tree_ids({path: git_blob_id(content) for path, content in files.items()})
        if self.shelf.hides_the_root:
            del holding.trees[""]
        return holding

    def look(self, candidate):
        if self.shelf.error:
            raise self.shelf.error
        if candidate.native_id not in self.shelf.packages:
            raise Gone("It is not there.", reason="404")
        says = self.shelf.says.get(candidate.native_id, "")
        now = self.shelf.candidate(candidate.native_id)
        renamed = replace(candidate, title=now.title, url=now.url) if now.title != candidate.title else None
        digest = now.digest if self.shelf.tells_digests else ""
        return Look(live=True, reason=says, digest=digest, renamed=renamed)

    def look_many(self, candidates):
        self.shelf.visited.append([candidate.native_id for candidate in candidates])
        return super().look_many(candidates)

    def probe(self):
        if self.shelf.error:
            raise self.shelf.error
        return Probe("It answers.", account="octocat", scopes=("repo",), limit=5000, remaining=4999)
