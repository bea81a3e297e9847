"""A registry that errs, lies or attacks: every answer ends in a sentence, none in a guess."""

import base64
import hashlib
import json
from datetime import timedelta

import pytest
from packageurl import PackageURL

from monitors.sources.archives import Mismatch
from monitors.sources.base import Aim, Candidate, Gone, Look, RateLimited, Refused, SourceError
from monitors.sources.http import Client, Limits
from monitors.sources.npm import Npm, earlier
from tests.servers import scripted as scripts
from tests.servers.verdaccio import tarball

FAILURES = {
    "500": (scripts.answers(500), "answered 500"),
    "html": (scripts.web_page(), "a web page"),
    "half": (scripts.half_a_body(b'{"versions": {}}'), "only a part"),
    "never": (scripts.never, "in time"),
    "drip": (scripts.drip(), "in time"),
    "list": (scripts.json_answer(b"[]"), "a shape we do not know"),
    "empty": (scripts.json_answer(b"{}"), "a shape we do not know"),
    "shape": (scripts.json_answer(b'{"versions": {"1.0.0": {"dist": 7}}}'), "a shape we do not know"),
    "text": (scripts.json_answer(b"oops"), "not JSON"),
    "limit": (scripts.answers(429, Retry_After="420"), "wait 420 s"),
    "no-registry": (scripts.web_page(404), "web page|not there"),
}


@pytest.fixture
def npm(scripted):
    return Npm(Client(allow_private=True, limits=Limits(seconds=0.3, download_seconds=0.3)), scripted.url)


@pytest.fixture
def seen(scripted):
    """A version seen earlier, whose tarball is what it should be."""
    packed = tarball({"a.js": b"code"})
    return publish(scripted, packed, digest=sri(packed))


def publish(scripted, packed, *, digest, at="/p.tgz"):
    url = scripted.on("/p.tgz", scripts.answers(200, packed)) if at == "/p.tgz" else at
    document = {"versions": {"1.0.0": {"dist": {"tarball": url, "integrity": digest}}}}
    scripted.on("/p", scripts.json_answer(json.dumps(document).encode()))
    ticket = {"name": "p", "version": "1.0.0", "tarball": url}
    return Candidate("host", "p", "1.0.0", "p@1.0.0", "", "1.0.0", digest, ticket)


def sri(content, algorithm="sha512"):
    return f"{algorithm}-" + base64.b64encode(hashlib.new(algorithm, content).digest()).decode()


@pytest.mark.slow  # some answers wait for the deadline
@pytest.mark.parametrize(("script", "sentence"), FAILURES.values(), ids=FAILURES)
def test_a_failing_registry_is_told_in_a_sentence_by_polls_and_looks(npm, scripted, seen, script, sentence):
    scripted.on("/p", script)
    scripted.on("/-/v1/search", script)

    for ask in (
        lambda: npm.fetch(Aim.PACKAGE, "p", cursor={}),
        lambda: npm.fetch(Aim.SEARCH, "p", cursor={}),
        lambda: npm.look(seen),
    ):
        with pytest.raises(SourceError, match=sentence):
            ask()


def test_a_limit_carries_its_wait(npm, scripted, seen):
    scripted.on("/p", scripts.answers(429, Retry_After="420"))

    with pytest.raises(RateLimited) as limit:
        npm.look(seen)

    assert limit.value.wait == timedelta(minutes=7)


def test_what_a_registry_says_is_missing_is_gone(npm, scripted, seen):
    scripted.on("/p", scripts.missing)

    assert npm.look(seen) == Look(live=False, reason="404")


def test_releases_before_one_are_told_newest_first(scripted):
    document = {"versions": {f"1.0.{at}": {"dist": {"tarball": f"{scripted.url}/{at}"}} for at in range(5)}}
    scripted.on("/p", scripts.json_answer(json.dumps(document).encode()))
    client = Client(allow_private=True)

    assert earlier(PackageURL("npm", None, "p", "1.0.3"), client, scripted.url, most=2) == [
        "pkg:npm/p@1.0.2",
        "pkg:npm/p@1.0.1",
    ]
    for version in ("1.0.0", "9.9.9"):
        with pytest.raises(Gone, match="no release before"):
            earlier(PackageURL("npm", None, "p", version), client, scripted.url, most=2)


