"""What GitHub delivers: believed only when signed, acted on once, able to make us ask sooner and no more."""

import hashlib
import hmac
import json
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.db.utils import OperationalError

from monitors import hooks, polling
from monitors.models import Delivery, Lead
from monitors.sources.base import Gone, RateLimited
from monitors.sources.github import GitHub, shapes
from monitors.sources.github.site import Site
from tests import factories

SECRET = "wh_5ecret"
AT = datetime(2026, 3, 31, 9, tzinfo=UTC)
REPOSITORY = {"id": 7, "full_name": "acme/cli"}
FORKEE = {"id": 701, "node_id": "R_701", "full_name": "mallory/cli", "private": False}
FORK = {"repository": REPOSITORY, "forkee": FORKEE}
BODY = json.dumps(FORK).encode()


@pytest.fixture
def source(db, monkeypatch):
    monkeypatch.setenv("GH_WEBHOOK_SECRET", SECRET)
    return factories.SourceFactory(kind="github", base_url="", token_env="GH")


@pytest.fixture
def forks(source):
    """Watches the forks of acme/cli; polled at 9:00, due again at 9:05."""
    return watching(source, "forks", "https://github.com/acme/cli")


def watching(source, aim, query, **named):
    wait = timedelta(minutes=5)
    rhythm = {"last_polled_at": AT, "wait": wait, "due_at": AT + wait}
    return factories.WatchFactory(source=source, aim=aim, query=query, **(rhythm | named))


def signed(body, secret=SECRET):
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


@pytest.fixture
def deliver(client, source):
    """Posts an event the way GitHub does."""

    def deliver(told, *, event="fork", delivery="72d3162e-cc78-11e3-81ab-4c9367dc0958", at=None, **headers):
        body = told if isinstance(told, bytes) else json.dumps(told).encode()
        sent = {
            "X-GitHub-Event": event,
            "X-GitHub-Delivery": delivery,
            "X-Hub-Signature-256": signed(body),
        } | headers
        path = f"/hooks/github/{at or source.pk}"
        return client.post(path, body, content_type="application/json", headers=sent)

    return deliver


def taken(source, event, delivery, body, *, at) -> int:
    """How many watches it concerned."""
    return hooks.take(source, event, delivery, body, at=at).watches


def due_in(watch):
    watch.refresh_from_db()
    return watch.due_at - AT


def test_a_fork_makes_the_watch_on_it_due_at_once_and_is_remembered(deliver, forks):
    answer = deliver(FORK)

    lead = Lead.objects.get()
    assert (answer.status_code, answer.text) == (200, "1 watch on acme/cli.\n")
    assert due_in(forks) <= datetime.now(UTC) - AT
    assert (lead.watchlist, lead.source, lead.title) == (forks.watchlist, forks.source, "mallory/cli")
    place = lead.as_candidate()
    assert (place.host, place.native_id, place.url) == (
        "github.com",
        "701",
        "https://github.com/mallory/cli",
    )


@pytest.mark.parametrize(
    ("event", "told", "says"),
    [
        ("push", FORK, "Nothing here watches acme/cli for repository: start such a watch, or this delivery"),
        ("fork", {"repository": {"full_name": "acme/x\n"}}, "Nothing here watches acme/x� for forks: start"),
        ("star", FORK, "Nothing is done about the event star."),
    ],
)
def test_what_has_no_effect_says_why(deliver, forks, event, told, says):
    assert deliver(told, event=event).text.startswith(says)


def test_what_was_delivered_before_says_so(deliver, forks):
    deliver(FORK)

    assert deliver(FORK).text == "This delivery was acted on before.\n"


def test_a_remembered_fork_is_the_place_that_a_walk_finds(deliver, forks, hub_place):
    deliver(FORK)

    lead = Lead.objects.get()
    assert (lead.host, lead.native_id, lead.path) == hub_place


@pytest.fixture
def hub_place():
    """The identity that a walk through forks gives the same fork."""
    place = shapes.place(Site(), id=701, node="R_701", name="mallory/cli", branch="main", tree="a" * 40)
    return place.host, place.native_id, place.path


