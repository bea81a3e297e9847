"""What we ask by GraphQL fits GitHub's published schema, and what it costs."""

import pytest
from graphql import parse, validate

from monitors.simulator.dialects.github import graphql as simulated
from monitors.sources.github import queries

QUERIES = ["FORKS", "NESTED", "PLACES", "CHECKED", "HEIRS", "PING"]


@pytest.fixture(scope="module")
def schema():
    return simulated.schema()


@pytest.mark.slow  # reads a schema of 1.2 MB
@pytest.mark.parametrize("name", QUERIES)
def test_a_query_fits_the_published_schema(schema, name):
    assert validate(schema, parse(getattr(queries, name))) == []


@pytest.mark.slow  # reads a schema of 1.2 MB
def test_a_query_that_does_not_fit_would_be_noticed(schema):
    assert validate(schema, parse(queries.PLACES.replace("databaseId", "dataBaseId")))


def test_every_page_of_forks_costs_one_or_two_points():
    """https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api"""
    first = {"first": 100, "pushes": 25, "parents": ["R"] * 100, "follow": True, "entries": True}

    costs = [
        simulated.Weight(parse(queries.FORKS), first).points,
        simulated.Weight(parse(queries.NESTED), {"ids": ["R"] * 50, "first": 100, "entries": True}).points,
        simulated.Weight(parse(queries.CHECKED), {"ids": ["R"] * 100}).points,
    ]

    assert max(costs) <= 2
