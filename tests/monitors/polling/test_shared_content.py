"""Many places, the same content: compared once, written down once, each place a sighting of its own."""

from datetime import timedelta

import pytest
from django.utils import timezone

from monitors import checks, leads, polling
from monitors.models import Change, Evidence, Examination, Lead, Sighting, Watch
from monitors.sources.base import Aim, RateLimited, SourceError
from tests import factories
from tests.factories import LEAK
from tests.monitors.doubles import OverShelf

HONEST = {"index.js": b"module.exports = (text, size) => text.padStart(size)\n" * 20}


def forks(shelf, number: int, files: dict[str, bytes], *, name: str = "fork"):
    shelf.tells_trees = True
    shelf.packages |= {f"{name}{n}/cli": files for n in range(number)}


def poll_again(watch):
    Watch.objects.filter(pk=watch.pk).update(due_at=timezone.now())
    watch.refresh_from_db()
    return polling.poll(watch)


def test_forks_of_the_leak_are_proved_by_their_trees_without_a_request(watch, shelf):
    forks(shelf, 30, LEAK)

    poll = polling.poll(watch)

    assert (poll.found, shelf.examined) == (30, [])
    assert set(Sighting.objects.values_list("klass", "share_lines")) == {("copy", 1.0)}
    assert Change.objects.filter(kind="appeared").count() == 30


def test_thirty_forks_of_one_tree_share_their_evidence(watch, shelf):
    forks(shelf, 30, LEAK)

    polling.poll(watch)

    assert (Examination.objects.count(), Evidence.objects.count()) == (1, 2)
    assert {row.ours for row in Sighting.objects.first().evidence} == set(LEAK)


def test_honest_forks_are_read_once_and_unrelated_at_once_thereafter(watch, shelf):
    forks(shelf, 1, HONEST, name="parent")
    polling.poll(watch)

    forks(shelf, 40, HONEST)
    poll = poll_again(watch)

    assert (poll.found, shelf.examined) == (0, ["parent0/cli"])
    assert Sighting.objects.filter(klass="unrelated").count() == 41


def test_a_fork_that_changed_only_its_readme_is_proved_by_its_folder(watch, shelf):
    forks(shelf, 1, LEAK | {"README.md": b"# free cli\n" * 9})

    polling.poll(watch)

    sighting = Sighting.objects.get()
    assert (sighting.klass, shelf.examined) == ("copy", [])
    assert {row.kind for row in sighting.evidence} == {"tree"}


def module(name: str) -> bytes:
    lines = (
        f"export function {name}{n}(input: number) {{ return input * {n} + base{n}; }}" for n in range(60)
    )
    return "\n".join(lines).encode()


def test_what_ids_prove_in_part_is_recorded_at_once_and_read_in_full_later(db, shelf):
    leak = {"src/agent/loop.ts": module("loop"), "src/tools/bash.ts": module("bash")}
    watch = factories.WatchFactory(watchlist=factories.FingerprintFactory(leak=leak).watchlist)
    forks(shelf, 3, leak | {"src/tools/bash.ts": leak["src/tools/bash.ts"] + b"\n// freed by us\n"})

    polling.poll(watch)
    examination = Examination.objects.get()
    before = Sighting.objects.first().files
    assert (before, examination.is_by_ids, shelf.examined) == (1, True, [])

    assert examination.claim(at=examination.due_at)
    assert checks.deepen(examination)

    assert shelf.examined == ["fork2/cli"]
    assert set(Sighting.objects.values_list("files", flat=True)) == {2}
    examination.refresh_from_db()
    assert (examination.is_by_ids, examination.due_at) == (False, None)


def test_a_side_branch_of_one_repository_says_nothing_of_another(watch, shelf):
    """Its main branch is honest; only the branch holds the leak."""
    forks(shelf, 1, HONEST, name="sneaky")
    branch = {f"wip:{path}": content for path, content in LEAK.items()}
    shelf.branches["sneaky0/cli"] = branch
    polling.poll(watch)

    forks(shelf, 5, HONEST)
    poll_again(watch)

    assert list(Sighting.objects.hits().values_list("native_id", flat=True)) == ["sneaky0/cli"]


