import pytest

from incidents.models import Notice, Target
from monitors import own
from monitors.models import Sighting
from tests import factories


def test_without_a_confirmed_copy_the_page_sends_to_the_sightings(visit, incident, lawyer):
    page = visit(lawyer).get(f"/i/{incident.ref}/takedowns/").text

    assert "There is nothing to ask for yet." in page
    assert f'href="/i/{incident.ref}/sightings/"' in page


def test_a_host_with_confirmed_copies_can_be_asked(visit, incident, lawyer):
    factories.SightingFactory(watchlist=incident.watchlist, confirmed=True, host="code.example")
    browser = visit(lawyer)

    answer = browser.post(f"/i/{incident.ref}/takedowns/draft/", {"host": "code.example"})

    assert answer.url == f"/i/{incident.ref}/takedowns/1/"
    assert "0 of 1 visited." in browser.get(answer.url).text


@pytest.mark.slow  # a thousand places
def test_progress_over_a_thousand_targets_is_told_to_machines_as_plain_numbers(visit, incident, lawyer):
    notice = factories.NoticeFactory(incident=incident)
    source = factories.SourceFactory()
    places = [
        factories.SightingFactory.build(watchlist=incident.watchlist, source=source, fingerprint=None)
        for _ in range(1_234)
    ]
    Sighting.objects.bulk_create(places)
    Target.objects.bulk_create(
        Target(
            notice=notice,
            sighting=one,
            outcome="named" if number < 1_050 else "waiting",
            files=1,
            share_files=1,
        )
        for number, one in enumerate(places)
    )

    page = visit(lawyer).get(f"/i/{incident.ref}/takedowns/{notice.number}/").text

    assert '<progress value="1050" max="1234" aria-label="Targets visited">1,050 of 1,234</progress>' in page


def test_a_host_without_confirmed_copies_is_refused(visit, incident, lawyer):
    answer = visit(lawyer).post(f"/i/{incident.ref}/takedowns/draft/", {"host": "code.example"}, follow=True)

    assert "Not drafted. No confirmed live copy on code.example." in answer.text


def test_a_notice_lists_what_it_lacks_and_shows_both_texts(visit, incident, lead):
    notice = factories.NoticeFactory(incident=incident, drafted=True)
    factories.TargetFactory(notice=notice)

    page = visit(lead).get(f"/i/{incident.ref}/takedowns/{notice.number}/").text

    assert "Signature of somebody authorised" in page
    assert "I act for Acme Ltd." in page
    assert "Are you the copyright holder?" in page


def test_the_texts_come_as_plain_files(visit, incident, lead):
    notice = factories.NoticeFactory(incident=incident, drafted=True)

    answer = visit(lead).get(f"/i/{incident.ref}/takedowns/{notice.number}/letter.txt")

    assert answer.text == notice.letter
    assert (
        answer.headers["Content-Disposition"] == f'attachment; filename="{incident.ref}-{notice}-letter.txt"'
    )
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"


def test_texts_that_name_what_is_ours_by_now_are_withheld(visit, incident, lead):
    notice = factories.NoticeFactory(incident=incident, drafted=True)
    target = factories.TargetFactory(notice=notice)
    own.add(host=target.sighting.host, name=target.sighting.title)
    browser = visit(lead)

    page = browser.get(f"/i/{incident.ref}/takedowns/{notice.number}/").text
    answers = [
        browser.get(f"/i/{incident.ref}/takedowns/{notice.number}/{name}.txt") for name in ("form", "letter")
    ]

    assert "Not to be sent as it was drafted" in page
    assert "is on the list of our own places" in page
    assert notice.letter not in page
    assert [answer.status_code for answer in answers] == [409, 409]


def test_completing_a_notice_writes_its_texts_anew(visit, incident, lawyer):
    notice = factories.NoticeFactory(incident=incident, drafted=True)
    factories.TargetFactory(notice=notice)
    said = {"owner": "Acme Ltd", "contact_name": "Lars Nyberg", "contact_email": "lars@acme.example"}

    visit(lawyer).post(f"/i/{incident.ref}/takedowns/{notice.number}/", said)

    notice.refresh_from_db()
    assert "Lars Nyberg" in notice.letter


def test_a_wrong_address_changes_no_text(visit, incident, lawyer):
    notice = factories.NoticeFactory(incident=incident, drafted=True)

    answer = visit(lawyer).post(f"/i/{incident.ref}/takedowns/{notice.number}/", {"contact_email": "lars"})

    assert answer.status_code == 400
    assert Notice.objects.get(pk=notice.pk).letter == notice.letter


def test_those_who_may_not_draft_see_no_buttons(visit, incident, triager):
    factories.SightingFactory(watchlist=incident.watchlist, confirmed=True, host="code.example")

    page = visit(triager).get(f"/i/{incident.ref}/takedowns/").text

    assert "code.example" in page
    assert "Draft a notice" not in page
