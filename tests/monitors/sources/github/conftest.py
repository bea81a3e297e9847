import json

import pytest

from monitors.sources.base import Aim
from tests.monitors.sources.github.hub import Hub


@pytest.fixture
def hub(scripted):
    return Hub(scripted)


@pytest.fixture
def github(hub):
    return hub.adapter()


@pytest.fixture
def walk():
    """Polls until there is no more at once; gives back what was found, the cursor and the gaps.

    The cursor goes through JSON each time, as it does through the database.
    """

    def walk(adapter, query, cursor=None, *, aim=Aim.FORKS, most=50):
        found, gaps, more = [], [], True
        cursor = cursor or {}
        for _ in range(most):
            batch = adapter.fetch(aim, query, cursor=cursor)
            cursor = json.loads(json.dumps(batch.cursor))
            found += batch.candidates
            gaps, more = batch.gaps, batch.more
            if not more:
                break
        assert not more, "it never ends"
        return found, cursor, gaps

    return walk
