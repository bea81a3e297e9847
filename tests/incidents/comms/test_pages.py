from incidents.models import Fact
from tests import factories


def test_a_draft_marks_each_fact_by_whether_it_holds(visit, incident, communicator):
    factories.FactFactory(incident=incident, number=7, verified=True, sentence="It is out")
    factories.FactFactory(incident=incident, number=8, disputed=True, sentence="No keys")
    statement = factories.StatementFactory(incident=incident, body="{F7}. {F8}. {?F1}.")

    page = visit(communicator).get(f"/i/{incident.ref}/statements/{statement.number}/").text

    assert '<mark class="sound" title="F7: verified">It is out</mark>' in page
    assert '<mark class="bad" title="F8: disputed">No keys</mark>' in page
    assert '<mark class="open" title="F1: unknown">' in page


def test_who_wrote_the_words_is_not_offered_to_approve_them(visit, incident, lead, lawyer):
    statement = factories.StatementFactory(incident=incident)
    path = f"/i/{incident.ref}/statements/{statement.number}/"

    offered = {person: "Approve these words" in visit(person).get(path).text for person in (lead, lawyer)}

    assert offered == {lead: False, lawyer: True}


def test_publishing_too_early_says_what_is_missing(visit, incident, communicator):
    statement = factories.StatementFactory(incident=incident)

    answer = visit(communicator).post(
        f"/i/{incident.ref}/statements/{statement.number}/publish/", follow=True
    )

    assert "Not published. It needs the approval of a second person." in answer.text


def test_approved_and_published_it_stands_on_the_public_page(visit, incident, communicator, lawyer):
    statement = factories.StatementFactory(incident=incident, title="What happened")
    path = f"/i/{incident.ref}/statements/{statement.number}"

    visit(lawyer).post(f"{path}/approve/")
    visit(communicator).post(f"{path}/publish/")

    assert "<h1>What happened</h1>" in visit().get(f"/p/{incident.public_slug}/").text


def test_published_words_that_no_longer_hold_are_flagged_where_one_looks(visit, incident, lead):
    factories.FactFactory(incident=incident, number=7, disputed=True)
    said = [{"number": 7, "sentence": "No keys", "unknown": False}]
    factories.StatementFactory(incident=incident, published=True, published_facts=said)
    browser = visit(lead)

    pages = [browser.get(f"/i/{incident.ref}/{name}").text for name in ("", "statements/", "status/")]

    assert ["It quotes F7, which is now disputed." in page for page in pages] == [True, True, True]


def test_a_fact_cannot_be_verified_by_nobody(visit, incident, lead):
    form = {"sentence": "No keys were in it", "state": "verified", "source": ""}

    answer = visit(lead).post(f"/i/{incident.ref}/facts/add/", form)

    assert (answer.status_code, "Say who or what verified it." in answer.text) == (400, True)
    assert not Fact.objects.filter(sentence="No keys were in it").exists()


def test_those_who_only_read_see_no_forms(visit, incident, executive):
    statement = factories.StatementFactory(incident=incident)
    browser = visit(executive)

    pages = [browser.get(f"/i/{incident.ref}/{rest}").text for rest in ("statements/", "facts/1/")]
    pages.append(browser.get(f"/i/{incident.ref}/statements/{statement.number}/").text)

    assert [
        [word for word in ("Draft a statement", "Keep it", "Change it", "Save") if word in page]
        for page in pages
    ] == [
        [],
        [],
        [],
    ]