@pytest.mark.parametrize(
    ("event", "aims"),
    [
        ("fork", {"forks"}),
        ("push", {"repository"}),
        ("public", {"forks", "repository", "releases"}),
        ("repository", {"forks", "repository", "releases"}),
        ("star", set()),
        ("ping", set()),
    ],
)
def test_each_event_concerns_its_watches(source, event, aims):
    watches = [watching(source, aim, "acme/cli") for aim in ("forks", "repository", "releases", "code")]

    hooks.take(source, event, "delivery-1", json.dumps(FORK).encode(), at=AT + timedelta(minutes=1))

    assert {watch.aim for watch in watches if due_in(watch) < timedelta(minutes=5)} == aims


def test_other_repositories_sources_and_paused_watches_are_left_alone(source, monkeypatch):
    others = [
        watching(source, "forks", "acme/other"),
        watching(factories.SourceFactory(kind="github", base_url=""), "forks", "acme/cli"),
        watching(source, "forks", "https://github.com/Acme/CLI", paused_at=AT),
    ]

    count = taken(source, "fork", "delivery-1", json.dumps(FORK).encode(), at=AT)

    assert (count, Lead.objects.count()) == (0, 0)
    assert [due_in(watch) for watch in others] == [timedelta(minutes=5)] * 3


def test_a_renamed_repository_is_known_by_the_name_it_had(source, forks):
    told = {
        "repository": {"id": 7, "full_name": "acme/new"},
        "changes": {"repository": {"name": {"from": "cli"}}},
    }

    assert taken(source, "repository", "delivery-1", json.dumps(told).encode(), at=AT) == 1


@pytest.mark.parametrize(
    ("cursor", "is_known"),
    [
        ({"id": 7}, True),
        ({"graphql": {"id": 7}}, True),
        ({"refused": 1, "rest": {"id": 7}}, True),
        ({"id": 8, "graphql": {"id": 9}}, False),
        ({}, False),
    ],
)
def test_a_repository_renamed_long_ago_is_known_by_its_id(source, cursor, is_known):
    watching(source, "forks", "acme/old", cursor=cursor)

    assert taken(source, "fork", "delivery-1", BODY, at=AT) == is_known


@pytest.mark.parametrize("id", [None, 0, True, [7], {"a": 7}, 7.0, "7"])
def test_an_id_that_is_none_is_nobodys(source, id):
    watching(source, "forks", "acme/old", cursor={"graphql": {"id": 0}, "rest": {"id": 1}, "id": 7})
    told = json.dumps({"repository": REPOSITORY | {"id": id}}).encode()

    assert taken(source, "fork", "delivery-1", told, at=AT) == 0


def test_what_was_delivered_twice_is_done_once(source, forks):
    body = json.dumps(FORK).encode()

    counts = [taken(source, "fork", "delivery-1", body, at=AT) for _ in range(2)]

    assert (counts, Lead.objects.count()) == ([1, 0], 1)


def test_another_process_does_not_do_it_again(source, forks):
    """One that shares nothing with us but the database."""
    hooks.take(source, "fork", "delivery-1", BODY, at=AT)
    cache.clear()

    assert taken(source, "fork", "delivery-1", BODY, at=AT + timedelta(days=2)) == 0


def test_an_id_is_that_of_its_source_alone(source, forks):
    other = factories.SourceFactory(kind="github", base_url="", token_env="GH")
    watching(other, "forks", "acme/cli")

    assert [taken(one, "fork", "delivery-1", BODY, at=AT) for one in (source, other)] == [1, 1]


