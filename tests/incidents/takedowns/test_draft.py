from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from incidents import comms, takedowns
from incidents.models import Notice, Target
from monitors import checks, own, sightings
from monitors.models import Own, Sighting
from tests.factories import LEAK


@pytest.fixture
def confirmed(found, lead):
    sightings.triage(found, "confirmed", by=lead)
    return found


@pytest.fixture
def written(incident, confirmed, lawyer):
    return write(takedowns.draft(incident, host=confirmed.host, by=lawyer))


def write(notice):
    """As a worker does."""
    assert notice.claim(at=timezone.now())
    takedowns.write(notice)
    notice.refresh_from_db()
    return notice


def outcomes(notice):
    return [target.outcome for target in notice.targets.all()]


def test_a_copy_that_nobody_confirmed_is_never_named(incident, found, lawyer):
    with pytest.raises(takedowns.NotReady, match="Confirm a sighting first"):
        takedowns.draft(incident, host=found.host, by=lawyer)


def test_both_texts_name_the_target_as_it_stood_at_drafting(written, confirmed):
    confirmed.refresh_from_db()

    assert (written.state, outcomes(written)) == (Notice.State.DRAFT, [Target.Outcome.NAMED])
    for text in (written.form, written.letter):
        assert text.count(confirmed.url) >= 1
        assert confirmed.digest in text
        assert confirmed.evidence_sha256 in text
        assert f"{confirmed.last_checked_at:%Y-%m-%d %H:%M} UTC" in text


def test_the_form_asks_in_githubs_order(written):
    questions = [
        "authorised to act",
        "revised notice",
        "on GitHub or on npm",
        "Nature of your ownership",
        "The original work",
        "whole repository",
        "Where the material is",
        "technological measure",
        "Forks",
        "open-source licence",
        "best solution",
        "other side",
        "Good faith",
        "Fair use",
        "penalty of perjury",
        "guide",
        "Telephone",
        "Signature",
    ]
    places = [written.form.index(question) for question in questions]

    assert places == sorted(places)


def test_what_is_gone_by_now_is_left_out_and_says_so(incident, confirmed, lawyer, shelf):
    notice = takedowns.draft(incident, host=confirmed.host, by=lawyer)
    del shelf.packages["open-kettle"]

    write(notice)

    assert (notice.state, outcomes(notice)) == (Notice.State.EMPTY, [Target.Outcome.GONE])
    assert confirmed.url not in notice.form


def test_what_no_longer_holds_our_material_is_left_out(incident, confirmed, lawyer, shelf):
    notice = takedowns.draft(incident, host=confirmed.host, by=lawyer)
    shelf.packages["open-kettle"] = {"README.md": b"An honest project now.\n" * 40}

    write(notice)

    assert outcomes(notice) == [Target.Outcome.CHANGED]
    assert confirmed.url not in notice.letter


def test_where_a_host_tells_no_digest_the_content_is_read_before_it_is_named(
    incident, confirmed, lawyer, shelf
):
    notice = takedowns.draft(incident, host=confirmed.host, by=lawyer)
    shelf.packages["open-kettle"] = {"README.md": b"An honest project now.\n" * 40}
    shelf.tells_digests = False

    write(notice)

    assert outcomes(notice) == [Target.Outcome.CHANGED]
    assert confirmed.url not in notice.letter


def test_what_could_not_be_checked_is_left_out(incident, confirmed, lawyer, shelf):
    notice = takedowns.draft(incident, host=confirmed.host, by=lawyer)
    shelf.fail("packages.example answered 502.")

    write(notice)

    target = notice.targets.get()
    assert (target.outcome, target.reason) == (Target.Outcome.UNKNOWN, "packages.example answered 502.")
    assert confirmed.url not in notice.form


def test_a_place_that_holds_more_than_ours_is_claimed_file_by_file(incident, found, lead, lawyer, shelf):
    shelf.packages["open-kettle"] = LEAK | {f"own{n}.js": b"own work %d\n" % n * 40 for n in range(5)}
    sightings.triage(found, "confirmed", by=lead)

    notice = write(takedowns.draft(incident, host=found.host, by=lawyer))

    assert notice.targets.get().paths == sorted(LEAK)
    assert "  file: src/main.ts\n" in notice.form
    assert "own1.js" not in notice.form


def test_a_second_visit_can_find_it_gone(written, lawyer, shelf):
    del shelf.packages["open-kettle"]

    takedowns.check_again(written, by=lawyer)
    write(written)

    assert outcomes(written) == [Target.Outcome.GONE]


def test_a_strangers_address_stays_text(incident, confirmed, lawyer):
    type(confirmed).objects.update(title="<script>alert(1)</script>")

    notice = write(takedowns.draft(incident, host=confirmed.host, by=lawyer))

    assert "&lt;" not in notice.form


def test_it_is_ready_but_for_what_only_a_person_can_do(written, lawyer, incident, lead):
    comms.add_fact(incident, "x", by=lead)
    incident.facts.filter(sentence="x").update(topic="inventory-1", state="verified", source="inventory")
    contact = {"contact_name": "Lee Law", "contact_email": "lee@acme.example", "licence": "none"}
    takedowns.complete(written, by=lawyer, owner="Acme Ltd", **contact)

    needs = takedowns.readiness(written)

    assert [need.ok for need in needs] == [True, True, True, True, False, False]
    assert "Lee Law" in written.form
    assert "Lee Law" in written.letter


