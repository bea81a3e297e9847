"""Real processes, hence slow; each waits for what happens, never for time to pass."""

import os
import signal
from time import monotonic

import pytest

from tests.processes import is_running, python, until

pytestmark = pytest.mark.slow


@pytest.fixture
def supervised(tmp_path):
    """Starts a supervisor over programs that sleep, fail, ignore SIGTERM or fork."""
    started = []

    def start(*how: str):
        started.append(python("-m", "tests.config.supervised", str(tmp_path), *how))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def pids(tmp_path):
    """The process ids that programs of one kind wrote down, oldest first, once there are enough."""

    def read(how: str, *, at_least: int = 1) -> list[int]:
        def written():
            texts = [path.read_text() for path in sorted(tmp_path.glob(f"*-{how}"))]
            return texts if len([text for text in texts if text]) >= at_least else None

        return [int(text) for text in until(written)]

    return read


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_supervisor_and_its_children(supervised, pids, number):
    supervisor = supervised("sleeps")
    [child] = pids("sleeps")

    supervisor.send_signal(number)

    assert supervisor.wait(timeout=5) == 0
    assert not is_running(child)


def test_a_child_that_ignores_sigterm_is_gone_within_five_seconds(supervised, pids):
    supervisor = supervised("ignores", "sleeps")
    [stubborn] = pids("ignores")
    began = monotonic()

    supervisor.terminate()
    supervisor.wait(timeout=10)

    assert monotonic() - began < 5
    assert not is_running(stubborn)


def test_a_child_that_dies_is_started_again(supervised, pids):
    supervisor = supervised("sleeps")
    [first] = pids("sleeps")

    os.kill(first, signal.SIGKILL)

    assert pids("sleeps", at_least=2)[1] != first
    supervisor.terminate()
    assert supervisor.communicate()[1].startswith("The sleeps was killed by signal 9 after ")


def test_a_child_that_cannot_start_is_tried_less_and_less_often(supervised, pids):
    supervisor = supervised("fails")

    said = [supervisor.stderr.readline() for _ in range(3)]

    assert [line.rpartition("again in ")[2] for line in said] == ["0.5 s.\n", "1 s.\n", "2 s.\n"]


def test_a_nice_child_leaves_the_processors_to_others(supervised, pids):
    supervised("nice", "sleeps")

    [nice], [other] = pids("nice"), pids("sleeps")

    assert os.getpriority(os.PRIO_PROCESS, nice) == os.getpriority(os.PRIO_PROCESS, other) + 3


def test_what_a_dead_child_started_is_ended_too(supervised, pids):
    supervised("forks")
    [parent], [grandchild] = pids("forks"), pids("grandchild")

    os.kill(parent, signal.SIGKILL)

    until(lambda: not is_running(grandchild))


def test_kill_9_of_the_supervisor_leaves_no_orphan(supervised, pids):
    supervisor = supervised("sleeps", "ignores", "forks")
    family = [*pids("sleeps"), *pids("ignores"), *pids("forks"), *pids("grandchild")]

    supervisor.kill()

    until(lambda: not any(is_running(pid) for pid in family), seconds=5)
