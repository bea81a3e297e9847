from django.core.management.base import CommandError
from django.db import transaction

from incidents import lifecycle, people
from incidents.management.commands.sign_in_link import address
from incidents.management.lookups import incident_called
from incidents.models import Membership
from monitors.management.answers import Answering


class Command(Answering):
    help = "Add somebody, into an incident if one is named; prints their one-time sign-in link."
    refusals = (people.NotReady, lifecycle.NotReady)

    def add_arguments(self, parser):
        parser.add_argument("username")
        parser.add_argument("--name", default="", help="full name")
        parser.add_argument("--email", default="")
        parser.add_argument(
            "--staff", action="store_true", help="keeps the installation's sources and people"
        )
        parser.add_argument("--incident", metavar="REF")
        parser.add_argument("--role", choices=Membership.Role.values, help="in that incident")

    def answer(self, *, username, name, email, staff, incident, role, **options):
        if bool(incident) != bool(role):
            raise CommandError("Give --incident and --role together.")
        with transaction.atomic():
            person = people.add(username, full_name=name, email=email, is_staff=staff)
            if incident:
                lifecycle.admit(incident_called(incident), person, role, by=None)
        return {
            "user": person.username,
            "staff": staff,
            "incident": incident,
            "role": role,
            "url": address(person),
        }

    def lines(self, answer):
        yield f"{answer['user']} comes in by {answer['url']}"
