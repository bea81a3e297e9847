"""The changes feed of a registry: names in order, from where we were, even when its numbers begin anew."""

import json
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from monitors.simulator import World, serve
from monitors.simulator.dialects import npm as dialect
from monitors.simulator.hosts import Noise
from monitors.sources import changes
from monitors.sources.base import Aim, Refused, SourceError
from monitors.sources.http import Client, Limits
from monitors.sources.npm import Npm, default_base_url
from tests.servers import scripted as scripts


class Feed:
    """A registry's changes and packages over HTTP."""

    def __init__(self, server, name="registry"):
        self.server, self.name, self.end = server, name, None
        self.changes = []
        server.on("/registry/", lambda exchange: exchange.answer(200, self._head()))
        server.on("/registry/_changes", self._page)

    def change(self, name, *, versions=("1.0.0",), seq=None, deleted=False):
        seq = seq or (self.changes[-1][0] + 1 if self.changes else 1)
        self.changes.append((seq, name, deleted))
        releases = {version: {"dist": dist(self.server, name, version)} for version in versions}
        document = {"versions": releases, "dist-tags": {"latest": versions[-1]}}
        self.server.on(f"/{name}", scripts.json_answer(json.dumps(document).encode()))

    def _head(self):
        last = self.changes[-1][0] if self.changes else 0
        return json.dumps(
            {"db_name": self.name, "update_seq": last if self.end is None else self.end}
        ).encode()

    def _page(self, exchange):
        asked = parse_qs(urlsplit(exchange.path).query)
        since, limit = int(asked["since"][0]), int(asked["limit"][0])
        rows = [
            {"seq": seq, "id": name, "changes": [{"rev": "1-a"}], **({"deleted": True} if deleted else {})}
            for seq, name, deleted in self.changes
            if seq > since
        ]
        shown = rows[:limit]
        exchange.answer(200, json.dumps({"results": shown, "last_seq": 10**12}).encode())


def dist(server, name, version):
    return {"tarball": f"{server.url}/{name}-{version}.tgz", "shasum": "00" * 20}


@pytest.fixture
def feed(scripted):
    return Feed(scripted)


@pytest.fixture
def npm(scripted):
    return Npm(Client(allow_private=True), scripted.url)


def poll(npm, cursor=None, query="kettle"):
    """Of a watch that has asked for the likeliest look-alikes already."""
    return npm.fetch(Aim.FEED, query, cursor=json.loads(json.dumps({"guesses": []} | (cursor or {}))))


def titles(batch):
    return [candidate.title for candidate in batch.candidates]


def test_a_changed_package_whose_name_is_wanted_is_a_candidate_once(npm, feed):
    feed.change("left-pad")
    feed.change("my-kettle")
    feed.change("ketle")

    first = poll(npm)
    second = poll(npm, first.cursor)

    assert (titles(first), first.more) == (["my-kettle@1.0.0", "ketle@1.0.0"], False)
    assert (titles(second), second.cursor) == ([], first.cursor)
    assert (first.requests, second.requests) == (4, 1)


def test_what_changes_later_is_found_from_where_we_were(npm, feed):
    feed.change("left-pad")
    first = poll(npm)
    feed.change("kettle-fork", versions=("1.0.0", "1.1.0"))

    second = poll(npm, first.cursor)

    assert titles(second) == ["kettle-fork@1.1.0", "kettle-fork@1.0.0"]


def test_a_removed_package_is_no_candidate(npm, feed, scripted):
    feed.change("kettle", deleted=True)
    feed.change("kettles")
    scripted.on("/kettles", scripts.missing)

    assert titles(poll(npm)) == []


def test_numbers_that_begin_anew_are_told_and_read_again(npm, feed):
    feed.change("kettle", seq=5_000)
    first = poll(npm)
    feed.changes.clear()
    feed.change("kettle-leak", seq=7)

    second = poll(npm, first.cursor)

    assert titles(second) == ["kettle-leak@1.0.0"]
    assert second.gaps == [
        "The registry began its changes feed anew (it is at 7, we were at 5,000). "
        "We read on from number 0; names that changed before it may be missing."
    ]


