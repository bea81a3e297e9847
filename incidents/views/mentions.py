from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.utils import timezone
from django.views.decorators.http import require_safe

from incidents.views.access import incident_for
from incidents.views.frame import show
from monitors import mentions

AT_ONCE = 50


@login_required
@require_safe
def page(request, ref):
    incident, now = incident_for(request.user, ref), timezone.now()
    talk = incident.watchlist.mentions.select_related("source")
    return show(
        request,
        incident,
        "mentions/mentions.html",
        within="watches",
        hours=mentions.by_hour(incident.watchlist, at=now),
        page=Paginator(talk, AT_ONCE).get_page(request.GET.get("page")),
    )
