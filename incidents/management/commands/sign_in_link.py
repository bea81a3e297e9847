from django.conf import settings
from django.urls import reverse

from incidents import people
from incidents.management.lookups import person_called
from monitors.management.answers import Answering


class Command(Answering):
    help = "Print a link that lets somebody in, once, within a day, and has them choose a password."

    def add_arguments(self, parser):
        parser.add_argument("user")

    def answer(self, *, user, **options):
        return {"user": user, "url": address(person_called(user)), "lasts": settings.SIGN_IN_LINK_LASTS}

    def lines(self, answer):
        yield answer["url"]


def address(person) -> str:
    """A fresh link, as people can open it."""
    return settings.PUBLIC_URL.rstrip("/") + reverse("welcome", args=[people.sign_in_link(person)])
