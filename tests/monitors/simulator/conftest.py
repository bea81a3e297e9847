"""Small worlds, and a dialect that says what it was asked."""

from __future__ import annotations

import pytest
import requests

from monitors.simulator import Limit, Response, World, serve
from monitors.simulator.dialects.base import Dialect
from monitors.simulator.limits import github


class Echo(Dialect):
    """Answers with the path; three requests a minute."""

    kind = "echo"
    limits = {"core": Limit(3, 60)}
    style = staticmethod(github)
    tells = True

    def answer(self, request, world, at):
        return Response.json({"path": request.path, "parts": request.parts, "at": at.isoformat()})


@pytest.fixture
def world():
    """Empty; its clock is moved by hand."""
    return World()


@pytest.fixture
def echo(world):
    """The world behind HTTP, with one dialect only."""
    with serve(world, dialects={"echo": Echo()}) as server:
        yield server


@pytest.fixture
def ask():
    """Asks over one kept connection, following no redirects."""
    with requests.Session() as session:
        session.trust_env = False

        def asked(url, method="GET", **options):
            return session.request(method, url, allow_redirects=False, timeout=10, **options)

        yield asked
