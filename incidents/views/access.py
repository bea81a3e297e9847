"""Who gets to see an incident at all, and who may do a thing in it."""

from django.core.exceptions import PermissionDenied
from django.http import Http404

from incidents.models import Incident


def incident_for(user, ref: str) -> Incident:
    """The incident, for those who have a part in it. Raises Http404 for all others: it may not exist."""
    incident = Incident.objects.visible_to(user).select_related("watchlist").filter(ref=ref).first()
    if incident is None:
        raise Http404("No such incident, or you have no part in it.")
    return incident


def only(allowed: bool, what: str) -> None:
    """Go on when allowed. Raises PermissionDenied with a sentence that names what is not."""
    if not allowed:
        raise PermissionDenied(f"Your role in this incident does not include {what}. Ask its lead.")
