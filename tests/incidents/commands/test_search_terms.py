import pytest
from django.core.management import CommandError

from monitors.models import SearchTerm
from tests import factories
from tests.commands import answered, printed

TEXTS = ["never lift a hot lid before the whistle has stopped", "the spout is blocked and steam cannot leave"]


@pytest.fixture
def phrases(incident):
    return [
        SearchTerm.objects.create(
            watchlist=incident.watchlist, text=text, kind="comment", path="src/lid.ts", line=2, files=1
        )
        for text in TEXTS
    ]


@pytest.fixture
def by(lead):
    return ["--by", lead.username]


def test_phrases_are_listed_with_where_they_stand(incident, phrases):
    listed = answered("search_terms", incident.ref)

    assert [(one["id"], one["text"], one["state"], one["asked_of"]) for one in listed] == [
        (term.pk, term.text, "proposed", []) for term in phrases
    ]
    assert f"{phrases[0].pk}  proposed  {TEXTS[0]}  (src/lid.ts:2)" in printed("search_terms", incident.ref)


def test_what_is_approved_is_searched_for_and_what_is_refused_is_not(incident, phrases, by):
    factories.SourceFactory(name="npm")
    one, other = phrases

    listed = answered("search_terms", incident.ref, "--approve", str(one.pk), "--refuse", str(other.pk), *by)

    assert [(each["state"], each["asked_of"]) for each in listed] == [("approved", ["npm"]), ("refused", [])]
    assert incident.watchlist.watches.get().query == f'"{TEXTS[0]}"'


def test_a_phrase_of_ones_own_is_proposed(incident, by):
    [added] = answered("search_terms", incident.ref, "--add", "the spout whistles at noon", *by)

    assert (added["text"], added["state"], added["kind"]) == ("the spout whistles at noon", "proposed", "own")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--approve", "{0}"], "Say who decides"),
        (["--approve", "999999", "--by", "{by}"], "There is no phrase 999999"),
        (["--approve", "{0}", "--refuse", "{0}", "--by", "{by}"], "not both"),
        (["--approve", "{0}", "--source", "nowhere", "--by", "{by}"], "No source nowhere can be searched"),
        (["--add", "write to kim@acme.example", "--by", "{by}"], "It would tell an address"),
    ],
)
def test_what_cannot_be_done_is_refused_and_nothing_is_sent(incident, phrases, lead, arguments, why):
    factories.SourceFactory(name="npm")
    told = [one.format(phrases[0].pk, by=lead.username) for one in arguments]

    with pytest.raises(CommandError, match=why):
        printed("search_terms", incident.ref, *told)

    assert not incident.watchlist.watches.exists()
    assert incident.watchlist.search_terms.proposed().count() == 2


def test_anothers_phrase_is_not_there(incident, lead, by):
    theirs = SearchTerm.objects.create(watchlist=factories.WatchlistFactory(), text=TEXTS[0], kind="comment")

    with pytest.raises(CommandError, match="There is no phrase"):
        printed("search_terms", incident.ref, "--approve", str(theirs.pk), *by)
