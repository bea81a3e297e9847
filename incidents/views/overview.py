from django.contrib.auth.decorators import login_required
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from incidents import attention, charts, impostors, status, takedowns
from incidents.models import Notice
from incidents.views.access import incident_for
from incidents.views.frame import show
from incidents.views.watches import suggestions
from monitors import coverage, mentions
from monitors.forms import WatchForm

EXCERPT = 7


@login_required
@require_safe
def overview(request, ref):
    incident, now = incident_for(request.user, ref), timezone.now()
    figures, watches = status.figures(incident, at=now), incident.watchlist.watches.count()
    hosts, spread = coverage.hosts(incident.watchlist, at=now), status.spread(incident)
    return show(
        request,
        incident,
        "overview/overview.html",
        within="overview",
        new=figures.new,
        headline=status.headline(incident, at=now, drawn=spread, now=figures),
        known=status.known(incident),
        figures=figures,
        impostors=impostors.standing(incident),
        attention=waiting(incident, request.user, at=now, now=figures, hosts=hosts),
        events=incident.events.defer("facts").order_by("-seq")[:EXCERPT],
        hosts=hosts,
        watches=watches,
        mentions=mentions.lately(incident.watchlist, at=now),
        first_watch=None if watches else WatchForm(initial=suggestions(incident).initial),
        drafts=incident.statements.drafts().count(),
        published=incident.statements.published().count(),
        next_statement=incident.statements.drafts().exclude(due_at=None).order_by("due_at").first(),
        notices=incident.notices.filter(state=Notice.State.DRAFT).count(),
        hosts_to_ask=len(takedowns.hosts(incident)),
        **curve(incident, spread, at=now),
    )


def waiting(incident, user, **known) -> list[tuple]:
    """What waits for somebody, each with where to do it."""
    found = attention.waiting(incident, user, **known)
    return [(one, reverse(one.url_name, args=one.args)) for one in found]


def curve(incident, spread: status.Spread, *, at, width: int = 660) -> dict:
    """The spread curve, drawn for a desk and for a phone."""
    span = {"since": incident.exposed_at, "until": incident.closed_at or at}
    return {
        "has_spread": bool(spread.points),
        "chart": charts.spread(spread, **span, width=width),
        "small_chart": charts.spread(spread, **span, width=360, height=240),
    }