def test_nothing_is_sworn_about_the_licence_that_nobody_said(written, lawyer):
    assert "licensed to the public" not in written.form + written.letter

    takedowns.complete(written, by=lawyer, owner="Acme Ltd", licence="none")

    assert "Never licensed to the public." in written.form
    assert "Licence: Never licensed to the public." in written.letter


def test_a_changed_copy_is_not_called_literal(written):
    written.targets.update(klass="derived")

    takedowns.complete(written, by=written.drafted_by, owner="Acme Ltd")

    assert (
        "A changed copy (minified, transpiled or renamed), not a literal one: at least 2 files"
        in written.form
    )
    assert "A literal copy" not in written.letter


def test_a_target_checked_over_an_hour_ago_is_not_ready(written):
    later = takedowns.readiness(written, at=timezone.now() + timedelta(hours=2))

    assert (later[1].ok, later[1].what) == (False, "1 targets were checked over an hour ago")


AFTER_THE_DRAFT = {
    "is on the list of our own places": ("ours", lambda one, lead: own.add(host=one.host, name=one.title)),
    "is not confirmed any more": ("dismissed", lambda one, lead: sightings.triage(one, "dismissed", by=lead)),
    "moved to https://packages.example/eve/kettle": ("named", lambda one, lead: moved(one)),
    "is gone": ("gone", lambda one, lead: Sighting.objects.update(gone_at=timezone.now(), gone_reason="404")),
    "holds no copy any more": ("named", lambda one, lead: Sighting.objects.update(klass="snippet")),
    "holds something else of ours now": (
        "named",
        lambda one, lead: Sighting.objects.update(evidence_sha256="f" * 64),
    ),
}


def moved(sighting):
    renamed = {"title": "eve/kettle", "url": "https://packages.example/eve/kettle"}
    sightings.rename(sighting, replace(sighting.as_candidate(), **renamed), at=timezone.now())


@pytest.mark.parametrize("why", AFTER_THE_DRAFT)
def test_what_must_not_be_named_any_more_makes_the_draft_unfit_by_name(written, confirmed, lead, why):
    AFTER_THE_DRAFT[why][1](confirmed, lead)

    need = takedowns.readiness(written)[1]

    assert (need.ok, need.what) == (False, f"Draft it again: https://packages.example/open-kettle {why}")


@pytest.mark.parametrize("why", list(AFTER_THE_DRAFT)[:2])
def test_what_is_ours_or_dismissed_since_the_draft_is_written_out_of_it(written, confirmed, lead, why):
    outcome, happens = AFTER_THE_DRAFT[why]
    happens(confirmed, lead)

    takedowns.complete(written, by=lead, owner="Acme Ltd")
    assert confirmed.url not in written.form + written.letter
    takedowns.check_again(written, by=lead)
    write(written)

    assert (written.state, outcomes(written)) == (Notice.State.EMPTY, [outcome])
    assert confirmed.url not in written.form + written.letter


def test_a_place_that_was_renamed_is_named_where_it_lies_now(written, confirmed, lead, shelf):
    shelf.called["open-kettle"] = "eve/kettle"
    checks.check_now(confirmed)
    assert "moved to https://packages.example/eve/kettle" in takedowns.readiness(written)[1].what

    takedowns.check_again(written, by=lead)
    write(written)

    assert "https://packages.example/eve/kettle\n" in written.form
    assert "open-kettle" not in written.form + written.letter


def test_the_list_itself_is_asked_before_a_place_is_named(incident, confirmed, lawyer):
    notice = takedowns.draft(incident, host=confirmed.host, by=lawyer)
    Own.objects.create(host=confirmed.host, name=confirmed.title)  # as before a name was understood

    assert outcomes(write(notice)) == [Target.Outcome.OURS]


def test_where_an_address_leads_is_said_beside_it(incident, confirmed, lawyer, shelf):
    shelf.says["open-kettle"] = "redirects to https://elsewhere.example/kettle"

    notice = write(takedowns.draft(incident, host=confirmed.host, by=lawyer))

    for text in (notice.form, notice.letter):
        assert ": redirects to https://elsewhere.example/kettle\n" in text


def test_a_part_without_its_files_is_not_ready_to_be_claimed(written):
    written.targets.update(whole=False, paths=[])

    need = takedowns.readiness(written)[1]

    assert (need.ok, need.what) == (
        False,
        "1 targets are claimed in part, and none of their files is listed",
    )


def test_what_becomes_ours_while_others_are_visited_is_left_out(incident, confirmed, lawyer, monkeypatch):
    notice = takedowns.draft(incident, host=confirmed.host, by=lawyer)
    visit = takedowns._visit
    listing = lambda: own.add(host=confirmed.host, name=confirmed.title)  # noqa: E731
    monkeypatch.setattr(takedowns, "_visit", lambda *one, **how: [visit(*one, **how), listing()])

    write(notice)

    assert (notice.state, outcomes(notice)) == (Notice.State.EMPTY, [Target.Outcome.OURS])
    assert confirmed.url not in notice.form


@pytest.mark.parametrize("klass", ["snippet", "rewrite", "impostor", "unrelated"])
def test_what_may_be_anybodys_work_is_never_named(incident, confirmed, lawyer, klass):
    type(confirmed).objects.filter(pk=confirmed.pk).update(klass=klass)

    assert takedowns.hosts(incident) == []
    with pytest.raises(takedowns.NotReady, match="No confirmed live copy"):
        takedowns.draft(incident, host=confirmed.host, by=lawyer)