def test_a_host_that_lists_all_files_without_the_top_folder_says_as_much(watch, shelf):
    forks(shelf, 1, HONEST)
    shelf.hides_the_root = True
    polling.poll(watch)

    forks(shelf, 5, HONEST)
    poll_again(watch)

    assert shelf.examined == ["fork0/cli"]


def test_more_than_a_poll_reads_waits_as_leads_and_the_cursor_moves_on(watch, shelf):
    shelf.packages = {f"cli-{n}": HONEST | {"n": b"%d" % n} for n in range(25)}

    poll = polling.poll(watch)

    watch.refresh_from_db()
    assert (poll.put_off, shelf.examined, watch.cursor) == (25, [], {"asked": 1})
    assert Lead.objects.due(timezone.now()).count() == 25


def followed(lead) -> int:
    assert lead.claim(at=timezone.now())
    return leads.follow(lead)


@pytest.fixture
def lead(watch, shelf):
    shelf.packages["slow"] = LEAK
    shelf.unreadable["slow"] = SourceError("slow did not answer in time.")
    polling.poll(watch)
    lead = Lead.objects.get()
    Lead.objects.update(due_at=timezone.now())
    lead.refresh_from_db()
    return lead


def test_a_lead_becomes_a_sighting_with_its_reason(lead, shelf):
    shelf.unreadable.clear()

    found = followed(lead)

    sighting = Sighting.objects.get()
    assert (found, sighting.klass, sighting.reason) == (1, "copy", lead.reason)
    assert "package: @acme/cli" in lead.reason
    assert not Lead.objects.exists()
    assert Watch.objects.get().found == 1


@pytest.mark.parametrize(("is_hit", "minutes"), [(True, 5), (False, 30)])
def test_a_watch_is_asked_as_often_as_was_chosen_once_what_it_named_is_a_find(lead, shelf, is_hit, minutes):
    at = lead.watch.last_polled_at
    Watch.objects.update(wait=timedelta(minutes=30), due_at=at + timedelta(minutes=30))
    shelf.packages["slow"] = LEAK if is_hit else HONEST
    shelf.unreadable.clear()

    followed(lead)

    watch = Watch.objects.get()
    assert (watch.wait, watch.due_at - at) == (timedelta(minutes=minutes), timedelta(minutes=minutes))


def test_where_a_few_finds_are_nothing_new_one_more_does_not_hurry_it(lead, shelf, monkeypatch):
    monkeypatch.setattr(OverShelf, "few", {Aim(lead.watch.aim): 2})
    later = timezone.now() + timedelta(hours=1)
    Watch.objects.update(due_at=later, wait=timedelta(hours=1))
    shelf.unreadable.clear()

    assert followed(lead) == 1
    assert Watch.objects.get().due_at == later


@pytest.mark.parametrize("kept", [{"is_taken": True}, {"failures": 1}, {"limited_until": timezone.now()}])
def test_a_watch_that_waits_for_another_reason_goes_on_waiting(lead, shelf, kept):
    later = timezone.now() + timedelta(hours=1)
    Watch.objects.update(due_at=later, wait=timedelta(hours=1), **kept)
    shelf.unreadable.clear()

    assert followed(lead) == 1
    assert Watch.objects.get().due_at == later


def test_a_lead_that_cannot_be_read_is_tried_less_and_less_and_then_left_with_its_reason(lead):
    waits = []
    for _ in range(5):
        at = timezone.now()
        Lead.objects.update(due_at=at)
        lead.refresh_from_db()
        followed(lead)
        waits.append(lead.due_at and round((lead.due_at - at) / timedelta(minutes=5)))

    assert waits == [4, 8, 16, 32, None]
    assert lead.last_error == "slow did not answer in time."


