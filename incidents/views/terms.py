from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from incidents import roles, terms
from incidents.forms import PhraseForm, RefuseForm, SendForm
from incidents.models import Artifact, ExposedFile
from incidents.terms import Place
from incidents.views.access import incident_for, only
from incidents.views.frame import show
from monitors.fingerprints.terms import fitted
from monitors.models import SearchTerm


@login_required
@require_http_methods(["GET", "POST"])
def page(request, ref):
    """The phrases. A POST confirms them: those ticked are searched for, those shown and not ticked never."""
    incident, places = incident_for(request.user, ref), terms.places()
    form = SendForm(request.POST or None, known=_known(incident), places=places)
    if request.method == "POST":
        only(roles.can_watch(request.user, incident), "sending phrases to others")
        if form.is_valid() and _confirm(form, incident, request):
            return redirect("search-terms", ref)
    return _shown(request, incident, form, places, PhraseForm(), status=400 if form.errors else 200)


@login_required
@require_POST
def add(request, ref):
    incident, places = incident_for(request.user, ref), terms.places()
    only(roles.can_watch(request.user, incident), "adding phrases")
    form = PhraseForm(request.POST)
    if form.is_valid():
        try:
            term = terms.add(incident, form.cleaned_data["text"], by=request.user)
        except terms.NotReady as reason:
            form.add_error("text", str(reason))
        else:
            messages.success(request, f"Added: {term}. It waits here to be confirmed with the others.")
            return redirect("search-terms", ref)
    return _shown(request, incident, SendForm(known=[], places=places), places, form, status=400)


@login_required
@require_POST
def refuse(request, ref):
    incident = incident_for(request.user, ref)
    only(roles.can_watch(request.user, incident), "refusing phrases")
    form = RefuseForm(request.POST, known=_known(incident))
    if form.is_valid():
        chosen = incident.watchlist.search_terms.filter(pk__in=form.cleaned_data["term"])
        terms.refuse(incident, chosen, by=request.user)
        messages.success(request, "Refused. Nobody is asked for these phrases any more.")
    else:
        messages.error(request, "Nothing was changed: tick the phrases that must not be sent.")
    return redirect("search-terms", ref)


def _known(incident) -> list[int]:
    return list(incident.watchlist.search_terms.values_list("pk", flat=True))


def _confirm(form, incident, request) -> bool:
    every = incident.watchlist.search_terms
    approved = every.filter(pk__in=form.cleaned_data["term"])
    refused = every.proposed().filter(pk__in=form.left_out)
    try:
        watches = terms.confirm(incident, approved, refused, by=request.user, where=form.where)
    except terms.NotReady as reason:
        form.add_error(None, str(reason))
        return False
    messages.success(
        request,
        f"Confirmed: {len(watches):,} search{'' if len(watches) == 1 else 'es'} begin now. "
        "Each is on the record, with your name.",
    )
    return True


@dataclass(frozen=True)
class Line:
    """One phrase, where it stands, and how it is sent: [the places' names, the query or "" for all of it]."""

    term: SearchTerm
    href: str
    sent: list[tuple[str, str]]
    is_ticked: bool


def _shown(request, incident, form, places: list[Place], phrase: PhraseForm, *, status: int):
    every = incident.watchlist.search_terms.select_related("added_by", "decided_by")
    rows = list(every.prefetch_related("watches__source"))
    hrefs, usual = _hrefs(incident, rows), terms.usual(places)
    lines: dict[str, list[Line]] = {state: [] for state in SearchTerm.State.values}
    for term in rows:
        is_ticked = form.ticks("term", term.pk, otherwise=True)
        lines[term.state].append(Line(term, hrefs.get(term.blob, ""), _sent(term.text, places), is_ticked))
    return show(
        request,
        incident,
        "terms/terms.html",
        within="watches",
        form=form,
        phrase=phrase,
        places=[(one, form.ticks("source", one.source.pk, otherwise=one in usual)) for one in places],
        further=terms.further(incident, places),
        status=status,
        **lines,
    )


def _sent(text: str, places: list[Place]) -> list[tuple[str, str]]:
    """What each place is sent, those together that are sent the same."""
    sent: dict[str, list[str]] = {}
    for place in places:
        sent.setdefault(place.query(text), []).append(place.source.name)
    whole = fitted(text, most=len(text) + 2)
    return [(", ".join(names), "" if query == whole else query) for query, names in sent.items()]


def _hrefs(incident, every: list[SearchTerm]) -> dict[str, str]:
    """By git blob id: the page of the file; the first of several that are the same."""
    files = ExposedFile.objects.filter(
        artifact__incident=incident,
        artifact__stage=Artifact.Stage.READY,
        blob__in={term.blob for term in every if term.blob},
    )
    rows = files.order_by("-artifact", "-number").values_list("blob", "artifact", "number")
    return {
        blob: reverse("exposed-file", args=[incident.ref, artifact, number])
        for blob, artifact, number in rows
    }
