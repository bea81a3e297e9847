"""A Python package index that errs, lies, holds back, or announces much: every answer ends in a sentence."""

import hashlib
import io
import json
import zipfile

import pytest

from monitors.sources import simpleindex
from monitors.sources.archives import Mismatch
from monitors.sources.base import Aim, Gone, Look, Probe, Refused, SourceError
from monitors.sources.http import Client, Limits
from monitors.sources.pypi import Pypi, default_base_url
from tests.servers import scripted as scripts

CODE = b"def boil(kettle):\n    return kettle.heat_until(100)\n"


class Index:
    """A package index over HTTP: its simple API, its JSON, its feeds."""

    def __init__(self, server):
        self.server, self.files, self.status, self.serial = server, {}, None, 7
        server.on("/simple/acme-kettle/", self._simple)

    def upload(self, filename, content=None, **told):
        content = wheel() if content is None else content
        self.server.on(f"/files/{filename}", scripts.answers(200, content))
        hashes = {"sha256": hashlib.sha256(content).hexdigest()}
        self.files[filename] = {
            "filename": filename,
            "url": f"../../files/{filename}",
            "hashes": hashes,
        } | told

    def announce(self, *releases, feed="updates"):
        """Newest first, as (name, version)."""
        links = "".join(
            f"<item><title>x</title><link>{self.server.url}/project/{name}/{version}/</link></item>"
            for name, version in releases
        )
        body = f'<?xml version="1.0"?><rss version="2.0"><channel>{links}</channel></rss>'.encode()
        self.server.on(f"/rss/{feed}.xml", scripts.answers(200, body, Content_Type="text/xml"))

    def release(self, name, version, *filenames):
        content = wheel()
        urls = [
            {"filename": filename, "url": "x", "digests": {"sha256": hashlib.sha256(content).hexdigest()}}
            for filename in filenames
        ]
        body = json.dumps({"info": {"version": version}, "urls": urls}).encode()
        for path in (f"{name}/{version}", name):
            self.server.on(f"/pypi/{path}/json", scripts.json_answer(body))

    def _simple(self, exchange):
        status = {"project-status": {"status": self.status}} if self.status else {}
        body = {"meta": {"api-version": "1.4", "_last-serial": self.serial}, "name": "acme-kettle"} | status
        body["files"] = [] if self.status == "quarantined" else list(self.files.values())
        etag = f'"{self.serial}"'
        known = exchange.headers.get("If-None-Match") == etag
        exchange.answer(304 if known else 200, b"" if known else json.dumps(body).encode(), ETag=etag)


def wheel(code=CODE):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("acme_kettle/boil.py", code)
    return file.getvalue()


@pytest.fixture
def index(scripted):
    index = Index(scripted)
    index.announce()
    index.announce(feed="packages")
    return index


@pytest.fixture
def pypi(scripted):
    return Pypi(Client(allow_private=True, limits=Limits(seconds=0.5)), f"{scripted.url}/simple/")


def poll(pypi, cursor=None, name="Acme.Kettle"):
    return pypi.fetch(Aim.PACKAGE, name, cursor=json.loads(json.dumps(cursor or {})))


def listen(pypi, cursor=None, query="kettle"):
    """Of a watch that has asked for the likeliest look-alikes already."""
    return pypi.fetch(Aim.FEED, query, cursor=json.loads(json.dumps({"guesses": []} | (cursor or {}))))


def titles(batch):
    return [candidate.title for candidate in batch.candidates]


def test_each_file_of_a_project_is_a_place_and_comes_once(pypi, index):
    index.upload("acme_kettle-1.0.tar.gz", b"x")
    index.upload("acme_kettle-1.0-py3-none-any.whl", size=312)
    first = poll(pypi)
    index.upload("acme_kettle-1.1-py3-none-any.whl")
    index.serial = 8

    second = poll(pypi, first.cursor)
    third = poll(pypi, second.cursor)

    assert titles(first) == ["acme_kettle-1.0-py3-none-any.whl", "acme_kettle-1.0.tar.gz"]
    assert titles(second) == ["acme_kettle-1.1-py3-none-any.whl"]
    assert (third.candidates, third.cursor, third.requests) == ([], second.cursor, 1)
    wheel = first.candidates[0]
    assert (wheel.native_id, wheel.path, wheel.version) == ("acme-kettle", wheel.title, "1.0")
    assert wheel.ticket["size"] == {"bytes": 312}


