"""A person confirms or refuses phrases; only what was confirmed is searched for, and only where they said."""

import pytest
from django.utils import timezone

from incidents import terms
from incidents.models import Event
from monitors import polling, sources
from monitors.models import SearchTerm
from monitors.sources.base import Aim
from tests import factories
from tests.incidents.artifacts.test_take_in import take_in
from tests.incidents.terms.leaks import PACKAGE, SAFE, TOKEN
from tests.monitors.doubles import OverShelf

LONG = "never lift a hot lid before the whistle has stopped, nor look into the spout"


@pytest.fixture
def npm(db):
    return factories.SourceFactory(name="npm")


@pytest.fixture
def code_host(shelf, monkeypatch):
    adapter = type(
        "CodeHost", (OverShelf,), {"shelf": shelf, "aims": frozenset({Aim.CODE}), "longest_query": 254}
    )
    monkeypatch.setitem(sources.ADAPTERS, "code", adapter)
    return factories.SourceFactory(kind="code", name="code host")


def proposed(incident, *texts):
    return [
        SearchTerm.objects.create(
            watchlist=incident.watchlist, text=text, kind="comment", path="a.ts", line=1
        )
        for text in texts or (SAFE,)
    ]


def asked(incident):
    return list(incident.watchlist.watches.values_list("source__name", "aim", "query", "paused_at"))


def test_a_confirmed_phrase_is_searched_for_in_quotes_from_now_on(incident, lead, npm):
    [watch] = terms.approve(incident, proposed(incident), by=lead)

    assert (watch.source, watch.aim, watch.query, watch.every) == (npm, "search", f'"{SAFE}"', terms.EVERY)
    assert watch.due_at <= timezone.now()
    assert list(watch.search_terms.all()) == list(incident.watchlist.search_terms.approved())


def test_nothing_is_asked_for_what_nobody_confirmed(incident, lead, npm):
    one, _other = proposed(incident, SAFE, "the spout is blocked and steam cannot leave")

    terms.approve(incident, [one], by=lead)

    assert [query for _, _, query, _ in asked(incident)] == [f'"{SAFE}"']


def test_a_phrase_is_cut_to_what_each_host_takes(incident, lead, npm, code_host):
    terms.approve(incident, proposed(incident, LONG), by=lead, where=terms.places())

    assert [(name, query) for name, _, query, _ in asked(incident)] == [
        ("code host", f'"{LONG}"'),
        ("npm", '"never lift a hot lid before the whistle has stopped, nor look"'),
    ]


def test_where_files_can_be_searched_names_are_not_asked_unless_somebody_says_so(
    incident, lead, npm, code_host
):
    terms.approve(incident, proposed(incident), by=lead)

    assert [(name, aim) for name, aim, *_ in asked(incident)] == [("code host", "code")]


def test_phrases_that_are_cut_alike_share_a_watch_until_both_are_refused(incident, lead, npm):
    one, other = proposed(incident, LONG, LONG.replace("into the spout", "at the lid"))

    terms.approve(incident, [one, other], by=lead)
    watch = incident.watchlist.watches.get()
    terms.refuse(incident, [one], by=lead)
    watch.refresh_from_db()
    between = watch.is_paused
    terms.refuse(incident, [other], by=lead)
    watch.refresh_from_db()

    assert (between, watch.is_paused) == (False, True)


def test_a_phrase_refused_later_is_asked_for_no_more(incident, lead, npm):
    [term] = proposed(incident)
    [watch] = terms.approve(incident, [term], by=lead)

    terms.refuse(incident, [term], by=lead)

    watch.refresh_from_db()
    assert (watch.is_paused, terms.may_be_asked(watch)) == (True, False)
    assert polling.poll(watch, at=timezone.now()) is None


def test_a_refused_phrase_that_is_confirmed_after_all_is_asked_for_again(incident, lead, npm):
    [term] = proposed(incident)
    [watch] = terms.approve(incident, [term], by=lead)
    terms.refuse(incident, [term], by=lead)

    terms.approve(incident, [term], by=lead)

    watch.refresh_from_db()
    assert (watch.is_paused, incident.watchlist.watches.count()) == (False, 1)


