from collections import Counter
from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_POST

from incidents import comms, roles
from incidents.forms import FactForm
from incidents.models import Fact
from incidents.views.access import incident_for, only
from incidents.views.frame import show


@dataclass(frozen=True)
class Use:
    """A fact, and how many texts quote it."""

    fact: Fact
    drafts: int
    published: int


def uses(incident) -> list[Use]:
    """Every fact with the drafts and published statements that quote it."""
    drafts, published = Counter(), Counter()
    for statement in incident.statements.all():
        if statement.is_published:
            published.update({said["number"] for said in statement.published_facts})
        else:
            drafts.update({piece.fact.number for piece in statement.quotes()})
    return [
        Use(fact, drafts[fact.number], published[fact.number]) for fact in incident.facts.select_related("by")
    ]


@login_required
@require_POST
def add(request, ref):
    incident = incident_for(request.user, ref)
    only(roles.can_keep_facts(request.user, incident), "keeping facts")
    form = FactForm(request.POST)
    if form.is_valid():
        try:
            fact = comms.add_fact(incident, by=request.user, **form.cleaned_data)
        except comms.NotReady as reason:
            form.add_error(None, str(reason))
        else:
            messages.success(request, f"Kept as {fact}.")
            return redirect("statements", ref)
    return show(request, incident, "statements/fact.html", within="statements", form=form, status=400)


@login_required
@require_http_methods(["GET", "POST"])
def one(request, ref, number):
    incident = incident_for(request.user, ref)
    fact = get_object_or_404(incident.facts.select_related("by"), number=number)
    standing = {name: getattr(fact, name) for name in ("sentence", "state", "source")}
    form = FactForm(request.POST or None, initial=standing)
    if request.method == "POST":
        only(roles.can_keep_facts(request.user, incident), "keeping facts")
        if form.is_valid() and _set(form, fact, request):
            return redirect("statements", ref)
    use = next(one for one in uses(incident) if one.fact.pk == fact.pk)
    context = {"form": form, "fact": fact, "use": use, "status": 400 if form.errors else 200}
    return show(request, incident, "statements/fact.html", within="statements", **context)


def _set(form, fact, request) -> bool:
    try:
        comms.set_fact(fact, by=request.user, **form.cleaned_data)
    except comms.NotReady as reason:
        form.add_error(None, str(reason))
        return False
    messages.success(request, f"{fact} is now {fact.get_state_display().lower()}.")
    return True