def test_a_file_is_examined_when_its_hash_is_right(pypi, index):
    index.upload("acme_kettle-1.0-py3-none-any.whl")

    with pypi.examine(poll(pypi).candidates[0]) as holding:
        assert dict(holding.read(list(holding.entries))) == {"boil.py": CODE}


def test_a_file_that_is_not_what_was_announced_is_not_examined(pypi, index, scripted):
    index.upload("acme_kettle-1.0-py3-none-any.whl")
    candidate = poll(pypi).candidates[0]
    scripted.on("/files/acme_kettle-1.0-py3-none-any.whl", scripts.answers(200, wheel(b"other")))

    with pytest.raises(Mismatch):
        pypi.examine(candidate)


def test_many_files_come_in_batches_and_none_is_lost(pypi, index):
    for number in range(45):
        index.upload(f"acme_kettle-1.{number}.tar.gz", b"x")
    found, cursor, more = [], {}, True

    while more:
        batch = poll(pypi, cursor)
        found, cursor, more = found + titles(batch), batch.cursor, batch.more

    assert sorted(found) == sorted(index.files)
    assert len(found) == 45


def test_wheels_for_other_machines_are_left_out_and_told(pypi, index):
    for machine in ("linux_x86_64", "macosx_11_0_arm64", "win_amd64", "win32"):
        index.upload(f"acme_kettle-1.0-cp312-cp312-{machine}.whl")
    index.upload("acme_kettle-1.0-py3-none-any.whl")

    batch = poll(pypi)

    assert len(batch.candidates) == 3
    assert "acme_kettle-1.0-py3-none-any.whl" in titles(batch)
    assert batch.gaps == ["2 wheels for other machines were not looked at, 3 of each version were."]


def test_an_older_copy_from_a_cache_changes_nothing_and_is_said(pypi, index):
    index.upload("acme_kettle-1.0.tar.gz", b"x")
    index.upload("acme_kettle-1.1.tar.gz", b"x")
    first = poll(pypi)
    index.serial = 3
    del index.files["acme_kettle-1.1.tar.gz"]

    second = poll(pypi, first.cursor)

    assert (second.candidates, second.cursor) == ([], first.cursor | {"older": 1})
    assert second.gaps == [
        "The index tells an older state of Acme.Kettle (number 3) than it did (7). "
        "Told 3 times in a row, it is believed."
    ]


@pytest.mark.parametrize("between", [0, 1])
def test_an_older_state_is_believed_the_third_time_in_a_row(pypi, index, between):
    cursor = poll(pypi).cursor
    index.upload("acme_kettle-0.1.tar.gz", b"x")
    seen = []

    for serial in [3] * 2 + [7] * between + [3] * 2:
        index.serial = serial
        batch = poll(pypi, cursor)
        cursor, seen = batch.cursor, [*seen, bool(batch.candidates)]

    assert seen == ([False] * 5 if between else [False, False, True, False])


def test_an_index_at_another_address_is_another_one(pypi, index, scripted):
    index.upload("acme_kettle-1.0.tar.gz", b"x")
    first = poll(pypi)
    scripted.on(
        "/other/simple/acme-kettle/",
        scripts.json_answer(
            json.dumps({"files": [*index.files.values()], "meta": {"_last-serial": 3}}).encode()
        ),
    )

    second = poll(Pypi(pypi.client, f"{scripted.url}/other/simple"), first.cursor)

    assert (titles(second), second.gaps) == (titles(first), [])


@pytest.mark.parametrize("serial", [10**400, 2**53 + 1, -1, True, "7"], ids=lambda one: f"{one}"[:9])
def test_an_absurd_serial_is_none(pypi, index, serial):
    index.serial = serial

    assert poll(pypi).cursor["serial"] == 0


