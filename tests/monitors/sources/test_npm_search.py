"""Watching a search, against a real registry and against odd ones."""

import json

import pytest

from monitors.sources.base import Aim, SourceError
from monitors.sources.http import Client
from monitors.sources.npm import Npm
from tests.servers import scripted as scripts

CODE = b"export const answer = 42;\n"


def search(npm, text, cursor=None):
    return npm.fetch(Aim.SEARCH, text, cursor=json.loads(json.dumps(cursor or {})))


def titles(batch):
    return sorted(candidate.title for candidate in batch.candidates)


@pytest.mark.servers
@pytest.mark.slow  # a real registry answers in tens of milliseconds
def test_a_search_finds_packages_and_later_only_what_is_new(verdaccio):
    npm = Npm(Client(allow_private=True), verdaccio.url)
    integrity = verdaccio.publish("@find/zebra-cli", "1.0.0", {"a.js": CODE})
    verdaccio.publish("zebra-fork", "1.0.0", {"a.js": CODE})

    first = search(npm, "zebra")
    second = search(npm, "zebra", first.cursor)
    verdaccio.publish("zebra-fork", "2.0.0", {"a.js": CODE})
    verdaccio.publish("zebra-more", "1.0.0", {"a.js": CODE})
    third = search(npm, "zebra", second.cursor)

    assert titles(first) == ["@find/zebra-cli@1.0.0", "zebra-fork@1.0.0"]
    assert titles(second) == []
    assert titles(third) == ["zebra-fork@2.0.0", "zebra-more@1.0.0"]
    assert integrity in [candidate.digest for candidate in first.candidates]


def test_many_hits_come_in_batches_from_one_search(scripted):
    _registry(scripted, {f"hit-{number}": "1.0.0" for number in range(25)})
    npm = Npm(Client(allow_private=True), scripted.url)

    first = search(npm, "hit")
    second = search(npm, "hit", first.cursor)

    assert (len(first.candidates), first.more) == (20, True)
    assert (len(second.candidates), second.more, second.requests) == (5, False, 5)
    assert len({*titles(first), *titles(second)}) == 25


def test_pages_are_walked_until_nothing_new_comes(scripted):
    packages = {f"hit-{number}": "1.0.0" for number in range(30)}
    _registry(scripted, packages, page=10)
    npm = Npm(Client(allow_private=True), scripted.url)

    first = search(npm, "hit")

    searches = [asked.path.partition("from=")[2] for asked in scripted.asked if "/-/v1/search" in asked.path]
    assert searches == ["0", "10", "20", "30"]
    assert len(first.candidates) + len(first.cursor["pending"]) == 30


def test_a_registry_that_repeats_its_first_page_for_ever_is_left(scripted):
    page = scripts.json_answer(_page({"same": "1.0.0"}))
    scripted.on("/-/v1/search", page)
    npm = Npm(Client(allow_private=True), scripted.url)

    search(npm, "same")

    assert len([asked for asked in scripted.asked if "/-/v1/search" in asked.path]) == 2


def test_one_broken_package_does_not_hide_the_others(scripted):
    _registry(scripted, {"broken": "1.0.0", "fine": "1.0.0", "vanished": "1.0.0"})
    scripted.on("/broken", scripts.web_page())
    scripted.on("/vanished", scripts.missing)
    npm = Npm(Client(allow_private=True), scripted.url)

    batch = search(npm, "x")

    assert titles(batch) == ["broken@1.0.0", "fine@1.0.0"]
    broken = next(found for found in batch.candidates if found.native_id == "broken")
    with pytest.raises(SourceError, match="web page"):
        npm.examine(broken)


def test_a_limit_in_the_middle_of_a_search_ends_the_poll(scripted):
    _registry(scripted, {"one": "1.0.0", "two": "1.0.0"})
    scripted.on("/two", scripts.answers(429, Retry_After="9"))

    batch = search(Npm(Client(allow_private=True), scripted.url), "x")

    assert (titles(batch), batch.limited.wait.seconds) == (["one@1.0.0"], 9)
    assert (batch.cursor["seen"], batch.cursor["pending"]) == ({"one": "1.0.0"}, [["two", "1.0.0"]])


def _registry(scripted, packages, page=250):
    def answer_page(exchange):
        start = int(exchange.path.rpartition("from=")[2])
        shown = dict(list(packages.items())[start : start + page])
        exchange.answer(200, _page(shown))

    scripted.on("/-/v1/search", answer_page)
    for name, version in packages.items():
        dist = {"tarball": f"{scripted.url}/{name}.tgz", "shasum": "00" * 20}
        document = {"versions": {version: {"dist": dist}}}
        scripted.on(f"/{name}", scripts.json_answer(json.dumps(document).encode()))


def _page(packages):
    hits = [{"package": {"name": name, "version": version}} for name, version in packages.items()]
    return json.dumps({"objects": hits, "total": len(hits)}).encode()


def test_what_the_registry_finds_beyond_a_thousand_is_told(scripted):
    def endless(exchange):
        start = int(exchange.path.rpartition("from=")[2])
        hits = [{"package": {"name": f"hit-{start + n}", "version": "1.0.0"}} for n in range(250)]
        exchange.answer(200, json.dumps({"objects": hits, "total": 5120}).encode())

    scripted.on("/-/v1/search", endless)

    batch = search(Npm(Client(allow_private=True), scripted.url), "hit")

    assert batch.gaps == [
        "The registry finds 5,120 packages and lists 1,000: ask for rarer words to see the rest."
    ]
    assert len(batch.candidates) + len(batch.cursor["pending"]) <= 1000


def test_a_lying_total_is_no_gap(scripted):
    scripted.on("/-/v1/search", scripts.json_answer(b'{"objects": [], "total": "many"}'))

    assert search(Npm(Client(allow_private=True), scripted.url), "hit").gaps == []
