import re

from incidents.models import Membership, SignInLink
from tests import factories


def invite(browser, incident, email, role="triage"):
    return browser.post(f"/i/{incident.ref}/people/", {"email": email, "role": role})


def test_a_new_persons_link_is_shown_once_and_lets_them_in(visit, incident, lead):
    browser = visit(lead)
    answer = invite(browser, incident, "new@acme.example")

    (link,) = re.findall(r"http://testserver(/welcome/[\w-]+/)", answer.text)
    assert link not in browser.get(f"/i/{incident.ref}/people/").text
    assert "no-store" in answer.headers["Cache-Control"]
    assert visit().get(link).status_code == 200


def test_somebody_who_signs_in_already_needs_no_link(visit, incident, lead, stranger):
    stranger.set_password("a long enough sentence")
    stranger.save()

    invite(visit(lead), incident, stranger.email, role="legal")

    assert incident.role_of(stranger) == "legal"
    assert not SignInLink.objects.exists()


def test_the_last_lead_cannot_be_removed(visit, incident, lead):
    membership = incident.memberships.get(user=lead)

    answer = visit(lead).post(f"/i/{incident.ref}/people/{membership.pk}/remove/", follow=True)

    assert "an incident needs a lead" in answer.text
    assert incident.memberships.filter(user=lead).exists()


def test_a_lead_who_leaves_is_shown_out(visit, incident, lead):
    Membership.objects.create(incident=incident, user=factories.UserFactory(), role="lead")
    membership = incident.memberships.get(user=lead)

    answer = visit(lead).post(f"/i/{incident.ref}/people/{membership.pk}/remove/")

    assert answer.url == "/"


def test_others_see_the_people_but_no_buttons(visit, incident, lawyer):
    page = visit(lawyer).get(f"/i/{incident.ref}/people/").text

    assert str(incident.opened_by) in page
    assert [word for word in ("Invite</h2>", "Remove</button>") if word in page] == []


def test_choosing_a_name_and_password_signs_in(visit, incident, lead):
    answer = invite(visit(lead), incident, "new@acme.example")
    (link,) = re.findall(r"http://testserver(/welcome/[\w-]+/)", answer.text)
    browser, secret = visit(), "copper kettles sing at noon"
    chosen = {
        "username": "noor",
        "full_name": "Noor Haddad",
        "email": "",
        "password": secret,
        "again": secret,
    }

    browser.post(link, chosen)

    assert browser.get(incident.get_absolute_url()).status_code == 200
    assert visit().get(link).status_code == 404


def test_two_different_passwords_are_refused(visit, incident, lead):
    answer = invite(visit(lead), incident, "new@acme.example")
    (link,) = re.findall(r"http://testserver(/welcome/[\w-]+/)", answer.text)
    chosen = {
        "username": "noor",
        "full_name": "Noor",
        "password": "one long sentence",
        "again": "another sentence",
    }

    assert "The two passwords differ." in visit().post(link, chosen).text
    assert visit().get(link).status_code == 200
