from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from incidents import roles
from incidents.forms import ManyForm, TriageForm
from incidents.queue import Queue, detail
from incidents.views.access import incident_for, only
from incidents.views.frame import show
from monitors import checks, sightings
from monitors.models import Sighting


@login_required
@require_safe
def page(request, ref):
    """The queue; beside it, on a wide screen, the sighting on top of it."""
    incident = incident_for(request.user, ref)
    queue = Queue.of(incident, request.GET)
    rows = queue.page(request.GET.get("page"))
    first = _whole(incident).filter(pk=rows[0].pk).first() if rows else None
    return _show(request, incident, queue, rows, first, alone=False)


@login_required
@require_safe
def one(request, ref, pk):
    """One sighting; beside it, on a wide screen, the queue it stands in."""
    incident = incident_for(request.user, ref)
    sighting = get_object_or_404(_whole(incident), pk=pk)
    queue = Queue.of(incident, request.GET, default="all")
    return _show(request, incident, queue, queue.page_of(sighting), sighting, alone=True)


def _whole(incident):
    # Without the index of the leak, which may be megabytes.
    return incident.watchlist.sightings.select_related(
        "watch__source", "source", "fingerprint", "examination", "earlier"
    ).defer("fingerprint__index")


def _show(request, incident, queue, rows, sighting, *, alone: bool):
    return show(
        request,
        incident,
        "sightings/sightings.html",
        within="sightings",
        queue=queue,
        page=rows,
        sighting=sighting,
        detail=detail(sighting) if sighting else None,
        alone=alone,
        has_watches=incident.watchlist.watches.exists(),
    )


@login_required
@require_POST
def triage(request, ref, pk):
    incident = incident_for(request.user, ref)
    only(roles.can_triage(request.user, incident), "triage")
    sighting = get_object_or_404(incident.watchlist.sightings, pk=pk)
    queue = Queue.of(incident, request.POST, default="all")
    after = queue.next_after(sighting)
    form = TriageForm(request.POST)
    if not form.is_valid() or not _triage(request, sighting, form):
        _say_errors(request, form)
        after = sighting
    if after is None:
        return redirect(f"{reverse('sightings', args=[ref])}?{queue.query}")
    return redirect(f"{reverse('sighting', args=[ref, after.pk])}?{queue.query}")


@login_required
@require_POST
def triage_many(request, ref):
    incident = incident_for(request.user, ref)
    only(roles.can_triage(request.user, incident), "triage")
    queue = Queue.of(incident, request.POST)
    asked = [pk for pk in request.POST.getlist("sighting")[:500] if pk.isdecimal() and len(pk) < 19]
    chosen = incident.watchlist.sightings.filter(pk__in=asked)
    form = ManyForm(request.POST, known=chosen.values_list("pk", flat=True))
    if form.is_valid():
        done = sum(_triage(request, sighting, form) for sighting in chosen)
        if done:
            messages.success(request, f"{done:,} {form.cleaned_data['to']}.")
    _say_errors(request, form)
    return redirect(f"{reverse('sightings', args=[ref])}?{queue.query}")


def _triage(request, sighting, form) -> bool:
    try:
        sightings.triage(sighting, form.cleaned_data["to"], by=request.user, why=form.cleaned_data["why"])
    except sightings.NotReady as reason:
        messages.error(request, f"{sighting.title}: {reason}.")
        return False
    return True


def _say_errors(request, form) -> None:
    for problems in form.errors.values():
        for problem in problems:
            messages.error(request, problem)


@login_required
@require_POST
def check(request, ref, pk):
    incident = incident_for(request.user, ref)
    only(roles.can_triage(request.user, incident), "asking for a check")
    sighting = get_object_or_404(Sighting, watchlist=incident.watchlist_id, pk=pk)
    if checks.check_soon(sighting):
        messages.success(request, "A worker will visit the place now. Reload to see what it found.")
    else:
        messages.error(request, "Nobody checks this place: it was dismissed, or holds nothing of ours.")
    queue = Queue.of(incident, request.POST, default="all")
    return redirect(f"{reverse('sighting', args=[ref, pk])}?{queue.query}")
