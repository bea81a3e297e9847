"""What counts as one host."""

from datetime import timedelta

import pytest
from django.utils import timezone

from monitors import budgets
from monitors.asking import Asking
from monitors.simulator import World, serve
from monitors.sources.base import RateLimited
from tests import factories


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://mirror.example/npm/left-pad?x=1", "mirror.example"),
        ("https://mirror.example/pypi/simple/", "mirror.example"),
        ("https://Mirror.Example:8443/npm", "mirror.example:8443"),
        ("https://me:secret@mirror.example/npm", "mirror.example"),
    ],
)
def test_what_stands_behind_one_name_and_port_is_one_host_in_whatever_dialect(url, host):
    assert budgets.host_of(url) == host


def test_a_simulated_host_that_wants_no_more_closes_no_other(db):
    wait = timedelta(minutes=5)
    with serve(World()) as server:
        npm, pypi = (
            Asking(factories.SourceFactory(kind=kind, base_url=server.address(kind), allow_private=True))
            for kind in ("npm", "pypi")
        )
        npm.limited(RateLimited("Not now.", wait=wait))

        assert budgets.wait(npm.home, "", at=timezone.now()) > timedelta(minutes=4)
        assert pypi.adapter.probe().says
        with pytest.raises(budgets.Spent):
            npm.adapter.probe()
