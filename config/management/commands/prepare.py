from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.urls import reverse

from incidents import people


class Command(BaseCommand):
    help = (
        "Bring the database up to date; print the address, with a sign-in link until somebody has used one."
    )

    def handle(self, **options):
        call_command("migrate", verbosity=0, interactive=False)
        if settings.PRODUCTION:
            call_command("collectstatic", verbosity=0, interactive=False)
        address = settings.PUBLIC_URL.rstrip("/")
        newcomer = people.first_administrator()
        if newcomer is None:
            self.stdout.write(f"Leakline is at {address}/")
        else:
            path = reverse("welcome", args=[people.sign_in_link(newcomer)])
            self.stdout.write(f"Leakline is at {address}/ Sign in first, once, by {address}{path}")