@pytest.mark.parametrize(
    ("told", "look"),
    [
        ({}, Look(live=True)),
        ({"yanked": True}, Look(live=True, reason="yanked")),
        ({"yanked": "leaks\u202e keys"}, Look(live=True, reason="yanked: leaks\ufffd keys")),
    ],
)
def test_a_yanked_file_is_still_there_and_says_so(pypi, index, told, look):
    index.upload("acme_kettle-1.0.tar.gz", b"x", **told)
    candidate = poll(pypi).candidates[0]

    found = pypi.look(candidate)

    assert (found.live, found.reason, found.digest) == (look.live, look.reason, candidate.digest)


def test_a_project_in_quarantine_offers_nothing_and_says_so(pypi, index):
    index.upload("acme_kettle-1.0.tar.gz", b"x")
    first = poll(pypi)
    index.status, index.serial = "quarantined", 9

    second = poll(pypi, first.cursor)

    assert pypi.look(first.candidates[0]) == Look(live=False, reason="quarantined")
    assert second.gaps == ["Acme.Kettle is in quarantine: the index offers none of its files."]


def test_a_deleted_file_and_a_deleted_project_are_gone(pypi, index, scripted):
    index.upload("acme_kettle-1.0.tar.gz", b"x")
    candidate = poll(pypi).candidates[0]
    index.files.clear()
    deleted = pypi.look(candidate)
    scripted.on("/simple/acme-kettle/", scripts.missing)

    assert [deleted, pypi.look(candidate)] == [Look(False, "deleted"), Look(False, "404")]


def test_one_question_tells_of_all_files_of_a_project(pypi, index):
    for number in range(3):
        index.upload(f"acme_kettle-1.{number}.tar.gz", b"x")
    found = poll(pypi).candidates
    del index.files["acme_kettle-1.1.tar.gz"]
    before = pypi.client.requests

    looks = pypi.look_many(found)

    assert [(look.live, look.reason) for look in looks] == [(True, ""), (False, "deleted"), (True, "")]
    assert pypi.client.requests - before == 1


def test_a_project_in_the_older_form_is_read_with_its_yanks(pypi, scripted):
    page = (
        b'<!DOCTYPE html><meta name="pypi:repository-version" content="1.4">'
        b'<a href="/files/acme_kettle-1.0.tar.gz#sha256=00ff" data-yanked="oops">x</a>'
    )
    scripted.on("/simple/acme-kettle/", scripts.answers(200, page, Content_Type="text/html"))

    found = poll(pypi).candidates[0]

    assert (found.title, found.ticket["yanked"]) == ("acme_kettle-1.0.tar.gz", "yanked: oops")
    assert found.ticket["url"] == f"{scripted.url}/files/acme_kettle-1.0.tar.gz"


def test_a_file_without_a_sound_address_hides_no_other(pypi, index):
    index.upload("acme_kettle-1.0.tar.gz", b"x", url="http://[")
    index.upload("acme_kettle-1.1.tar.gz", b"x")

    found = poll(pypi).candidates

    assert [one.path for one in found] == ["acme_kettle-1.1.tar.gz", "acme_kettle-1.0.tar.gz"]
    with pytest.raises(Refused):
        pypi.examine(found[1])


def test_a_web_page_is_not_taken_for_a_project_without_files(pypi, index, scripted):
    index.upload("acme_kettle-1.0.tar.gz", b"x")
    candidate = poll(pypi).candidates[0]
    scripted.on("/simple/acme-kettle/", scripts.web_page())

    with pytest.raises(SourceError, match="not as a package index"):
        pypi.look(candidate)


def test_a_page_that_takes_too_long_to_read_is_not_read(pypi, scripted, monkeypatch):
    monkeypatch.setattr(simpleindex, "HTML_BYTES", 1000)
    page = scripts.answers(200, b"<!DOCTYPE html>" + b"<" * 1000, Content_Type="text/html")
    scripted.on("/simple/acme-kettle/", page)

    with pytest.raises(SourceError, match="bytes of HTML"):
        poll(pypi)


