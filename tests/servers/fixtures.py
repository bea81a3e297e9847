"""Fixtures: real servers on loopback. Load them with `from tests.servers.fixtures import *`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers import git_http
from tests.servers import verdaccio as registry
from tests.servers.git_http import GitHost
from tests.servers.scripted import Scripted
from tests.servers.verdaccio import Verdaccio

__all__ = ["git_host", "scripted", "verdaccio"]


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    """A web server that answers as told."""
    server = Scripted()
    yield server
    server.close()


@pytest.fixture(scope="session")
def verdaccio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Verdaccio]:
    """A real npm registry; one for all tests, so use package names of your own."""
    with registry.running(tmp_path_factory.mktemp("verdaccio")) as server:
        yield server


@pytest.fixture(scope="session")
def git_host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitHost]:
    """A real git server; one for all tests, so use repository names of your own."""
    with git_http.running(tmp_path_factory.mktemp("git")) as server:
        yield server
