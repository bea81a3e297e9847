from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from incidents import proposals, roles, terms
from incidents.views.access import incident_for, only
from incidents.views.frame import show


@login_required
@require_http_methods(["GET", "POST"])
def page(request, ref):
    """Everything worth watching, ticked unless it is weak. A POST starts what is ticked then."""
    incident = incident_for(request.user, ref)
    if request.method == "POST":
        only(roles.can_watch(request.user, incident), "starting watches")
        if _start(request, incident):
            return redirect("watches", ref)
    return show(
        request,
        incident,
        "watches/propose.html",
        within="watches",
        groups=proposals.propose(incident),
        missing=proposals.missing(),
        waiting=incident.watchlist.search_terms.proposed().count(),
        status=400 if request.method == "POST" else 200,
    )


def _start(request, incident) -> bool:
    chosen = request.POST.getlist("watch")[:1000]
    try:
        begun = proposals.start(incident, chosen, by=request.user)
    except terms.NotReady as reason:
        messages.error(request, str(reason))
        return False
    if not begun:
        messages.error(request, "Nothing was started: tick what is to be watched.")
        return False
    messages.success(request, f"Started {len(begun):,}. The first looks are due now.")
    return True