def test_the_feeds_name_what_is_new_and_wanted_once(pypi, index):
    index.announce(("acme-kettle", "2.0"), ("unrelated", "1.0"))
    index.release("acme-kettle", "2.0", "acme_kettle-2.0.tar.gz")

    first = listen(pypi)
    second = listen(pypi, first.cursor)

    assert titles(first) == ["acme_kettle-2.0.tar.gz"]
    assert (titles(second), second.gaps) == ([], [])


def test_a_new_watch_asks_once_for_look_alikes_of_long_ago(pypi, index, scripted):
    for name in ("ketle", "kettle-leaked"):
        index.release(name, "1.0", f"{name.replace('-', '_')}-1.0.tar.gz")
    found, gaps, cursor, more = [], [], {}, True

    while more:
        batch = pypi.fetch(Aim.FEED, "kettle", cursor=json.loads(json.dumps(cursor)))
        found, gaps = found + titles(batch), gaps + batch.gaps
        cursor, more = batch.cursor, batch.more

    assert sorted(found) == ["ketle-1.0.tar.gz", "kettle_leaked-1.0.tar.gz"]
    assert gaps == [
        "The index lists its newest 40 packages and 100 updates only: of what is older, the likeliest "
        "look-alikes were asked for by name."
    ]
    names = [asked.path for asked in scripted.asked if asked.path.startswith("/pypi/")]
    assert len(names) == len(set(names)) == 47  # of fifty those that have no scope
    assert listen(pypi, cursor).requests == 2


def test_a_feed_that_moved_past_what_we_saw_is_a_gap(pypi, index):
    index.announce(("one", "1"), ("two", "1"))
    first = listen(pypi)
    index.announce(("four", "1"), ("three", "1"))

    assert listen(pypi, first.cursor).gaps == [
        "The index lists its newest 2 updates only, and we had seen none of them: "
        "some in between may be missing."
    ]


def test_a_release_withdrawn_before_we_looked_is_told(pypi, index):
    index.announce(("kettle-leak", "1.0"))

    assert listen(pypi).gaps == ["kettle-leak 1.0 was gone before we could look at it."]


def test_a_release_that_cannot_be_read_is_asked_for_again_and_then_told(pypi, index, scripted):
    index.announce(("kettle-leak", "1.0"))
    scripted.on("/pypi/kettle-leak/1.0/json", scripts.answers(502))
    first = listen(pypi)
    second = listen(pypi, first.cursor)
    third = listen(pypi, second.cursor)

    assert (first.gaps, second.gaps, first.more) == ([], [], False)
    assert third.gaps[0].startswith("kettle-leak 1.0 could not be looked at")
    assert third.cursor["pending"] == []


def test_more_releases_than_can_wait_are_a_gap(pypi, index, monkeypatch):
    monkeypatch.setattr("monitors.sources.pypi.PENDING", 15)
    for feed in ("updates", "packages"):
        index.announce(*[(f"kettle-{feed}-{number}", "1") for number in range(20)], feed=feed)

    batch = listen(pypi)

    assert len(batch.cursor["pending"]) == 5
    assert batch.gaps[0] == "The index announced 40 releases at once: the last 25 are left out."


def test_feeds_of_long_and_many_names_fit_into_a_cursor_and_say_what_does_not(pypi, index):
    for feed in ("updates", "packages"):
        index.announce(
            *[(f"kettle-{number:04}-".ljust(190, "x"), "9" * 190) for number in range(600)], feed=feed
        )

    batch = listen(pypi)

    assert len(json.dumps(batch.cursor)) < 256 * 1024
    assert batch.gaps[0] == "The index's feed of packages has more than the 500 items we read."
    assert "are left out" in batch.gaps[2]


