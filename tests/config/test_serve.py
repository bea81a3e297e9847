import os
import re
import signal
import socket
import urllib.request

import pytest

from config.serve import CannotStart, listen, take_lock
from tests.processes import below, free_port, is_running, python, until
from tests.stories.installation import Installation


def test_a_data_folder_is_served_by_one_supervisor(tmp_path):
    with take_lock(tmp_path), pytest.raises(CannotStart) as refused:
        take_lock(tmp_path)

    assert str(refused.value) == (
        f"Leakline already runs on {tmp_path} (process {os.getpid()}). "
        "Stop it first, or set DATA_DIR to another folder."
    )


def test_a_lock_ends_with_its_holder(tmp_path):
    take_lock(tmp_path).close()

    take_lock(tmp_path).close()


def test_a_folder_that_cannot_be_written_to_is_said(tmp_path):
    (tmp_path / "data").write_text("in the way")

    with pytest.raises(CannotStart, match=r"cannot be written to .* Set DATA_DIR to a folder of your own"):
        take_lock(tmp_path / "data")


def test_a_busy_port_is_said():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(CannotStart) as refused:
            listen("127.0.0.1", port)

    assert str(refused.value) == (
        f"Port {port} on 127.0.0.1 cannot be used: address already in use. "
        "Stop what uses it, or set PORT to another one."
    )


def test_a_host_that_is_no_address_is_said(monkeypatch):
    def unknown(*args, **options):
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    with pytest.raises(CannotStart, match="HOST is 'nowhere', which is no address"):
        listen("nowhere", 8000)


def test_ipv6_is_an_address_too():
    with listen("::1", free_port()) as listener:
        assert listener.family == socket.AF_INET6


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    """Leakline, freshly started: shared, because a start takes seconds."""
    with Installation(tmp_path_factory.mktemp("installed") / "data") as installation:
        yield installation


@pytest.mark.slow  # the first to start the real thing
def test_a_fresh_start_prints_its_address_and_one_link_to_sign_in_by(installation):
    address = installation.address
    link = re.fullmatch(
        rf"Leakline is at {address}/ Sign in first, once, by ({address}/welcome/\S+/)", installation.line
    )

    assert link
    with urllib.request.urlopen(link[1]) as page:
        assert page.status == 200


@pytest.mark.slow
def test_nothing_else_is_said(installation):
    installation.worker()

    assert installation.said() == ""


@pytest.mark.slow
def test_a_second_start_on_the_same_folder_is_refused_in_one_sentence(installation):
    second = python("-m", "config.serve", **installation.settings | {"PORT": str(free_port())})

    printed, complained = second.communicate()

    assert (second.returncode, printed) == (1, "")
    assert re.fullmatch(r"Leakline already runs on \S+ \(process \d+\)\. Stop it first.*\n", complained)


@pytest.mark.slow
def test_a_busy_port_ends_it_with_one_sentence(installation, tmp_path):
    second = python("-m", "config.serve", **installation.settings | {"DATA_DIR": str(tmp_path)})

    printed, complained = second.communicate()

    assert (second.returncode, printed) == (1, "")
    assert complained.count("\n") == 1
    assert complained.startswith(f"Port {installation.port} on 127.0.0.1 cannot be used")


@pytest.mark.slow
def test_bad_settings_are_named_before_anything_runs(tmp_path):
    refused = python(
        "-m", "config.serve", DATA_DIR=str(tmp_path), PORT=str(free_port()), WORKER_THREADS="many"
    )

    printed, complained = refused.communicate()

    assert (refused.returncode, printed) == (1, "")
    assert "WORKER_THREADS: 'many' is not a whole number from 1 to 64." in complained
    assert "Traceback" not in complained


@pytest.mark.slow
def test_a_killed_worker_is_replaced_and_pages_are_answered_meanwhile(installation):
    killed = installation.worker().pid

    os.kill(killed, signal.SIGKILL)

    with urllib.request.urlopen(f"{installation.address}/healthz") as page:
        assert page.read() == b"ok\n"
    until(lambda: installation.worker().pid != killed)


@pytest.mark.slow
def test_kill_9_of_the_supervisor_leaves_nobody_behind(tmp_path):
    with Installation(tmp_path / "data") as installation:
        installation.worker()
        family = [one.pid for one in below(installation.supervisor.pid)]

        installation.supervisor.kill()

        until(lambda: not any(is_running(pid) for pid in family), seconds=5)
        assert len(family) == 3  # gunicorn's two and the worker
