from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import IntegrityError
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from incidents import artifacts, lifecycle, roles
from incidents.forms import DeclareForm, IncidentEditForm, StatusForm
from incidents.models import Incident
from incidents.views.access import incident_for, only
from incidents.views.frame import show
from monitors.models import Sighting

DETAILS = ["title", "codename", "organisation", "severity", "tlp", "exposed_at"]


@login_required
@require_safe
def incident_list(request):
    mine = Incident.objects.visible_to(request.user).order_by("closed_at", "severity", "-opened_at")
    counted = mine.annotate(
        live=_places(Sighting.objects.copies().live()), new=_places(Sighting.objects.new())
    )
    return render(request, "incidents/list.html", {"incidents": counted})


def _places(those):
    """How many of those sightings are on each incident's watchlist."""
    on_list = those.filter(watchlist=OuterRef("watchlist")).order_by().values("watchlist")
    return Coalesce(Subquery(on_list.annotate(number=Count("pk")).values("number")), 0)


@login_required
@require_http_methods(["GET", "POST"])
def declare(request):
    form = DeclareForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        incident = _open(form, by=request.user)
        if incident:
            return _take_in(request, incident, form)
    return render(request, "incidents/declare.html", {"form": form}, status=400 if form.errors else 200)


def _open(form, *, by):
    details = {name: form.cleaned_data[name] for name in DETAILS}
    try:
        return lifecycle.open(by=by, detected_at=form.cleaned_data["detected_at"], **details)
    except lifecycle.NotReady as reason:
        form.add_error(None, str(reason))
    except IntegrityError:
        # Two that open at once meet at the unique reference.
        form.add_error(None, "Somebody declared another incident at the same moment. Declare again.")
    return None


def _take_in(request, incident, form):
    """The artifact comes after the incident: whatever is wrong with it, the clock is running."""
    if not form.names_something:
        return redirect(incident)
    given = {"upload": form.cleaned_data["upload"], "locator": form.cleaned_data["locator"]}
    try:
        artifact = artifacts.accept(incident, by=request.user, **given)
    except artifacts.NotReady as reason:
        messages.error(request, f"The incident is open, but nothing was taken in. {reason}")
        return redirect("exposure", incident.ref)
    return redirect("artifact", incident.ref, artifact.pk)


@login_required
@require_http_methods(["GET", "POST"])
def edit(request, ref):
    incident = incident_for(request.user, ref)
    only(roles.can_lead(request.user, incident), "changing it")
    moves = "status" in request.POST
    standing = {name: getattr(incident, name) for name in [*DETAILS, "detected_at"]}
    form = IncidentEditForm(None if moves else request.POST or None, initial=standing)
    moving = StatusForm(request.POST if moves else None, initial={"status": incident.status})
    if request.method == "POST" and (
        _move(moving, incident, request) if moves else _amend(form, incident, request)
    ):
        return redirect("incident-edit", incident.ref)
    return show(
        request,
        incident,
        "incidents/edit.html",
        within="settings",
        form=form,
        moving=moving,
        status=400 if form.errors or moving.errors else 200,
    )


def _move(form, incident, request) -> bool:
    if not form.is_valid():
        return False
    lifecycle.move(incident, form.cleaned_data["status"], by=request.user)
    messages.success(request, f"Status: {incident.get_status_display()}.")
    return True


def _amend(form, incident, request) -> bool:
    if not form.is_valid():
        return False
    # Only what was changed: a field that shows whole seconds must not round what it did not touch.
    changed = {name: form.cleaned_data[name] for name in form.changed_data}
    try:
        lifecycle.amend(incident, by=request.user, **changed)
    except lifecycle.NotReady as reason:
        form.add_error(None, str(reason))
        return False
    messages.success(request, "Corrected. What it was before stays on the record.")
    return True