def test_a_blocked_package_says_so(npm, scripted, seen):
    scripted.on("/p", scripts.answers(451, b'{"error": "dmca"}'))

    assert npm.look(seen) == Look(live=False, reason="451 dmca")


def test_a_tarball_is_examined_when_its_digest_is_right(npm, seen):
    with npm.examine(seen) as holding:
        assert list(holding.entries) == ["a.js"]


@pytest.mark.parametrize(
    "digest",
    [
        sri(b"another"),
        sri(b"another", "sha1"),
        "sha512-!!!",
        "md5-AAAA",
        "nonsense",
        sri(tarball({"a.js": b"code"}), "sha1") + " " + sri(b"another"),
    ],
)
def test_a_tarball_that_is_not_what_was_announced_is_not_examined(npm, scripted, digest):
    candidate = publish(scripted, tarball({"a.js": b"code"}), digest=digest)

    with pytest.raises(Mismatch):
        npm.examine(candidate)


def test_an_old_package_is_checked_by_its_shasum(npm, scripted):
    packed = tarball({"a.js": b"code"})
    scripted.on("/old.tgz", scripts.answers(200, packed))
    dist = {"tarball": f"{scripted.url}/old.tgz", "shasum": hashlib.sha1(packed).hexdigest()}
    scripted.on("/old", scripts.json_answer(json.dumps({"versions": {"0.1.0": {"dist": dist}}}).encode()))

    found = npm.fetch(Aim.PACKAGE, "old", cursor={}).candidates[0]

    assert found.digest == sri(packed, "sha1")
    with npm.examine(found) as holding:
        assert list(holding.entries) == ["a.js"]


def test_a_tarball_without_any_digest_is_examined_and_that_is_told(npm, scripted):
    candidate = publish(scripted, tarball({"a.js": b"code"}), digest="")

    with npm.examine(candidate) as holding:
        assert holding.skipped == ["The registry gives no digest for this tarball."]


def test_half_a_tarball_is_a_failure(npm, scripted, seen):
    scripted.on("/p.tgz", scripts.half_a_body(tarball({"a.js": b"code"})))

    with pytest.raises(SourceError, match="only a part"):
        npm.examine(seen)


def test_a_tarball_that_is_no_archive_is_a_failure(npm, scripted):
    content = b"\x1f\x8bnot a tarball"
    candidate = publish(scripted, content, digest=sri(content))

    with pytest.raises(SourceError, match="could not be unpacked"):
        npm.examine(candidate)


def test_a_tarball_address_may_not_lead_inside(scripted):
    candidate = publish(scripted, b"", digest="", at="http://169.254.169.254/latest/meta-data/")

    with pytest.raises(Refused):
        Npm(Client(allow_private=True), scripted.url).examine(candidate)


@pytest.mark.parametrize("address", ["file:///etc/passwd", "", "javascript:alert(1)", "http://a:b@h/x.tgz"])
def test_a_tarball_address_of_another_kind_is_refused(npm, scripted, address):
    candidate = publish(scripted, b"", digest="", at=address)

    with pytest.raises(Refused):
        npm.examine(candidate)


def test_the_token_is_not_sent_to_the_host_of_a_tarball(scripted):
    other, packed = scripts.Scripted(), tarball({"a.js": b"code"})
    url = other.on("/p.tgz", scripts.answers(200, packed))
    publish(scripted, packed, digest=sri(packed), at=url)
    npm = Npm(Client(token="tok_5ecret", allow_private=True), scripted.url)

    npm.examine(npm.fetch(Aim.PACKAGE, "p", cursor={}).candidates[0]).close()

    assert [asked.headers.get("authorization") for asked in scripted.asked] == ["Bearer tok_5ecret"]
    assert [asked.headers.get("authorization") for asked in other.asked] == [None]
    other.close()