def test_a_limit_among_the_releases_leaves_them_for_the_next_poll(pypi, index, scripted):
    index.announce(("kettle-leak", "1.0"))
    scripted.on("/pypi/kettle-leak/1.0/json", scripts.answers(429, Retry_After="5"))

    batch = listen(pypi)

    assert (batch.candidates, batch.limited.wait.seconds) == ([], 5)
    assert batch.cursor["pending"] == [["kettle-leak", "1.0", 0]]


BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "kettle">]>'
    b"<rss><channel><item><link>&a;</link></item></channel></rss>"
)


@pytest.mark.parametrize(
    "feed",
    [
        scripts.answers(200, BOMB),
        scripts.answers(200, b"<html><body>hotel</body></html>"),
        scripts.answers(200, b"<rss><channel>"),
        scripts.answers(200, b""),
        scripts.answers(200, b'<?xml version="1.0" encoding="nonsense"?><rss/>'),
        scripts.answers(200, b"\xff\xfe<rss>"),
        scripts.answers(500),
        scripts.half_a_body(b"<rss></rss>"),
    ],
)
def test_a_feed_that_is_none_is_told_in_a_sentence(pypi, index, scripted, feed):
    scripted.on("/rss/updates.xml", feed)

    with pytest.raises(SourceError):
        listen(pypi)


def test_items_of_a_feed_that_are_no_releases_are_passed_over(pypi, index, scripted):
    odd = ["http://[", "https://h/project/", "javascript:alert(1)", "https://h/project/a/b/c/d/", "x" * 5000]
    items = "".join(f"<item><link>{link}</link></item>" for link in odd)
    scripted.on("/rss/updates.xml", scripts.answers(200, f"<rss><channel>{items}</channel></rss>".encode()))

    assert listen(pypi, query="*").candidates == []


@pytest.mark.slow  # some answers wait for the deadline
@pytest.mark.parametrize(
    "script",
    [
        scripts.answers(500),
        scripts.json_answer(b"[]"),
        scripts.json_answer(b'{"files": [{"filename": 3, "url": "x"}]}'),
        scripts.json_answer(b'{"files": 7}'),
        scripts.half_a_body(b'{"files": []}'),
        scripts.drip(),
        scripts.answers(429, Retry_After="60"),
    ],
)
def test_a_failing_index_is_told_in_a_sentence(pypi, index, scripted, script):
    index.upload("acme_kettle-1.0.tar.gz", b"x")
    candidate = poll(pypi).candidates[0]
    scripted.on("/simple/acme-kettle/", script)

    for ask in (lambda: poll(pypi), lambda: pypi.look(candidate)):
        with pytest.raises(SourceError) as failure:
            ask()
        assert not isinstance(failure.value, Gone)


@pytest.mark.parametrize("name", ["", "a b", "../x", "-", "a" * 300])
def test_what_is_no_name_of_a_project_is_refused_unasked(pypi, name):
    with pytest.raises(Refused):
        pypi.fetch(Aim.PACKAGE, name, cursor={})
    assert pypi.client.requests == 0


def test_a_project_that_is_not_there_is_asked_on_and_found_when_it_comes(pypi, scripted):
    first = poll(pypi)
    again = poll(pypi, {"seen": ["x"]})
    Index(scripted).upload("acme_kettle-1.0.tar.gz", b"x")

    says = (
        "Acme.Kettle is not there (404), and never was while we asked: is it spelled right? We go on asking."
    )
    assert (first.candidates, first.cursor, first.gaps) == ([], {"never": True}, [says])
    assert again.cursor == {"seen": []}
    assert again.gaps == ["Acme.Kettle is not there any more (404). We go on asking."]
    assert titles(poll(pypi, first.cursor)) == ["acme_kettle-1.0.tar.gz"]


def test_a_probe_asks_once(pypi, scripted):
    scripted.on("/simple/pip/", scripts.json_answer(b'{"files": [], "meta": {"_last-serial": 1234}}'))

    assert pypi.probe() == Probe("Answers. Its last change of pip is number 1,234.")
    assert len(scripted.asked) == 1


def test_the_public_index_is_known_at_run_time():
    assert Pypi(Client()).base_url == default_base_url()
    assert default_base_url().endswith("/simple")
