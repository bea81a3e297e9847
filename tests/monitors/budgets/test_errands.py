"""Of what a worker had asked when it died, nobody heard what the host answered."""

import os
import signal
from datetime import timedelta

import pytest
from django.utils import timezone

from monitors import budgets, errands
from monitors.asking import Asking
from tests import factories
from tests.processes import python, until
from tests.servers.scripted import answers

SENDER = """
import time; import django; django.setup()
from monitors import errands
with errands.sent("code.example", "TOKEN"):
    print("sent", flush=True)
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def data_dir(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    return tmp_path


@pytest.fixture
def sender(data_dir):
    named = {"DATA_DIR": str(data_dir), "DJANGO_SETTINGS_MODULE": "config.settings"}
    process = python("-c", SENDER, **named)
    assert process.stdout.readline() == "sent\n"
    yield process
    process.kill()
    process.communicate()


def test_an_errand_that_is_over_leaves_nothing(data_dir):
    with errands.sent("code.example", "TOKEN"):
        assert errands.orphans() == []

    assert errands.orphans() == []
    assert list((data_dir / "errands").iterdir()) == []


def test_one_that_failed_leaves_nothing_either(data_dir):
    with pytest.raises(ZeroDivisionError), errands.sent("code.example", "TOKEN"):
        raise ZeroDivisionError

    assert list((data_dir / "errands").iterdir()) == []


@pytest.mark.slow
def test_that_of_a_sender_who_was_killed_is_told_of_once(sender):
    assert errands.orphans() == []

    os.kill(sender.pid, signal.SIGKILL)

    assert until(errands.orphans) == [("code.example", "TOKEN")]
    assert errands.orphans() == []


@pytest.mark.slow
def test_its_host_is_left_alone_for_two_minutes(sender, db):
    os.kill(sender.pid, signal.SIGKILL)
    sender.wait()

    Asking(factories.SourceFactory(kind="npm", base_url="https://registry.example"))

    left = budgets.wait("code.example", "TOKEN", at=timezone.now())
    assert timedelta(seconds=100) < left <= timedelta(minutes=2)


def test_a_request_is_an_errand_until_its_answer_is_kept(scripted, data_dir, db):
    asking = Asking(factories.SourceFactory(kind="url", base_url="", allow_private=True))
    seen, kept = [], asking.client.on_answer

    def answered(*told):
        seen.append(len(list((data_dir / "errands").iterdir())))
        kept(*told)

    asking.client.on_answer = answered

    asking.client.get(scripted.on("/", answers(200, b"fine")))

    assert (seen, list((data_dir / "errands").iterdir())) == ([1], [])


def test_a_file_that_is_no_errand_harms_nobody(data_dir):
    (data_dir / "errands").mkdir()
    (data_dir / "errands" / "odd.errand").write_text("{")

    assert errands.orphans() == []