def test_an_unchanged_package_costs_one_empty_answer(npm, scripted):
    document = json.dumps({"versions": {"1.0.0": {"dist": {"tarball": "x", "shasum": "00" * 20}}}}).encode()

    def unless_known(exchange):
        known = exchange.headers.get("If-None-Match") == '"v1"'
        exchange.answer(304 if known else 200, b"" if known else document, ETag='"v1"')

    scripted.on("/p", unless_known)
    first = npm.fetch(Aim.PACKAGE, "p", cursor={})

    second = npm.fetch(Aim.PACKAGE, "p", cursor=first.cursor)

    assert (second.candidates, second.cursor) == ([], first.cursor)


def test_control_characters_of_a_registry_do_not_reach_a_page(npm, scripted):
    dist = {"tarball": "x", "shasum": "00" * 20}
    document = {"versions": {"1.0\u202e\u0000\n": {"dist": dist}}}
    scripted.on("/p", scripts.json_answer(json.dumps(document).encode()))

    found = npm.fetch(Aim.PACKAGE, "p", cursor={}).candidates[0]

    assert (found.version, found.path, found.title) == ("1.0���", "1.0���", "p@1.0���")


def test_a_page_in_place_of_a_missing_package_is_not_taken_for_its_removal(npm, scripted, seen):
    scripted.on("/p", scripts.web_page(404))

    with pytest.raises(SourceError, match="not as a registry"):
        npm.look(seen)
    with pytest.raises(Gone):
        npm.fetch(Aim.PACKAGE, "p", cursor={"versions": {}})


def test_a_release_far_larger_than_the_one_before_says_so(npm, scripted):
    sizes = {"1.0.0": (10, 1000), "1.0.1": (12, 62_000)}
    versions = {
        version: {"dist": {"shasum": "00" * 20, "fileCount": files, "unpackedSize": unpacked}}
        for version, (files, unpacked) in sizes.items()
    }
    scripted.on("/p", scripts.json_answer(json.dumps({"versions": versions}).encode()))

    grown, first = npm.fetch(Aim.PACKAGE, "p", cursor={}).candidates

    before = {"version": "1.0.0", "files": 10, "bytes": 1000}
    assert grown.ticket["size"] == {"files": 12, "bytes": 62_000, "before": before, "jump": 62.0}
    assert first.ticket["size"] == {"files": 10, "bytes": 1000}


@pytest.mark.parametrize("odd", [-5, "many", 1.5, None, [], True])
def test_a_size_that_is_none_is_left_out(npm, scripted, odd):
    document = {"versions": {"1.0.0": {"dist": {"fileCount": odd, "unpackedSize": odd}}}}
    scripted.on("/p", scripts.json_answer(json.dumps(document).encode()))

    assert "size" not in npm.fetch(Aim.PACKAGE, "p", cursor={}).candidates[0].ticket


def test_one_question_tells_of_all_versions_of_a_package(npm, scripted):
    dist = {"tarball": "x", "shasum": "00" * 20}
    document = {"versions": {"1.0.0": {"dist": dist}, "1.0.1": {"dist": dist}}}
    scripted.on("/p", scripts.json_answer(json.dumps(document).encode()))
    scripted.on("/broken", scripts.answers(502))
    places = [("p", "1.0.0"), ("broken", "1"), ("p", "1.0.1"), ("p", "0.9"), ("lost", "1")]
    told = [Candidate("h", n, v, "", "", v, "", {"name": n, "version": v}) for n, v in places]

    looks = npm.look_many(told)

    assert [getattr(look, "reason", str(look)) for look in looks] == [
        "",
        f"{scripted.url}/broken is in trouble: it answered 502. We ask again later.",
        "",
        "unpublished",
        "404",
    ]
    assert npm.client.requests == 3


def test_a_limit_among_many_looks_tells_of_none(npm, scripted, seen):
    scripted.on("/p", scripts.answers(429, Retry_After="420"))

    with pytest.raises(RateLimited):
        npm.look_many([seen, seen])
