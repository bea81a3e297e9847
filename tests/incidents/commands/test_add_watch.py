import pytest
from django.core.management import CommandError

from monitors.models import Watch
from tests import factories
from tests.commands import answered, printed

ASKED = ["--aim", "package", "--query", "@acme/cli"]


def test_a_watch_asks_from_now_on(incident):
    factories.SourceFactory(name="npm")

    added = answered("add_watch", incident.ref, "--source", "npm", *ASKED, "--every", "6h")

    watch = Watch.objects.get(watchlist=incident.watchlist)
    assert added == {
        "id": watch.pk,
        "source": "npm",
        "aim": "package",
        "query": "@acme/cli",
        "every": 6 * 3600.0,
    }


def test_adding_it_twice_is_one_watch(incident):
    factories.SourceFactory(name="npm")

    first = printed("add_watch", incident.ref, "--source", "npm", *ASKED)

    assert printed("add_watch", incident.ref, "--source", "npm", *ASKED) == first


def test_a_source_that_cannot_be_asked_that_refuses(incident):
    factories.SourceFactory(name="npm")

    with pytest.raises(CommandError, match=r"npm cannot be asked for a repository\."):
        printed("add_watch", incident.ref, "--source", "npm", "--aim", "repository", "--query", "x")


def test_an_unknown_source_is_answered_with_those_there_are(incident):
    factories.SourceFactory(name="ours")

    with pytest.raises(CommandError, match=r"There is no source theirs\. There are: ours\."):
        printed("add_watch", incident.ref, "--source", "theirs", *ASKED)