def test_another_feed_under_the_same_address_is_told_and_read_again(npm, feed):
    feed.change("kettle")
    first = poll(npm)
    feed.name = "registry2"

    second = poll(npm, first.cursor)

    assert titles(second) == ["kettle@1.0.0"]
    assert "began its changes feed anew" in second.gaps[0]


def test_a_replica_that_is_a_little_behind_is_no_reset(npm, feed):
    feed.change("kettle", seq=5_000)
    first = poll(npm)
    feed.end = 4_990

    second = poll(npm, first.cursor)
    feed.end = None
    feed.change("kettle-fork", seq=5_001)
    third = poll(npm, second.cursor)

    assert second.gaps == []
    assert "kettle-fork@1.0.0" in titles(third)


def test_a_new_watch_reads_the_last_changes_and_says_so(npm, feed, monkeypatch):
    monkeypatch.setattr(changes, "LOOK_BACK", 10)
    feed.change("kettle-old", seq=1)
    feed.change("kettle-new", seq=100)

    batch = poll(npm)

    assert titles(batch) == ["kettle-new@1.0.0"]
    assert batch.gaps == ["The registry's changes before number 90 were not read: about the last day was."]


def test_a_new_watch_asks_once_for_look_alikes_of_long_ago(npm, feed, scripted, monkeypatch):
    monkeypatch.setattr(changes, "LOOK_BACK", 10)
    for seq, name in enumerate(("ketle", "kettle-leaked", "kettle-far-from-likely"), 1):
        feed.change(name, seq=seq)
    feed.change("my-kettle", seq=100)
    found, cursor, more = [], {}, True

    while more:
        batch = npm.fetch(Aim.FEED, "kettle", cursor=json.loads(json.dumps(cursor)))
        found, cursor, more = found + titles(batch), batch.cursor, batch.more

    assert found == ["my-kettle@1.0.0", "ketle@1.0.0", "kettle-leaked@1.0.0"]
    assert poll(npm, cursor).requests == 1
    names = [asked.path for asked in scripted.asked if not asked.path.startswith("/registry/")]
    assert len(names) == len(set(names)) == 51  # of the feed one, and of the likeliest fifty


def test_pages_in_any_order_lose_and_repeat_nothing(npm, feed, monkeypatch):
    monkeypatch.setattr(changes, "PAGE", 3)
    for number in range(7):
        feed.change(f"kettle-{number}")
    feed.changes[:3] = reversed(feed.changes[:3])

    batch = poll(npm)

    assert titles(batch) == [f"kettle-{number}@1.0.0" for number in range(7)]


def test_many_wanted_names_come_in_batches_and_nothing_is_passed_over(npm, feed, monkeypatch):
    monkeypatch.setattr(changes, "WANTED", 12)
    for number in range(30):
        feed.change(f"kettle-{number}")
    found, cursor, more = [], {}, True

    while more:
        batch = poll(npm, cursor)
        found, cursor, more = found + titles(batch), batch.cursor, batch.more

    assert found == [f"kettle-{number}@1.0.0" for number in range(30)]


def test_a_limit_among_the_packages_leaves_them_for_the_next_poll(npm, feed, scripted):
    feed.change("kettle")
    scripted.on("/kettle", scripts.answers(429, Retry_After="9"))
    first = poll(npm)
    feed.change("kettle")

    second = poll(npm, first.cursor)

    assert (titles(first), first.limited.wait.seconds, first.cursor["pending"]) == ([], 9, ["kettle"])
    assert titles(second) == ["kettle@1.0.0"]


def test_a_registry_without_a_feed_says_so(npm):
    with pytest.raises(SourceError, match="has no changes feed"):
        poll(npm)


