"""Hacker News: what is said there of our words, each post once, and nothing missed between two looks."""

import json
import re
import time
from datetime import timedelta

import pytest

from monitors.simulator import Fault, World, serve
from monitors.simulator.dialects import hackernews as dialect
from monitors.simulator.places import Absence, Post
from monitors.sources import hackernews
from monitors.sources.base import Aim, Probe, RateLimited, Refused, SourceError
from monitors.sources.hackernews import HackerNews
from monitors.sources.http import Client, Limits
from tests.servers import scripted as scripts

FAR = 4_000_000_000  # seconds since 1970: in 2096


@pytest.fixture
def world():
    world = World()
    world.clock.advance(timedelta(days=2))
    return world


@pytest.fixture
def news(world):
    with serve(world, dialects={"hackernews": dialect.Dialect()}) as server:
        yield HackerNews(Client(allow_private=True, limits=Limits(seconds=5)), server.address("hackernews"))
    assert world.meter.violations.total() == 0


def say(world, title="Acme CLI leaked", *, hours=0.0, url="https://a.example/1", **more):
    posts = world.host("hackernews").posts
    at = world.start + timedelta(hours=hours)
    posts.append(Post("hackernews", 1000 + len(posts), title, url, "eve", at, **more))
    return posts[-1]


def poll(news, query="acme-cli", cursor=None):
    return news.fetch(Aim.MENTIONS, query, cursor=json.loads(json.dumps(cursor or {})))


def walk(news, query="acme", cursor=None):
    """Everything until there is no more."""
    mentions, batch = [], None
    while batch is None or batch.more:
        batch = poll(news, query, batch.cursor if batch else cursor)
        mentions += batch.mentions
    return mentions, batch


def test_a_story_is_a_mention_with_its_moment_and_page(world, news):
    post = say(world, hours=3)

    batch = poll(news)

    mention = batch.mentions[0]
    assert (mention.native_id, mention.title, mention.at) == (
        str(post.id),
        "Acme CLI leaked",
        world.start + timedelta(hours=3),
    )
    assert mention.url == f"{news.base_url}/item?id={post.id}"
    assert (batch.candidates, batch.more, batch.requests) == ([], False, 1)


def test_a_comment_is_told_by_its_words_and_its_story(world, news):
    say(world, "Kettles", text="I saw <i>acme&#x27;s</i> CLI there", url="")

    assert [one.title for one in poll(news, "acme").mentions] == ["I saw acme's CLI there (on: Kettles)"]


def test_any_of_the_words_counts(world, news):
    say(world, "Acme leaked")
    say(world, "A kettle leaks")
    say(world, "Nothing of ours")

    mentions, batch = walk(news, "acme kettle")

    assert sorted(one.title for one in mentions) == ["A kettle leaks", "Acme leaked"]
    assert batch.requests == 2


def test_a_name_and_a_part_of_a_word_do_not_count(world, news):
    say(world, "Pacmen", url="https://a.example/pacmen")
    say(world, "Something", url="").author = "acme"

    assert poll(news, "acme").mentions == []


def test_each_is_told_once_and_what_is_indexed_late_is_not_missed(world, news):
    say(world, hours=5)
    first = poll(news)
    late = say(world, hours=4)

    second = poll(news, cursor=first.cursor)
    third = poll(news, cursor=second.cursor)

    assert [one.native_id for one in second.mentions] == [str(late.id)]
    assert third.mentions == []


def test_a_thousand_and_more_are_walked_by_time(world, news):
    for number in range(1300):
        say(world, f"acme {number}", hours=number / 60)

    mentions, batch = walk(news)

    assert len(mentions) == len({one.native_id for one in mentions}) == 1300
    assert len(json.dumps(batch.cursor)) < 50_000


def test_a_walk_that_is_cut_off_goes_on_where_it_was(world, news):
    for number in range(450):
        say(world, f"acme {number}", hours=number / 60)
    first = poll(news, "acme")
    world.faults.force("hackernews", Fault.LIMITED)

    with pytest.raises(RateLimited):
        poll(news, "acme", first.cursor)
    world.clock.advance(timedelta(minutes=2))
    rest, _ = walk(news, cursor=first.cursor)

    assert len({one.native_id for one in [*first.mentions, *rest]}) == 450


