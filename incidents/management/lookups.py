"""Rows by the names that people type. Somebody with a shell on this machine sees every incident."""

from django.core.management.base import CommandError

from incidents.models import Incident, User


def incident_called(ref: str) -> Incident:
    """Raises CommandError, listing what there is."""
    found = Incident.objects.filter(ref__iexact=ref).first()
    if found is None:
        known = ", ".join(Incident.objects.order_by("-pk").values_list("ref", flat=True)[:10])
        raise CommandError(
            f"There is no incident {ref}. {f'There are: {known}.' if known else 'There is none yet.'}"
        )
    return found


def person_called(username: str) -> User:
    """Raises CommandError."""
    found = User.objects.filter(username__iexact=username, is_active=True).first()
    if found is None:
        raise CommandError(f"There is nobody called {username}. Add them: manage.py add_person {username}")
    return found
