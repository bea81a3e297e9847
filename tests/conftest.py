import pytest
from django.test import Client

from incidents.models import Membership
from monitors import polling, sources
from tests import factories
from tests.monitors.doubles import Shelf, adapter
from tests.servers.fixtures import git_host, scripted, verdaccio  # noqa: F401


@pytest.fixture(autouse=True)
def _files_stay_in_the_test(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"


@pytest.fixture
def incident(db):
    """Opened three days after the exposure; its lead is `incident.opened_by`."""
    return factories.IncidentFactory()


@pytest.fixture
def lead(incident):
    return incident.opened_by


@pytest.fixture
def member(incident):
    """Makes a person with a role: `member("triage")`."""

    def make(role: str):
        user = factories.UserFactory(username=f"the-{role}", first_name="The", last_name=role.capitalize())
        Membership.objects.create(incident=incident, user=user, role=role)
        return user

    return make


@pytest.fixture
def triager(member):
    return member("triage")


@pytest.fixture
def communicator(member):
    return member("comms")


@pytest.fixture
def lawyer(member):
    return member("legal")


@pytest.fixture
def executive(member):
    return member("executive")


@pytest.fixture
def stranger(db):
    """Signed in, but with no part in the incident."""
    return factories.UserFactory(username="stranger")


@pytest.fixture
def keeper(db):
    """Staff: keeps the installation's sources, sees no incident."""
    return factories.UserFactory(username="keeper", is_staff=True)


@pytest.fixture
def visit():
    """A browser in which this person is signed in; without one, nobody is."""

    def make(user=None) -> Client:
        client = Client()
        if user is not None:
            client.force_login(user)
        return client

    return make


@pytest.fixture
def shelf(monkeypatch):
    """What the outside world holds, in place of the npm registry."""
    shelf = Shelf()
    monkeypatch.setitem(sources.ADAPTERS, "npm", adapter(shelf))
    return shelf


@pytest.fixture
def watch(db):
    """Due now, on a watchlist with one artifact."""
    return factories.WatchFactory(watchlist=factories.FingerprintFactory().watchlist)


@pytest.fixture
def found(incident, shelf):
    """A copy of the leak that a watch of the incident has found; the place can change on the `shelf`."""
    factories.FingerprintFactory(watchlist=incident.watchlist)
    shelf.packages["open-kettle"] = factories.LEAK
    polling.poll(factories.WatchFactory(watchlist=incident.watchlist))
    return incident.watchlist.sightings.get()
