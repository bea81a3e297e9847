"""A small outside world: what lies on which host, since when, and what is true about it."""

from __future__ import annotations

import random
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from monitors.simulator import growth, packing, worldfile
from monitors.simulator.clock import Clock
from monitors.simulator.customs import Customs, Token
from monitors.simulator.faults import Faults
from monitors.simulator.forks import Forks
from monitors.simulator.hooks import Hooks
from monitors.simulator.hosts import Host
from monitors.simulator.limits import Limit, Meter
from monitors.simulator.material import Material
from monitors.simulator.network import Network
from monitors.simulator.objects import Commit, Objects, Tree
from monitors.simulator.places import Gist, Holds, Package, Release, Repository, Version

START = datetime(2026, 3, 31, 8, 0, tzinfo=UTC)


@dataclass
class World:
    """Everything there is. `at` is always a parameter; `clock` says what it is now.

    `schema_every` is for crowds: holding each value against GitHub's schema takes ten times as long.
    """

    name: str = "world"
    seed: int = 1
    clock: Clock = field(default_factory=lambda: Clock(START))
    material: Material = field(default_factory=Material)
    faults: Faults = field(default_factory=Faults)
    limits: Mapping[str, Mapping[str, Limit]] = field(default_factory=dict)  # by kind and bucket
    tokens: Mapping[str, Token] = field(default_factory=dict)  # none: every token is good
    customs: Mapping[str, Customs] = field(default_factory=dict)
    indexing: Mapping[str, timedelta] = field(default_factory=dict)  # how late archives and searches are
    schema_every: int = 1  # one of so many answers to a GraphQL query is held against the schema
    meter: Meter = field(default_factory=Meter)
    objects: Objects = field(default_factory=Objects)
    hooks: Hooks = field(default_factory=Hooks)
    lock: threading.RLock = field(default_factory=threading.RLock)
    _hosts: dict[str, Host] = field(default_factory=dict)
    _last_id: int = 700_000_000

    @classmethod
    def load(cls, path: str | Path, *, speed: float | None = None) -> World:
        """The world that a file describes, or one of those shipped ("quiet", "march", "hostile").

        `speed` overrides the file's. Raises WorldError with a sentence about what is wrong and where.
        """
        plan = worldfile.read(path)
        start = plan.moment
        world = cls(
            name=plan.name,
            seed=plan.seed,
            clock=Clock(start, speed=plan.speed if speed is None else speed),
            material=plan.material(),
            faults=plan.errors(start),
            limits=plan.stated_limits(),
            tokens={token: Token(one.login, tuple(one.scopes)) for token, one in plan.tokens.items()},
            customs=plan.customs(),
            indexing=plan.indexing,
        )
        growth.populate(world, plan)
        return world

    @property
    def start(self) -> datetime:
        return self.clock.start

    def host(self, kind: str) -> Host:
        """What one dialect serves."""
        return self._hosts.setdefault(kind, Host(kind))

    @property
    def hosts(self) -> list[Host]:
        return list(self._hosts.values())

    def lots(self, purpose: str) -> random.Random:
        """Chance, the same in every run."""
        return random.Random(f"{self.seed}:{purpose}")  # noqa: S311

    def next_id(self) -> int:
        """A number no other thing has; later things have higher ones."""
        with self.lock:
            self._last_id += 1
            return self._last_id

    def hex_id(self) -> str:
        """32 hex digits that no other thing has."""
        return sha256(f"{self.seed}:{self.next_id()}".encode()).hexdigest()[:32]

    def tree(self, holds: Holds, *, share: float = 1.0, seed: str = "") -> Tree:
        """A folder that holds this much of that."""
        material = self.material
        if holds is Holds.IMPOSTOR:
            files = material.impostor(seed=seed)
            programs = [path for path in files if path.endswith(".exe")]
            return self.objects.tree(files, executable=programs)
        return self.objects.tree(self.files(holds, share=share, seed=seed))

    def files(self, holds: Holds, *, share: float = 1.0, seed: str = "") -> dict[str, bytes]:
        """The same as files."""
        material = self.material
        makers = {
            Holds.LEAK: lambda: {"README.md": b"# " + material.name.encode() + b"\n"} | material.sources,
            Holds.TOUCHED: lambda: material.touched(share, seed=seed),
            Holds.PART: lambda: material.part(share, seed=seed),
            Holds.MAP: lambda: {"cli.js.map": material.source_map},
            Holds.REWRITE: lambda: material.rewritten(seed=seed),
            Holds.IMPOSTOR: lambda: material.impostor(seed=seed),
            Holds.OWN: material.public,
        }
        return makers.get(holds, lambda: material.other(seed=seed))()

    def add_repository(
        self,
        kind: str,
        full_name: str,
        *,
        at: datetime | None = None,
        holds: Holds = Holds.NOTHING,
        share: float = 1.0,
        tree: Tree | None = None,
        parent: Repository | None = None,
        description: str = "",
    ) -> Repository:
        """A repository from this moment on (default: the world's start), with one commit or its parent's.

        A fork of a `parent` has the parent's files, unless it `holds` something else: then it pushes that.
        """
        at = at or self.start
        owner, _, name = full_name.partition("/")
        inherited = parent.head(at) if parent else None
        is_same = inherited is not None and parent is not None and parent.holds is holds and tree is None
        head = inherited if is_same else self._first_commit(full_name, at, holds, share, tree, inherited)
        with self.lock:
            repository = self.adopt(
                Repository(
                    kind,
                    self.next_id(),
                    owner,
                    name,
                    created_at=at,
                    head=head,
                    holds=holds,
                    share=share,
                    parent=parent,
                )
            )
        repository.description = description
        repository.is_own = holds is Holds.OWN and parent is None
        return repository

    def adopt(self, repository: Repository, *, in_bulk: bool = False) -> Repository:
        """Give it its place among its host's and its parent's."""
        parent, head = repository.parent, repository.head(repository.created_at)
        repository.network = parent.network if parent else Network()
        if head and repository.network and not (parent and in_bulk):
            repository.network.reach(head)
        if parent:
            parent.forks = parent.forks or Forks()
            parent.forks.add(repository)
            for since, _ in repository.heads[1:]:
                parent.forks.note_push(repository, since)
        while parent:
            parent.forks = parent.forks or Forks()
            parent.forks.count_descendant(repository.created_at)
            parent = parent.parent
        self.host(repository.kind).add(repository, in_bulk=in_bulk)
        return repository

    def push(
        self, repository: Repository, tree: Tree, *, at: datetime, message: str = "Update", author: str = ""
    ) -> Commit:
        """A new commit on the default branch."""
        before = repository.head(at)
        commit = self.objects.commit(
            tree,
            at=at,
            author=author or repository.owner(at),
            message=message,
            parents=(before,) if before else (),
        )
        repository.push(commit, at=at)
        return commit

    def rename(self, repository: Repository, full_name: str, *, at: datetime) -> None:
        owner, _, name = full_name.partition("/")
        repository.rename(owner, name, at=at)
        self.host(repository.kind).named_anew(repository)

    def add_version(
        self,
        kind: str,
        name: str,
        number: str,
        *,
        at: datetime | None = None,
        holds: Holds = Holds.NOTHING,
        share: float = 1.0,
        files: Mapping[str, bytes] | None = None,
        description: str = "",
        author: str = "",
    ) -> Version:
        """A version of a package, which comes into being with its first."""
        at = at or self.start
        package = self.host(kind).packages.setdefault(name, Package(kind, name, at, description, author))
        version = Version(
            package,
            number,
            at,
            lambda: files or packing.package_files(self, kind, name, number, holds, share),
            packing.sdist if kind == "pypi" else packing.tgz,
            holds,
            share,
        )
        package.versions = sorted([*package.versions, version], key=lambda one: one.created_at)
        package.created_at = package.versions[0].created_at
        return version

    def add_gist(
        self,
        owner: str,
        files: Mapping[str, bytes],
        *,
        at: datetime | None = None,
        holds: Holds = Holds.NOTHING,
        share: float = 0.0,
        description: str = "",
        kind: str = "github",
    ) -> Gist:
        at = at or self.start
        id = self.hex_id()
        gist = Gist(kind, id, owner, description, files, at, at, holds, share)
        self.host(kind).gists[id] = gist
        return gist

    def add_release(
        self, repository: Repository, tag: str, *, at: datetime, holds: Holds, share: float = 1.0
    ) -> Release:
        """A release with one archive of these files attached."""
        files = self.files(holds, share=share, seed=f"{repository.id}:{tag}")
        release = Release(
            self.next_id(),
            tag,
            f"Release {tag}",
            at,
            f"source-{tag}.tar.gz",
            lambda: packing.tgz(f"source-{tag}", files),
            holds,
            share,
        )
        repository.releases = (*repository.releases, release)
        return release

    def _first_commit(
        self,
        full_name: str,
        at: datetime,
        holds: Holds,
        share: float,
        tree: Tree | None,
        inherited: Commit | None,
    ) -> Commit:
        return self.objects.commit(
            tree or self.tree(holds, share=share, seed=full_name),
            at=at,
            author=full_name.partition("/")[0],
            message="Initial commit" if inherited is None else "Add files",
            parents=(inherited,) if inherited else (),
        )