def test_the_first_look_goes_back_a_month(world, news):
    say(world, hours=-24 * 60)
    say(world, hours=-24 * 20)

    assert len(poll(news).mentions) == 1


def test_a_post_that_is_away_is_not_told(world, news):
    say(world).leave(Absence(world.start, None, "deleted"))

    assert poll(news).mentions == []


def page(*hits, total=1):
    return scripts.json_answer(json.dumps({"hits": hits, "nbHits": total}).encode())


@pytest.fixture
def scripted_news(scripted):
    def answering(script):
        scripted.on("/api/v1/search_by_date", script)
        return HackerNews(Client(allow_private=True, limits=Limits(seconds=5)), scripted.url)

    return answering


@pytest.mark.parametrize(
    "hit",
    [
        {},
        7,
        {"objectID": "../x", "created_at_i": FAR, "title": "acme"},
        {"objectID": "1" * 21, "created_at_i": FAR, "title": "acme"},
        {"objectID": "1", "created_at_i": -1, "title": "acme"},
        {"objectID": "1", "created_at_i": 10**30, "title": "acme"},
        {"objectID": "1", "created_at_i": "x", "title": "acme"},
        {"objectID": "1", "created_at_i": FAR, "title": {"x": "acme"}},
    ],
)
def test_an_odd_post_is_passed_over_and_hides_no_other(scripted_news, hit):
    good = {"objectID": "2", "created_at_i": FAR, "title": "acme"}

    batch = poll(scripted_news(page(hit, good)), "acme")

    assert [one.native_id for one in batch.mentions] == ["2"]


def test_a_post_from_the_future_does_not_hide_what_comes_before(scripted_news):
    batch = poll(scripted_news(page({"objectID": "2", "created_at_i": FAR, "title": "acme"})), "acme")

    assert batch.cursor["walks"]["acme"] == {}


def test_a_word_heard_up_to_the_future_is_heard_anew(scripted_news):
    news = scripted_news(page({"objectID": "2", "created_at_i": int(time.time()) - 60, "title": "acme"}))

    first = poll(news, "acme", {"walks": {"acme": {"since": FAR}}})

    assert (first.mentions, first.cursor["walks"]) == ([], {"acme": {}})
    assert len(poll(news, "acme", first.cursor).mentions) == 1


def test_more_posts_of_one_second_than_are_listed_are_a_gap(scripted_news):
    at = int(time.time()) - 60
    news = scripted_news(page({"objectID": "2", "created_at_i": at, "title": "acme"}, total=2))

    batch = poll(news, "acme", {"walks": {"acme": {"until": at, "pages": 1}}})

    assert batch.gaps == ["Hacker News has more posts with acme of one second than it lists."]


def endless(exchange):
    """One more post, whatever is asked for."""
    until = re.search(r"%3C%3D(\d+)", exchange.path)
    at = int(until[1]) - 1 if until else int(time.time())
    page({"objectID": str(at), "created_at_i": at, "title": "acme"}, total=10**9)(exchange)


def test_a_list_without_an_end_is_left_and_that_is_said(scripted_news, monkeypatch):
    monkeypatch.setattr(hackernews, "PAGES", 3)

    mentions, batch = walk(scripted_news(endless))

    assert len(mentions) == 3
    assert batch.gaps == ["Hacker News has more posts with acme than we read: the oldest are left out."]


def test_a_hostile_title_is_shown_on_one_line(scripted_news):
    said = {"objectID": "2", "created_at_i": FAR, "title": "acme \u202e\n<script>x</script>" + "y" * 900}

    title = poll(scripted_news(page(said)), "acme").mentions[0].title

    assert title.startswith("acme \ufffd x yyy")
    assert len(title) == 300


@pytest.mark.parametrize(
    "script",
    [
        scripts.answers(500),
        scripts.web_page(),
        scripts.json_answer(b"{}"),
        scripts.json_answer(b'{"hits": 7}'),
        scripts.half_a_body(b'{"hits": []}'),
    ],
)
def test_a_failing_search_is_told_in_a_sentence(scripted_news, script):
    with pytest.raises(SourceError):
        poll(scripted_news(script))


def test_no_words_are_refused_unasked(news):
    with pytest.raises(Refused):
        poll(news, "...")
    assert news.client.requests == 0


def test_a_probe_asks_for_anything(news):
    assert news.probe() == Probe("Answers.")
