import pytest

from monitors import sources
from tests import factories
from tests.monitors.doubles import Shelf, adapter


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