def test_what_failed_half_way_may_be_delivered_again(source, forks, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(hooks.polling, "poll_soon", lambda *args, **named: _raise(OSError("disk")))
        with pytest.raises(OSError, match="disk"):
            hooks.take(source, "fork", "delivery-1", BODY, at=AT)
    assert Lead.objects.count() == 0

    assert taken(source, "fork", "delivery-1", BODY, at=AT) == 1


def test_no_poll_writes_down_the_same_place_meanwhile(source, forks, monkeypatch):
    done, keep = [], hooks.leads.keep
    monkeypatch.setattr(hooks.sightings, "hold", done.append)
    monkeypatch.setattr(
        hooks.leads, "keep", lambda *told, **named: done.append("kept") or keep(*told, **named)
    )

    hooks.take(source, "fork", "delivery-1", BODY, at=AT)

    assert done == [forks.watchlist, "kept"]


def test_a_delivery_is_remembered_as_long_as_github_offers_it_again(source, forks):
    for number, day in enumerate((0, 1, 3, 4)):
        hooks.take(source, "fork", f"delivery-{number}", BODY, at=AT + timedelta(days=day, minutes=1))

    assert list(Delivery.objects.order_by("at").values_list("native_id", flat=True)) == [
        "delivery-1",
        "delivery-2",
        "delivery-3",
    ]


@pytest.mark.slow  # four workers and a database that all of them write to
@pytest.mark.django_db(transaction=True)
def test_of_many_workers_one_acts(source, forks):
    def work(_):
        try:
            return taken_by_one_of_many(source)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as workers:
        counts = list(workers.map(work, range(4)))

    assert (sorted(counts), Lead.objects.count()) == ([0, 0, 0, 1], 1)


def taken_by_one_of_many(source) -> int:
    while True:
        try:
            return taken(source, "fork", "delivery-1", BODY, at=AT)
        except OperationalError:
            # SQLite in memory refuses a second writer where it would wait for one in a file.
            time.sleep(0.001)


def test_deliveries_make_nobody_ask_more_than_twice_a_minute(source, forks):
    hooks.take(source, "fork", "delivery-1", json.dumps(FORK).encode(), at=AT + timedelta(seconds=1))

    assert due_in(forks) == timedelta(seconds=30)


def test_a_worker_at_the_watch_keeps_its_lease(source, forks):
    assert forks.claim(at=AT + timedelta(minutes=5))
    lease = due_in(forks)

    hooks.take(source, "fork", "delivery-1", json.dumps(FORK).encode(), at=AT + timedelta(minutes=6))

    assert due_in(forks) == lease


def test_a_failing_or_limited_watch_is_not_hurried_by_a_fork(source, forks):
    forks.due_at = AT + timedelta(minutes=40)
    forks.save()

    hooks.take(source, "fork", "delivery-1", json.dumps(FORK).encode(), at=AT + timedelta(minutes=1))

    assert due_in(forks) == timedelta(minutes=40)


@pytest.fixture
def failing(source, monkeypatch):
    """A watch of acme/cli that failed so often, with that error."""

    def failing(error, times):
        monkeypatch.setattr(GitHub, "fetch", lambda *asked, **named: _raise(error))
        watch = watching(source, "forks", "acme/cli", wait=None)
        factories.FingerprintFactory(watchlist=watch.watchlist)
        for _ in range(times):
            polling.poll(watch, at=watch.due_at)
        return watch

    return failing


def _raise(error):
    raise error


MISSING = Gone("acme/cli is not there.", reason="404")
LATER = RateLimited("Later.", wait=timedelta(hours=2))


@pytest.mark.parametrize(
    ("event", "action", "error", "times", "is_hurried"),
    [
        ("public", "", MISSING, 1, True),
        ("public", "", MISSING, 4, True),  # it waits for the moment at which somebody is told
        ("public", "", MISSING, 7, True),
        ("repository", "publicized", MISSING, 3, True),
        ("repository", "edited", MISSING, 3, False),
        ("public", "", LATER, 1, False),
    ],
)
def test_what_goes_public_is_asked_for_though_it_failed_so_far(
    source, failing, event, action, error, times, is_hurried
):
    watch = failing(error, times)
    due, at = watch.due_at - AT, watch.last_polled_at + timedelta(minutes=1)

    told = json.dumps({"repository": REPOSITORY, "action": action}).encode()
    hooks.take(source, event, "delivery-1", told, at=at)

    assert due_in(watch) == (at - AT if is_hurried else due)


def test_a_worker_at_a_watch_that_failed_keeps_its_lease(source, failing):
    watch = failing(MISSING, 2)
    assert watch.claim(at=watch.due_at)
    lease = due_in(watch)

    hooks.take(source, "public", "delivery-1", BODY, at=watch.last_polled_at + timedelta(minutes=11))

    assert due_in(watch) == lease


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "sha256=",
        "sha256=" + "0" * 64,
        signed(BODY, "other"),
        signed(BODY).removeprefix("sha256="),
        signed(BODY + b" "),
        "sha1=" + hmac.new(SECRET.encode(), BODY, hashlib.sha1).hexdigest(),
        "sha256=é",
    ],
)
def test_what_is_not_signed_with_our_secret_does_not_exist(deliver, forks, signature):
    answer = deliver(BODY, **{"X-Hub-Signature-256": signature})

    assert (answer.status_code, Lead.objects.count()) == (404, 0)
    assert due_in(forks) == timedelta(minutes=5)


