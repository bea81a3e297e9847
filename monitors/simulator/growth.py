"""How a world comes to be full: a plan's tables into things, crowds that fork, and talk."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from monitors.simulator import packing
from monitors.simulator.hosts import Noise
from monitors.simulator.objects import Commit, Tree
from monitors.simulator.places import Absence, Capture, Holds, Image, Page, Post, Repository, Thing
from monitors.simulator.reactions import named, take_down
from monitors.simulator.words import FIRST, SECOND
from monitors.simulator.worldfile import (
    ForksTable,
    Gone,
    NoticeTable,
    PackageTable,
    PageTable,
    Plan,
    PostsTable,
    RepositoryTable,
    WorldError,
)

if TYPE_CHECKING:
    from monitors.simulator.world import World

VARIANTS = 40  # different sets of changed files in one crowd


def populate(world: World, plan: Plan) -> None:
    """Put everything in. Raises WorldError when a table names what no earlier table made."""
    _people(world, plan)
    for table in plan.repository:
        _repository(world, table)
    for crowd in plan.forks:
        Crowd(world, crowd).come()
    for package in plan.package:
        _package(world, package)
    for feed in plan.feed:
        host = world.host(feed.host)
        host.noise = Noise(world.start, feed.per_hour, world.seed)
        host.feed_resets = [world.start + one for one in feed.resets]
    _pages(world, plan)
    for talk in plan.posts:
        _talk(world, talk)
    for notice in sorted(plan.notice, key=lambda one: one.at):
        _notice(world, notice)


def _people(world: World, plan: Plan) -> None:
    """Who is there, and who is told what happens."""
    for one in plan.account:
        at = world.start + one.at if one.at is not None else None
        host = world.host(one.host)
        host.open_account(one.login, at=at, is_organization=one.organization, name=one.name)
    for hook in plan.hook:
        world.hooks.add(hook.owner, hook.url, hook.secret, at=world.start, beyond=hook.beyond_loopback)


def moments(lots: random.Random, count: int, within: timedelta, peak: timedelta | None) -> list[timedelta]:
    """When each of a crowd comes, earliest first: most around the peak, evenly without one."""
    seconds = within.total_seconds()
    if peak is None:
        return [timedelta(seconds=one) for one in sorted(lots.uniform(0, seconds) for _ in range(count))]
    times: list[float] = []
    while len(times) < count:
        # The gamma distribution of shape 2 has its mode at its scale: a quick rise and a long tail.
        lot = lots.gammavariate(2, max(peak.total_seconds(), 1))
        if lot <= seconds:
            times.append(lot)
    return [timedelta(seconds=one) for one in sorted(times)]


class Crowd:
    """Those who fork one repository. Most change nothing, so they share its newest commit."""

    def __init__(self, world: World, table: ForksTable) -> None:
        self.world, self.table = world, table
        self.parent = _named(world, table.host, table.of)
        self.lots = world.lots(f"crowd:{table.host}:{table.of}")
        self.name = table.of.partition("/")[2]
        self._touched: list[Tree] = []
        self._parts: list[Tree] = []
        self._eligible: list[Repository] = []

    def come(self) -> None:
        """All of them, oldest first."""
        begins = self.world.start + self.table.at if self.table.at is not None else self.parent.created_at
        for after in moments(self.lots, self.table.count, self.table.within, self.table.peak):
            self._one(begins + after)

    def _one(self, at: datetime) -> None:
        world, table, lots = self.world, self.table, self.lots
        parent = self._parent(at)
        id = world.next_id()
        owner = f"{lots.choice(FIRST)}-{lots.choice(SECOND)}-{id % 1_000_000}"
        head = parent.head(at)
        fork = Repository(
            table.host,
            id,
            owner,
            self.name,
            created_at=at,
            head=head,
            holds=parent.holds,
            share=parent.share,
            parent=parent,
        )
        fork.since = max(at, parent.since)
        fork.is_hidden = lots.random() < table.hidden
        fork.default_branch = parent.default_branch
        self._changed(fork, head, at)
        if lots.random() < table.renamed:
            fork.rename(owner, f"{lots.choice(SECOND)}-{self.name}", at=at + self._later())
        world.adopt(fork, in_bulk=True)
        if lots.random() < table.deleted:
            fork.leave(Absence(at + self._later() * 4, None, "deleted"))
        if len(self._eligible) < 500 and not fork.is_hidden and not fork.absences:
            self._eligible.append(fork)

    def _parent(self, at: datetime) -> Repository:
        if self._eligible and self.lots.random() < self.table.of_forks:
            return self.lots.choice(self._eligible)
        return self.parent

    def _changed(self, fork: Repository, head: Commit | None, at: datetime) -> None:
        table, lot = self.table, self.lots.random()
        if head is None or lot >= table.readme + table.touched + table.part:
            return
        if lot < table.readme:
            text = f"# {self.name}\n\nKept by {fork.owner(at)}.\n".encode()
            tree = self.world.objects.changed(head.tree, {"README.md": text})
        else:
            tree = self._variant(fork, head, is_part=lot >= table.readme + table.touched)
        fork.network = self.parent.network
        self.world.push(fork, tree, at=at + self._later())

    def _variant(self, fork: Repository, head: Commit, *, is_part: bool) -> Tree:
        """One of the changed trees of this crowd; made at the first need."""
        pool, made = (self._parts, self._part) if is_part else (self._touched, self._touch)
        if fork.holds.is_copy:
            fork.holds = Holds.PART if is_part else Holds.TOUCHED
        if len(pool) < VARIANTS:
            pool.append(made(head, len(pool)))
        return self.lots.choice(pool)

    def _touch(self, head: Commit, number: int) -> Tree:
        """A tenth of the files with a line more at their end."""
        lots = self.world.lots(f"touch:{self.table.of}:{number}")
        files = head.tree.files()
        taken = lots.sample(sorted(files), max(len(files) // 10, 1))
        added = f"\n// {lots.choice(FIRST)} {lots.choice(SECOND)} was here\n".encode()
        return self.world.objects.changed(head.tree, {path: files[path].content + added for path in taken})

    def _part(self, head: Commit, number: int) -> Tree:
        """About a third of the folders, the readme aside."""
        lots = self.world.lots(f"part:{self.table.of}:{number}")
        files = head.tree.files()
        folders = sorted({path.rpartition("/")[0] for path in files})
        kept = set(lots.sample(folders, max(len(folders) // 3, 1)))
        return self.world.objects.tree({p: b for p, b in files.items() if p.rpartition("/")[0] in kept})

    def _later(self) -> timedelta:
        return timedelta(seconds=self.lots.expovariate(1 / 7200) + 30)


def _repository(world: World, table: RepositoryTable) -> None:
    at = world.start + table.at
    parent = _named(world, table.host, table.fork_of) if table.fork_of else None
    repository = world.add_repository(
        table.host,
        table.name,
        at=at,
        holds=table.holds,
        share=table.share,
        parent=parent,
        description=table.description,
    )
    repository.stars, repository.topics, repository.sort = table.stars, tuple(table.topics), table.sort
    repository.is_own = table.own or repository.is_own
    for push in table.pushed:
        _push(world, repository, push.holds, push.share, world.start + push.at)
    for name in table.renamed:
        world.rename(repository, name.to, at=world.start + name.at)
    for one in table.release:
        world.add_release(repository, one.tag, at=world.start + one.at, holds=one.holds, share=one.share)
    _leave(world, repository, table.gone)


def _push(world: World, repository: Repository, holds: Holds, share: float, at: datetime) -> None:
    """New files beside those that are there already, as people push them."""
    head = repository.head(at)
    files = world.files(holds, share=share, seed=f"{repository.id}:{at}")
    tree = world.objects.changed(head.tree, files) if head else world.objects.tree(files)
    world.push(repository, tree, at=at, message="Add files")
    repository.holds, repository.share, repository.since = holds, share, at


def _package(world: World, table: PackageTable) -> None:
    for one in table.version:
        version = world.add_version(
            table.host,
            table.name,
            one.number,
            at=world.start + one.at,
            holds=one.holds,
            share=one.share,
            description=table.description,
            author=table.author,
        )
        _leave(world, version, one.gone)


def _pages(world: World, plan: Plan) -> None:
    for gist in plan.gist:
        files = world.files(gist.holds, share=gist.share, seed=f"gist:{gist.owner}")
        flat = {path.replace("/", "_"): content for path, content in files.items()}
        made = world.add_gist(
            gist.owner,
            flat,
            at=world.start + gist.at,
            holds=gist.holds,
            share=gist.share,
            kind=gist.host,
            description=gist.description,
        )
        _leave(world, made, gist.gone)
    for page in plan.page:
        _page(world, page)
    for capture in plan.capture:
        archive = _archive(world, capture.holds, "acme-cli", "2.1.88")
        kept = Capture(capture.url, world.start + capture.at, archive, capture.status, holds=capture.holds)
        world.host(capture.host).captures.append(kept)
    for image in plan.image:
        owner, _, name = image.name.rpartition("/")
        layers = ({"etc/os-release": b"NAME=small\n"}, world.files(image.holds, share=image.share, seed=name))
        shown = Image(
            image.host,
            owner,
            name,
            image.tag,
            world.start + image.at,
            layers,
            image.description,
            image.holds,
            image.share,
        )
        world.host(image.host).images.append(shown)
        _leave(world, shown, image.gone)


def _page(world: World, table: PageTable) -> None:
    body = _archive(world, table.holds, table.package, table.number)
    page = Page(
        table.host, table.path, body, world.start + table.at, redirect=table.redirect, holds=table.holds
    )
    world.host(table.host).pages[table.path] = page
    _leave(world, page, table.gone)


def _archive(world: World, holds: Holds, package: str, number: str) -> Callable[[], bytes]:
    """Packs that version when first asked for: the very bytes that the registry served, if it has it."""

    def packed() -> bytes:
        known = world.host("npm").packages.get(package)
        served = next((one for one in known.versions if one.number == number), None) if known else None
        if served and served.holds is holds:
            return served.archive
        return packing.tgz(package, packing.package_files(world, "npm", package, number, holds, 1.0))

    return packed


def _talk(world: World, table: PostsTable) -> None:
    lots = world.lots(f"talk:{table.host}:{table.title}")
    for number, after in enumerate(moments(lots, table.count, table.within, table.peak)):
        title = table.title if number == 0 else f"{table.title} ({lots.choice(FIRST)} {lots.choice(SECOND)})"
        author = f"{lots.choice(SECOND)}{lots.randrange(1000)}"
        id = world.next_id()
        url = f"https://news.example.org/{id}"
        post = Post(
            table.host,
            id,
            title,
            url,
            author,
            world.start + table.at + after,
            feed=table.feed,
            points=lots.randrange(1, 400),
        )
        world.host(table.host).posts.append(post)


def _notice(world: World, table: NoticeTable) -> None:
    at = world.start + table.at
    things = named(world.host(table.host), table.name, at)
    if not things:
        raise WorldError(
            f'No table puts "{table.name}" on host "{table.host}" before its [[notice]] is given.'
        )
    take_down(world, *things, at=at, network=table.network)


def _leave(world: World, thing: Thing, table: list[Gone]) -> None:
    for one in table:
        until = world.start + one.back if one.back is not None else None
        notice = f"https://notices.example.org/{world.seed}" if one.reason == "dmca" else ""
        thing.leave(Absence(world.start + one.at, until, one.reason, notice))


def _named(world: World, kind: str, full_name: str) -> Repository:
    found = next((one for one in world.host(kind).repositories if full_name in one.names), None)
    if found is None:
        raise WorldError(f'No earlier [[repository]] on host "{kind}" is called "{full_name}".')
    return found