def test_confirming_twice_changes_nothing(incident, lead, npm, triager):
    [term] = proposed(incident)
    terms.approve(incident, [term], by=lead)
    before, events = SearchTerm.objects.values().get(), incident.events.count()

    assert terms.approve(incident, [term], by=triager) == []

    assert (SearchTerm.objects.values().get(), incident.events.count()) == (before, events)


def test_a_watch_that_somebody_paused_is_not_woken_by_confirming_again(incident, lead, npm):
    [term] = proposed(incident)
    [watch] = terms.approve(incident, [term], by=lead)
    polling.pause(watch)

    terms.approve(incident, [term], by=lead)

    watch.refresh_from_db()
    assert watch.is_paused


def test_a_source_added_later_is_sent_nothing_until_somebody_says_so(incident, lead, npm, code_host):
    [term] = proposed(incident)
    where = terms.places()
    terms.approve(incident, [term], by=lead, where=[place for place in where if place.source == npm])

    assert [place.source for place in terms.further(incident, where)] == [code_host]
    terms.approve(incident, [term], by=lead, where=terms.further(incident, where))
    assert terms.further(incident, where) == []


def test_the_record_says_who_sent_which_words_to_whom(incident, lead, npm):
    terms.approve(incident, proposed(incident), by=lead)

    event = incident.events.get(kind=Event.Kind.WATCH)
    assert event.text == "1 search phrase confirmed by a person, to be searched for at: npm."
    assert (event.by, event.facts) == (lead, {"phrases": [SAFE], "sources": ["npm"]})


def test_what_would_tell_a_name_given_since_is_not_sent(incident, lead, npm):
    chosen = proposed(incident, SAFE, "the whistle has a Marmalade mode that is not shown")
    incident.codename = "Marmalade"
    incident.save()

    with pytest.raises(terms.NotReady, match="would tell our own name"):
        terms.approve(incident, chosen, by=lead)

    assert asked(incident) == []
    assert not incident.watchlist.search_terms.approved().exists()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("short", "8 to 80 characters"),
        ("x" * 81, "8 to 80 characters"),
        ("ask jane.doe@acme.example about the lid", "an address"),
        ("see the wiki on quokka.acme.internal", "a host name"),
        ("the steam goes to metrics.acme-corp.io at noon", "a host name"),
        ("as Snowfall is announced to nobody", "a code name"),
        ("begin the obsidian walrus pour at noon", "the name of a feature flag"),
        ("a letter to jane doe of the office", "personal data"),
        ("how the acme whistle is made", "our own name"),
        ("as Copper Kettle goes on", "our own name"),
        (f"the token {TOKEN[4:22]} opens it", "what may be a key"),
        (f"the token {TOKEN[5:12]} {TOKEN[12:18]} opens it", "a possible credential"),
        ('<img src="x"> is a lid', "a sign that no search takes as it is"),
        ("a \u202elid that reads backwards", "a sign that no search takes as it is"),
        (SAFE, "on the list already"),
    ],
)
def test_a_phrase_of_ones_own_obeys_the_same_rules(incident, lead, text, why):
    take_in(incident, lead, PACKAGE)
    before = incident.watchlist.search_terms.count()

    with pytest.raises(terms.NotReady, match=why):
        terms.add(incident, text, by=lead)

    assert incident.watchlist.search_terms.count() == before


def test_a_phrase_of_ones_own_waits_like_the_others(incident, lead):
    term = terms.add(incident, "  the spout  whistles\nat noon ", by=lead)

    assert (term.text, term.kind, term.state, term.added_by) == (
        "the spout whistles at noon",
        "own",
        SearchTerm.State.PROPOSED,
        lead,
    )
    assert (
        incident.events.get(kind=Event.Kind.WATCH).text == "Search phrase added: the spout whistles at noon"
    )