def test_unknown_and_unsigned_sound_alike(deliver, source, forks, monkeypatch):
    npm = factories.SourceFactory(kind="npm", token_env="GH")
    unsigned = deliver(BODY, **{"X-Hub-Signature-256": "sha256=0"})

    unknown, other = deliver(BODY, at=99999), deliver(BODY, at=npm.pk)
    beyond = deliver(BODY, at=10**30)
    monkeypatch.delenv("GH_WEBHOOK_SECRET")
    without = deliver(BODY)

    answers = [unsigned, unknown, other, beyond, without]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1


def test_an_empty_secret_is_no_secret(deliver, forks, monkeypatch):
    monkeypatch.setenv("GH_WEBHOOK_SECRET", "")

    assert deliver(BODY, **{"X-Hub-Signature-256": signed(BODY, "")}).status_code == 404


def test_a_long_push_is_taken_up_to_the_bound(deliver, forks, settings):
    settings.WEBHOOK_BYTES = 3_000_000

    answers = [deliver(BODY + b" " * more, delivery=f"delivery-{more}") for more in (2_000_000, 3_000_000)]

    assert [answer.status_code for answer in answers] == [200, 404]


def test_what_github_delivers_fits_unless_it_is_told_otherwise(settings):
    assert settings.WEBHOOK_BYTES >= 25_000_000


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"not json", b'{"repository": 7}', b"[" * 100_000, b"payload=%7B%7D", b"\xff"],
)
def test_a_signed_body_that_says_nothing_is_told_so(deliver, forks, body):
    assert deliver(body).status_code == 400


@pytest.mark.parametrize("delivery", ["", "short", "x" * 100, "72d3162e cc78-11e3"])
def test_a_delivery_without_an_id_is_told_so(deliver, forks, delivery):
    assert deliver(FORK, delivery=delivery).status_code == 400


@pytest.mark.parametrize(
    "forkee",
    [
        None,
        [],
        {"id": "701", "full_name": "a/b"},
        {"id": True, "full_name": "a/b"},
        {"id": -1, "full_name": "a/b"},
        {"id": 5, "full_name": "../../etc"},
        {"id": 5, "full_name": {"a": 1}},
        FORKEE | {"private": True},
    ],
)
def test_a_fork_that_is_none_is_not_remembered(deliver, forks, forkee):
    answer = deliver(FORK | {"forkee": forkee})

    assert (answer.status_code, Lead.objects.count()) == (200, 0)


def test_only_posts_are_taken(client, source):
    assert client.get(f"/hooks/github/{source.pk}").status_code == 405


def test_the_secret_is_in_no_answer_log_or_row(deliver, forks, caplog):
    caplog.set_level(logging.DEBUG)

    answers = [deliver(FORK), deliver(b"x"), deliver(BODY, **{"X-Hub-Signature-256": "sha256=0"})]

    told = caplog.text + "".join(answer.text for answer in answers) + str(list(Lead.objects.values()))
    assert SECRET not in told
    assert signed(BODY) not in told
