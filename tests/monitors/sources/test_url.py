"""Any address: served or not, moved, changed, and asked as cheaply as its server allows."""

import base64
import hashlib
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from monitors.simulator import Absence, World, serve
from monitors.simulator.dialects import url as dialect
from monitors.simulator.places import Page
from monitors.sources.base import Aim, Batch, Gone, Look, Probe, RateLimited, Refused, SourceError
from monitors.sources.http import Client, Limits
from monitors.sources.url import Url
from tests.servers import scripted as scripts
from tests.servers.verdaccio import tarball

CODE = b"export const answer = 42;\n"


@pytest.fixture
def world():
    return World()


@pytest.fixture
def site(world):
    with serve(world, dialects={"url": dialect.Dialect()}) as server:
        yield server.address("url")


@pytest.fixture
def url():
    return Url(Client(allow_private=True, limits=Limits(seconds=0.5, download_seconds=0.5)))


def put(world, path, content=CODE, **told):
    page = Page("url", path, lambda: content, world.start, **told)
    world.host("url").pages[path] = page
    return page


def poll(url, address, cursor=None):
    return url.fetch(Aim.ADDRESS, address, cursor=json.loads(json.dumps(cursor or {})))


def sha512(content):
    return "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode()


def test_what_an_address_serves_is_a_candidate_once(world, site, url):
    put(world, "/leak.ts")

    first = poll(url, f"{site}/leak.ts#top")
    second = poll(url, f"{site}/leak.ts", first.cursor)

    found = first.candidates[0]
    assert (found.native_id, found.path, found.digest) == ("/url/leak.ts", "", sha512(CODE))
    assert found.ticket["size"] == {"bytes": len(CODE)}
    assert (second.candidates, second.cursor, second.requests) == ([], first.cursor, 1)


def test_other_content_under_the_same_address_is_the_same_place_again(world, site, url):
    put(world, "/leak.ts")
    first = poll(url, f"{site}/leak.ts")
    put(world, "/leak.ts", b"other")

    second = poll(url, f"{site}/leak.ts", first.cursor)

    assert [one.candidates[0].native_id for one in (first, second)] == ["/url/leak.ts"] * 2
    assert second.candidates[0].digest == sha512(b"other")


def test_an_archive_is_examined_by_what_is_in_it(world, site, url):
    put(world, "/leak.tgz", tarball({"src/a.ts": CODE}))

    with url.examine(poll(url, f"{site}/leak.tgz").candidates[0]) as holding:
        assert list(holding.read(list(holding.entries))) == [("src/a.ts", CODE)]


def test_a_page_in_place_of_an_archive_is_examined_as_what_it_is(world, site, url):
    put(world, "/leak.tgz", b"<!DOCTYPE html>Taken down")

    with url.examine(poll(url, f"{site}/leak.tgz").candidates[0]) as holding:
        assert list(holding.entries) == ["leak.tgz"]
        assert "named like an archive" in holding.skipped[0]


def test_redirects_are_followed_and_told(world, site, url):
    put(world, "/leak.ts")
    put(world, "/old.ts", redirect="/leak.ts")
    found = poll(url, f"{site}/old.ts").candidates[0]

    look = url.look(found)

    assert found.ticket["served"]["final"] == f"{site}/leak.ts"
    assert look == Look(live=True, reason=f"redirects to {site}/leak.ts", digest=sha512(CODE))


def test_where_redirects_lead_by_now_is_kept(world, site, url):
    put(world, "/new.ts")
    put(world, "/leak.ts", redirect="/new.ts")
    found = poll(url, f"{site}/leak.ts").candidates[0]
    led_elsewhere = replace(found, ticket={"url": f"{site}/leak.ts"})

    look = url.look(led_elsewhere)

    assert look.renamed.ticket["served"]["final"] == f"{site}/new.ts"
    assert url.look(look.renamed).renamed is None


@pytest.mark.parametrize(("why", "reason"), [("deleted", "404"), ("dmca", "451 dmca")])
def test_an_address_that_serves_nothing_any_more_is_gone(world, site, url, why, reason):
    page = put(world, "/leak.ts")
    first = poll(url, f"{site}/leak.ts")
    page.leave(Absence(world.start, None, why))

    second = poll(url, f"{site}/leak.ts", first.cursor)

    assert url.look(first.candidates[0]) == Look(live=False, reason=reason)
    assert (second.candidates, second.cursor) == ([], {"gone": True})
    assert second.gaps == [f"{site}/leak.ts is not there any more ({reason}). We go on asking."]