@pytest.mark.slow  # some answers wait for the deadline
@pytest.mark.parametrize(
    "page",
    [
        scripts.answers(500),
        scripts.web_page(),
        scripts.json_answer(b"[]"),
        scripts.json_answer(b'{"results": [{"seq": "7-abc", "id": "x"}]}'),
        scripts.json_answer(b'{"results": [{"seq": 1, "id": {"x": 1}}]}'),
        scripts.half_a_body(b'{"results": []}'),
        scripts.drip(),
    ],
)
def test_a_failing_feed_is_told_in_a_sentence(scripted, feed, page):
    feed.change("kettle")
    scripted.on("/registry/_changes", page)

    with pytest.raises(SourceError):
        poll(Npm(Client(allow_private=True, limits=Limits(seconds=0.3)), scripted.url))


def test_a_feed_that_repeats_itself_for_ever_is_left(npm, feed, scripted):
    feed.change("kettle")
    feed.end = 10**9
    scripted.on("/registry/_changes", scripts.json_answer(b'{"results": [{"seq": 1, "id": "kettle"}]}'))

    batch = poll(npm, {"feed": f"{scripted.url[7:]} registry  ", "since": 10**9 - 5})

    assert (batch.candidates, batch.more) == ([], False)


def test_a_number_beyond_the_end_does_not_blind_the_watch(npm, feed):
    feed.change("kettle", seq=2**62)
    feed.end = 10
    first = poll(npm)
    feed.changes.clear()
    feed.change("kettle-fork", seq=11)
    feed.end = None

    assert titles(poll(npm, first.cursor)) == ["kettle-fork@1.0.0"]


def test_a_query_of_nothing_is_refused(npm, feed):
    with pytest.raises(Refused):
        poll(npm, query=" ")


def test_the_feed_lies_where_the_environment_says(scripted, monkeypatch):
    other = scripts.Scripted()
    Feed(other)
    Feed(scripted).change("kettle")
    monkeypatch.setenv("NPM_CHANGES_URL", f"{other.url}/registry/_changes")

    batch = poll(Npm(Client(allow_private=True), scripted.url))

    assert batch.candidates == []
    assert [asked.path for asked in other.asked] == ["/registry/"]
    other.close()


def test_the_public_feed_is_no_part_of_the_registry_itself():
    address = Npm(Client()).changes_url

    assert address.startswith("https://replicate.")
    assert not address.startswith(default_base_url())


@pytest.mark.parametrize(
    ("script", "says"),
    [
        (scripts.json_answer(b'{"objects": []}'), "Answers searches."),
        (scripts.missing, "cannot be searched."),
    ],
)
def test_a_probe_asks_one_search(npm, scripted, script, says):
    scripted.on("/-/v1/search", script)

    probe = npm.probe()

    assert says in probe.says
    assert probe.says.endswith(f"Its changes feed is read at {scripted.url[7:]}.")
    assert len(scripted.asked) == 1


def test_a_page_where_a_registry_should_be_is_no_registry(npm, scripted):
    scripted.on("/-/v1/search", scripts.web_page(404))

    with pytest.raises(SourceError, match="not as a registry"):
        npm.probe()


@pytest.mark.slow  # half a day of a busy registry
def test_one_squat_among_thousands_of_names_is_found_and_a_reset_loses_nothing():
    world = World()
    host = world.host("npm")
    host.noise = Noise(world.start, 1000, 1)
    world.add_version("npm", "quoka", "1.0.0", at=world.start + timedelta(hours=9))
    world.clock.advance(timedelta(hours=12))
    with serve(world, dialects={"npm": dialect.Dialect()}) as server:
        npm = Npm(Client(allow_private=True), server.address("npm"))
        first = poll(npm, query="quokka")
        second = poll(npm, first.cursor, query="quokka")
        host.feed_resets.append(world.start + timedelta(hours=12))
        world.add_version("npm", "quokka-source", "1.0.0", at=world.start + timedelta(hours=13))
        world.clock.advance(timedelta(hours=2))

        third = poll(npm, second.cursor, query="quokka")

    assert (titles(first), first.requests, first.more) == (["quoka@1.0.0"], 4, False)
    assert (titles(second), second.requests) == ([], 1)
    assert titles(third) == ["quokka-source@1.0.0"]
    assert "began its changes feed anew" in third.gaps[0]
