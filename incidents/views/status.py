from django.contrib.auth.decorators import login_required
from django.utils import timezone
from django.views.decorators.http import require_safe

from incidents import impostors, status
from incidents.forms import AskForm, DecideForm
from incidents.views.access import incident_for
from incidents.views.frame import show
from incidents.views.overview import curve
from monitors import coverage


@login_required
@require_safe
def page(request, ref):
    incident, now = incident_for(request.user, ref), timezone.now()
    spread, figures = status.spread(incident), status.figures(incident, at=now)
    return show(
        request,
        incident,
        "status/status.html",
        within="status",
        headline=status.headline(incident, at=now, drawn=spread, now=figures),
        known=status.known(incident),
        figures=figures,
        new=figures.new,
        impostors=impostors.standing(incident),
        out=status.exposure(incident),
        said=status.said(incident),
        next_statement=incident.statements.drafts().exclude(due_at=None).order_by("due_at").first(),
        questions=incident.facts.filter(topic__in=["credentials", "personal_data", "cause", "earlier"]),
        decisions=[
            (one, DecideForm(prefix=f"d{one.pk}"))
            for one in status.decisions(incident).select_related("asked_by")
        ],
        hosts=coverage.hosts(incident.watchlist, at=now),
        decided=incident.decisions.exclude(decided_at=None)
        .select_related("decided_by")
        .order_by("-decided_at")[:10],
        ask_form=AskForm(),
        **curve(incident, spread, at=now, width=1000),
    )
