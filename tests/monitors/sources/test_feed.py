"""Feeds: entries that hold one of the words, from documents that strangers write."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from monitors.simulator import World, serve
from monitors.simulator.dialects import feed as dialect
from monitors.simulator.places import Post
from monitors.sources import entries
from monitors.sources.base import Aim, Mention, Probe, Refused, SourceError
from monitors.sources.feed import Feed
from monitors.sources.http import Answer, Client, Limits
from tests.servers import scripted as scripts


@pytest.fixture
def world():
    world = World()
    world.clock.advance(timedelta(days=1))
    return world


@pytest.fixture
def press(world):
    with serve(world, dialects={"feed": dialect.Dialect()}) as server:
        yield Feed(Client(allow_private=True, limits=Limits(seconds=5)), server.address("feed"))


def say(world, title, *, after=timedelta(hours=1), text=""):
    id = world.next_id()
    post = Post("feed", id, title, f"https://a.example/{id}", "eve", world.start + after, text, feed="press")
    world.host("feed").posts.append(post)
    return post


def listen(feed, query, cursor=None):
    return feed.fetch(Aim.MENTIONS, query, cursor=json.loads(json.dumps(cursor or {})))


def serving(scripted, document, **headers):
    scripted.on("/f", scripts.answers(200, document.encode(), **headers))
    return Feed(Client(allow_private=True, limits=Limits(seconds=1)), scripted.url + "/f")


@pytest.mark.parametrize(("form", "id"), [("xml", "%s"), ("atom", "tag:press,2026:%s")])
def test_an_entry_that_holds_a_word_is_a_mention(world, press, form, id):
    post = say(world, "Acme & the leak")
    told = say(world, "Elsewhere", text="They say that acme lost it.")
    say(world, "Nothing of the kind")

    batch = listen(press, f"{press.base_url}/press.{form} acme")

    host = f"{press.base_url.removeprefix('http://')}/press.{form}"
    assert batch.candidates == []
    assert sorted(batch.mentions, key=lambda one: one.native_id) == [
        Mention(host, id % one.id, one.title, one.url, one.created_at) for one in (post, told)
    ]


@pytest.mark.parametrize("form", ["xml", "atom"])
def test_a_feed_that_did_not_change_costs_nothing_and_an_entry_is_told_once(world, press, form):
    say(world, "acme one")
    query = f"{press.base_url}/press.{form} acme"
    first = listen(press, query)
    second = listen(press, query, first.cursor)
    say(world, "acme two", after=timedelta(hours=2))

    third = listen(press, query, second.cursor)

    titles = [[one.title for one in batch.mentions] for batch in (first, second, third)]
    assert titles == [["acme one"], [], ["acme two"]]
    assert second.cursor == first.cursor


def test_rss_1_and_dates_and_links_of_every_kind_are_read(scripted):
    feed = serving(
        scripted,
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/"><item><title>acme</title><link>/news/1</link>'
        "<dc:date>2026-03-31T10:00:00+02:00</dc:date></item></rdf:RDF>",
    )

    found = listen(feed, "acme").mentions

    at = datetime(2026, 3, 31, 8, tzinfo=UTC)
    assert [(one.native_id, one.url, one.at) for one in found] == [("/news/1", f"{scripted.url}/news/1", at)]


def test_an_entry_was_said_when_it_came_and_not_when_it_was_changed(scripted):
    feed = serving(
        scripted,
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>1</id>'
        '<title type="xhtml"><div>ac<b>me</b></div></title>'
        "<published>2026-03-31T08:00:00Z</published><updated>2026-04-01T08:00:00Z</updated></entry></feed>",
    )

    found = listen(feed, "acme").mentions

    assert [(one.title, one.at) for one in found] == [("acme", datetime(2026, 3, 31, 8, tzinfo=UTC))]


def test_a_text_in_endless_pieces_is_read_up_to_a_bound():
    pieces = b"<item><title>acme</title><description>" + b"<b/>x" * 60_000 + b"</description></item>"

    found = entries.read(Answer(200, {}, b"<rss>" + pieces + b"</rss>", "https://a.example/f")).entries

    assert [(one.title, one.text) for one in found] == [("acme", "x" * 50_000)]


def test_hostile_entries_are_plain_text_and_link_nowhere_else_but_the_web(scripted):
    feed = serving(
        scripted,
        "<rss><channel><item><title>&lt;b&gt;acme&lt;/b&gt; &#x202e;x</title>"
        "<link>javascript:alert(1)</link><guid>" + "g" * 9000 + "</guid></item></channel></rss>",
    )

    found = listen(feed, "acme").mentions

    assert [(one.title, one.url) for one in found] == [("acme �x", feed.base_url)]
    assert len(found[0].native_id) <= 250


@pytest.mark.parametrize(
    "document",
    [
        '<!DOCTYPE r [<!ENTITY a "acme">]><rss><channel><item><title>&a;</title></item></channel></rss>',
        '<!DOCTYPE r SYSTEM "file:///etc/passwd"><rss/>',
        "<rss><channel><item>",
        "<rss>" + "<a>" * 100 + "</a>" * 100 + "</rss>",
        "<html><body>acme</body></html>",
        '{"items": []}',
        "",
    ],
)
def test_what_is_no_feed_is_told_in_a_sentence(scripted, document):
    feed = serving(scripted, document)

    for ask in (lambda: listen(feed, "acme"), feed.probe):
        with pytest.raises(SourceError, match="is no feed"):
            ask()


def test_a_feed_may_be_the_sources_own_with_the_slash_at_its_end(scripted):
    scripted.on("/blog/", scripts.answers(200, b"<rss><item><title>acme</title></item></rss>"))

    assert len(listen(Feed(Client(allow_private=True), f"{scripted.url}/blog/"), "acme").mentions) == 1


def test_what_came_and_went_between_two_looks_is_said(scripted):
    document = "<rss><item><guid>{}</guid><title>kettle</title></item></rss>"
    first = listen(serving(scripted, document.format(1)), "acme")

    second = listen(serving(scripted, document.format(2)), "acme", first.cursor)

    assert "we had seen none of them" in second.gaps[0]


def test_an_entry_that_is_edited_is_read_again(scripted):
    document = "<rss><item><guid>1</guid><title>{}</title></item></rss>"
    first = listen(serving(scripted, document.format("kettle")), "acme")

    second = listen(serving(scripted, document.format("kettle of acme")), "acme", first.cursor)

    assert [len(one.mentions) for one in (first, second)] == [0, 1]


def test_a_feed_without_an_end_is_read_up_to_a_bound(scripted):
    items = "".join(f"<item><guid>{number}</guid><title>acme</title></item>" for number in range(700))
    feed = serving(scripted, f"<rss><channel>{items}</channel></rss>")

    batch = listen(feed, "acme")

    assert len(batch.mentions) == entries.MOST
    assert batch.gaps == ["The feed has more than the 500 entries we read."]
    assert len(json.dumps(batch.cursor)) < 80_000


@pytest.mark.parametrize("query", ["acme", "https:// acme", "ftp://a.example/f acme", "https://a.example/f"])
def test_a_query_without_an_address_or_words_is_refused(query):
    with pytest.raises(Refused):
        listen(Feed(Client()), query)


def test_a_probe_counts_the_entries_of_the_sources_own_feed(scripted):
    feed = serving(scripted, "<rss><channel><item><title>x</title></item></channel></rss>")

    assert feed.probe() == Probe("Answers with 1 entry.")
    assert Feed(Client()).probe().says.startswith("Has no address")
