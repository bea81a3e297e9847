"""Every adapter against its dialect when things go wrong: the right error, nothing lost, no limit passed.

A new kind of host needs a line in `asked.QUESTIONS`; the suite fails without one.
"""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from monitors.simulator import Fault, serve
from monitors.simulator.dialects import DIALECTS, all_dialects
from monitors.simulator.dialects.github import graphql
from monitors.sources import ADAPTERS
from monitors.sources.base import Aim, RateLimited, SourceError
from tests.monitors.simulator import asked
from tests.monitors.simulator.asked import QUESTIONS, Question

HERE = [
    one
    for one in QUESTIONS
    if one.kind in DIALECTS and one.kind in ADAPTERS and one.aim in ADAPTERS[one.kind].aims
]
MOST_TURNS = 60
AGAIN = 3

pytestmark = pytest.mark.slow  # real HTTP, and whole walks


@pytest.fixture(scope="module", autouse=True)
def _schema():
    """Read once, before anything is timed."""
    graphql.schema()


@pytest.fixture
def world():
    return asked.world()


@pytest.fixture
def outside(world):
    with serve(world, dialects=all_dialects()) as server:
        yield server
    assert server.failures == []


def walk(question: Question, world, outside) -> tuple[set, list[SourceError]]:
    """Every place and mention that polls bring, and what went wrong meanwhile.

    After an error the same cursor is asked again, as polling does; after the end a few times more, as what
    could not be read at first may wait for the next poll.
    """
    address = outside.address(question.kind)
    query = question.query.replace("%%", "%") if "%s" not in question.query else question.query % address
    found, errors, cursor, again = set(), [], {}, AGAIN
    for _ in range(MOST_TURNS):
        adapter = asked.adapter(question.kind, address, world)
        try:
            batch = adapter.fetch(question.aim, query, cursor=json.loads(json.dumps(cursor)))
        except SourceError as error:
            errors.append(error)
            world.clock.advance(error.wait if isinstance(error, RateLimited) else timedelta(seconds=30))
            continue
        found |= {
            (one.host, one.native_id, getattr(one, "path", ""))
            for one in [*batch.candidates, *batch.mentions]
        }
        cursor = batch.cursor
        if batch.limited:
            errors.append(batch.limited)
            world.clock.advance(batch.limited.wait)
        elif not batch.more:
            world.clock.advance(timedelta(minutes=10))
            again -= 1
        if not again:
            return found, errors
    raise AssertionError("There is no end to it.")


def ids(question: Question) -> str:
    return f"{question.kind}-{question.aim}"


@pytest.fixture(scope="module")
def undisturbed():
    """What each question finds when all is well."""
    found: dict[Question, set] = {}

    def find(question: Question, world, outside) -> set:
        if question not in found:
            places, errors = walk(question, world, outside)
            assert errors == []
            found[question] = places
        return told(question, found[question])

    return find


def told(question: Question, found: set) -> set:
    """Places by id and path: hosts are known by address and port here, which differ from test to test.

    A feed names things; one that could not be read is a place without a version, to be read later.
    """
    if question.aim is Aim.FEED:
        return {id for _, id, _ in found}
    return {(id, path) for _, id, path in found}


def test_every_kind_that_is_spoken_and_understood_is_asked():
    both = set(DIALECTS) & set(ADAPTERS)

    assert {one.kind for one in HERE} == both


@pytest.mark.parametrize("question", HERE, ids=ids)
def test_something_is_found_when_all_is_well(question, world, outside, undisturbed):
    assert undisturbed(question, world, outside)
    assert world.meter.violations.total() == 0


@pytest.mark.parametrize("question", HERE, ids=ids)
def test_being_told_to_wait_is_a_limit_with_its_wait(question, world, outside):
    world.faults.force(question.kind, Fault.LIMITED)

    _, errors = walk(question, world, outside)

    assert [type(error) for error in errors] == [RateLimited]
    assert timedelta(seconds=29) <= errors[0].wait <= timedelta(seconds=61)
    assert world.meter.violations.total() == 0


@pytest.mark.parametrize("before", [0, 2])
@pytest.mark.parametrize(
    "fault",
    [Fault.LIMITED, Fault.SECONDARY, Fault.UNAVAILABLE, Fault.RESET, Fault.TRUNCATED, Fault.SLOW, Fault.PAGE],
)
@pytest.mark.parametrize("question", HERE, ids=ids)
def test_nothing_is_lost_to_a_fault(question, fault, before, world, outside, undisturbed):
    whole = undisturbed(question, world, outside)
    world.faults.force(question.kind, *[None] * before, fault, *([fault] if fault is Fault.RESET else []))

    found, errors = walk(question, world, outside)

    assert told(question, found) == whole
    assert all(type(error) is not SourceError or str(error) for error in errors)
    assert world.meter.violations.total() == 0


@pytest.mark.parametrize("fault", [Fault.UNAVAILABLE, Fault.TRUNCATED])
@pytest.mark.parametrize("question", HERE, ids=ids)
def test_a_host_in_trouble_is_never_taken_for_an_empty_one(question, fault, world, outside):
    world.faults.force(question.kind, *[fault] * 30)
    address = outside.address(question.kind)
    query = question.query.replace("%%", "%") if "%s" not in question.query else question.query % address

    with pytest.raises(SourceError):
        asked.adapter(question.kind, address, world).fetch(question.aim, query, cursor={})