def test_a_lead_from_which_no_worker_comes_back_is_given_up(lead, monkeypatch):
    monkeypatch.setattr(leads.examinations, "by_content", killed)

    for _ in range(5):
        Lead.objects.update(due_at=timezone.now())
        lead.refresh_from_db()
        with pytest.raises(Killed):
            followed(lead)
    Lead.objects.update(due_at=timezone.now())
    lead.refresh_from_db()
    followed(lead)

    assert (lead.tries, lead.due_at) == (6, None)
    assert lead.last_error == "Given up after 6 tries: the worker that read it did not come back."


class Killed(BaseException):
    """The worker's end: nothing that it might still have written is written."""


def killed(*told):
    raise Killed


def test_content_from_which_no_worker_comes_back_is_left_at_what_its_ids_told(watch, shelf, monkeypatch):
    monkeypatch.setattr(checks.examinations, "by_content", killed)
    at = timezone.now()
    examination = factories.ExaminationFactory(watchlist=watch.watchlist, is_by_ids=True)
    factories.SightingFactory(watchlist=watch.watchlist, source=watch.source, examination=examination)

    for _ in range(6):
        examination.due_at = at
        examination.save()
        with pytest.raises(Killed):
            checks.deepen(examination)

    assert (checks.deepen(examination), examination.due_at, examination.tries) == (False, None, 6)


def test_a_limited_host_makes_a_lead_wait_without_costing_a_try(lead, shelf):
    shelf.unreadable["slow"] = RateLimited("Too many requests.", wait=timedelta(minutes=7))

    followed(lead)

    assert lead.tries == 1
    assert lead.due_at - timezone.now() > timedelta(minutes=6)


def test_a_place_that_went_before_it_was_read_is_no_lead(lead, shelf):
    del shelf.packages["slow"]
    shelf.unreadable.clear()

    followed(lead)

    assert not Lead.objects.exists()


def test_leads_of_the_same_content_are_settled_with_the_first(watch, shelf):
    forks(shelf, 1, HONEST)
    shelf.unreadable["fork0/cli"] = SourceError("no")
    polling.poll(watch)
    forks(shelf, 4, HONEST)
    shelf.unreadable |= {f"fork{n}/cli": SourceError("no") for n in range(4)}
    poll_again(watch)
    shelf.unreadable.clear()
    first = Lead.objects.first()
    Lead.objects.update(due_at=timezone.now())
    first.refresh_from_db()

    followed(first)

    assert (len(shelf.examined), Lead.objects.count(), Sighting.objects.count()) == (1, 0, 4)


def test_a_new_artifact_makes_shared_content_be_held_against_it(watch, shelf):
    other = {"src/other.py": b"def other():\n    return [frobnicate(one) for one in everything]\n" * 20}
    forks(shelf, 3, other)
    polling.poll(watch)
    assert not Sighting.objects.hits().exists()

    factories.FingerprintFactory(watchlist=watch.watchlist, leak=other)
    polling.look_again(watch.watchlist)
    watch.refresh_from_db()
    polling.poll(watch)

    assert set(Sighting.objects.hits().values_list("klass", flat=True)) == {"copy"}
    assert Sighting.objects.hits().count() == 3


def test_a_bug_of_ours_leaves_a_trace_on_the_lead(lead, shelf, monkeypatch):
    monkeypatch.setattr("monitors.examinations.by_content", lambda *args: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        followed(lead)

    assert (lead.tries, lead.last_error) == (2, "division by zero")


def test_a_token_in_an_error_is_struck_out_of_leads_and_visits(lead, shelf, monkeypatch):
    monkeypatch.setenv("OUR_TOKEN", "ghp_SECRET")
    lead.source.token_env = "OUR_TOKEN"
    shelf.unreadable["slow"] = SourceError("It refused Bearer ghp_SECRET.")
    followed(lead)
    assert lead.last_error == "It refused Bearer ***."

    shelf.fail("It refused Bearer ghp_SECRET.")
    sighting = factories.SightingFactory(source=lead.source)
    checks.check_now(sighting)
    assert sighting.last_error == "It refused Bearer ***."