def test_what_comes_back_is_a_candidate_again(world, site, url):
    page = put(world, "/leak.ts")
    page.leave(Absence(world.start + timedelta(hours=1), world.start + timedelta(hours=2), "deleted"))
    first = poll(url, f"{site}/leak.ts")
    world.clock.advance(timedelta(hours=1))
    second = poll(url, f"{site}/leak.ts", first.cursor)
    world.clock.advance(timedelta(hours=1))

    third = poll(url, f"{site}/leak.ts", second.cursor)

    assert (second.candidates, third.candidates) == ([], first.candidates)


def test_an_address_that_serves_nothing_is_asked_on_and_found_when_it_does(world, site, url):
    first = poll(url, f"{site}/leak.ts?key=x")
    second = poll(url, f"{site}/leak.ts", first.cursor)
    put(world, "/leak.ts")

    third = poll(url, f"{site}/leak.ts", second.cursor)

    says = "is not there (404), and never was while we asked: is it spelled right? We go on asking."
    assert first == second == Batch([], {"never": True}, requests=1, gaps=[f"{site}/leak.ts {says}"])
    assert [found.native_id for found in third.candidates] == ["/url/leak.ts"]


def test_a_server_without_validators_is_read_again_and_told_apart_by_hash(scripted, url):
    address = scripted.on("/x", scripts.answers(200, CODE))
    first = poll(url, address)

    second = poll(url, address, first.cursor)

    assert (second.candidates, second.cursor) == ([], first.cursor)


def test_a_server_that_ignores_validators_is_read_again(scripted, url):
    address = scripted.on("/x", scripts.answers(200, CODE, ETag='"one"'))
    first = poll(url, address)

    second = poll(url, address, first.cursor)

    assert (second.candidates, second.requests) == ([], 2)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "ftp://h/x",
        "file:///etc/passwd",
        "https://a:b@h/x",
        "javascript:alert(1)",
        "http://[#x",
        "//h/x",
        "x",
    ],
)
def test_what_is_no_address_is_refused_unasked(url, query):
    with pytest.raises(Refused):
        poll(url, query)

    assert url.client.requests == 0


def test_an_address_may_not_lead_inside(scripted):
    address = scripted.on("/x", scripts.answers(302, b"", Location="http://169.254.169.254/latest/"))

    with pytest.raises(Refused):
        poll(Url(Client(allow_private=True)), address)
    with pytest.raises(Refused):
        poll(Url(Client()), scripted.url)


@pytest.mark.slow  # some answers wait for the deadline
@pytest.mark.parametrize(
    "script",
    [scripts.answers(500), scripts.half_a_body(CODE), scripts.drip(), scripts.never, scripts.answers(403)],
)
def test_a_failing_server_is_told_in_a_sentence_and_never_gone(scripted, url, script):
    address = scripted.on("/x", scripts.answers(200, CODE))
    first = poll(url, address)
    scripted.on("/x", script)

    for ask in (lambda: poll(url, address, first.cursor), lambda: url.look(first.candidates[0])):
        with pytest.raises(SourceError) as failure:
            ask()
        assert not isinstance(failure.value, Gone)


def test_a_limit_is_told(scripted, url):
    with pytest.raises(RateLimited):
        poll(url, scripted.on("/x", scripts.answers(429, Retry_After="9")))


def test_an_endless_body_is_left(scripted, url, monkeypatch):
    monkeypatch.setattr("monitors.sources.served.MOST_BYTES", 1000)

    with pytest.raises(SourceError, match="larger than"):
        poll(url, scripted.on("/x", scripts.answers(200, b"x" * 2000)))


def test_a_long_or_strange_address_has_an_id_of_its_own(scripted, url):
    long = ["/" + "a" * 400 + end for end in ("1", "2")]
    found = [poll(url, scripted.on(path, scripts.answers(200, CODE))).candidates[0] for path in long]

    assert len({one.native_id for one in found}) == 2
    assert all(len(one.native_id) <= 250 for one in found)


def test_headers_of_a_stranger_are_cut(scripted, url):
    script = scripts.answers(200, CODE, ETag='"' + "x" * 5000 + '"', Content_Type="a" * 5000)

    batch = poll(url, scripted.on("/x", script))

    assert len(json.dumps(batch.cursor)) < 5000


def test_a_probe_has_nothing_to_ask(url):
    assert "nothing to configure" in url.probe().says
    assert isinstance(url.probe(), Probe)
