from dataclasses import dataclass, field

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import prefetch_related_objects
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from packageurl import PackageURL

from incidents import roles, terms
from incidents.models import Artifact
from incidents.views.access import incident_for, only
from incidents.views.frame import show
from monitors import coverage, polling
from monitors.forms import WatchForm
from monitors.models import Source

AT_ONCE = 50


@login_required
@require_http_methods(["GET", "POST"])
def page(request, ref):
    incident = incident_for(request.user, ref)
    hint = suggestions(incident)
    form = WatchForm(request.POST or None, initial=hint.initial)
    if request.method == "POST":
        only(roles.can_watch(request.user, incident), "starting watches")
        if form.is_valid() and _start(form, incident, request):
            return redirect("watches", ref)
    return show(
        request,
        incident,
        "watches/watches.html",
        within="watches",
        form=form,
        **_by_origin(incident),
        hosts=coverage.hosts(incident.watchlist),
        hint=hint,
        has_sources=bool(form.sources),
        has_fingerprints=incident.watchlist.fingerprints.exists(),
        status=400 if form.errors else 200,
    )


def _by_origin(incident) -> dict:
    """The watches that people began, and those that search for phrases; how many phrases there are."""
    sights, phrases = coverage.sights(incident.watchlist), incident.watchlist.search_terms
    prefetch_related_objects([one.watch for one in sights], "search_terms")
    return {
        "watches": [one for one in sights if not one.watch.search_terms.all()],
        "searches": [one for one in sights if one.watch.search_terms.all()],
        "hears": any(one.watch.is_of_talk for one in sights) or incident.watchlist.mentions.exists(),
        "blind_searches": sum(one.is_blind for one in sights if one.watch.search_terms.all()),
        "phrases_waiting": phrases.proposed().count(),
        "phrases_sent": phrases.approved().count(),
    }


def _start(form, incident, request) -> bool:
    try:
        watch = polling.watch(incident.watchlist, **form.asked())
    except polling.NotReady as reason:
        form.add_error(None, str(reason))
        return False
    messages.success(request, f"Watching: {watch}. The first look is due now.")
    return True


@dataclass(frozen=True)
class Hint:
    """What to look for first, and why."""

    initial: dict = field(default_factory=dict)
    why: str = ""


def suggestions(incident) -> Hint:
    """A first watch from what got out: the package itself, or the repository."""
    for artifact in incident.artifacts.all():
        if artifact.kind == Artifact.Kind.PURL:
            package = PackageURL.from_string(artifact.locator)
            name = f"{package.namespace}/{package.name}" if package.namespace else package.name
            return _ask(
                package.type,
                "package",
                name,
                "The package that carried it: further versions may carry it too.",
            )
        if artifact.kind == Artifact.Kind.GIT:
            return _ask(
                "git", "repository", artifact.locator.removeprefix("git+"), "The repository it came from."
            )
    return Hint()


def _ask(kind: str, aim: str, query: str, why: str) -> Hint:
    source = Source.objects.filter(kind=kind).order_by("pk").first()
    return Hint({"ask": f"{source.pk}:{aim}", "query": query}, why) if source else Hint()


@login_required
@require_safe
def one(request, ref, pk):
    incident = incident_for(request.user, ref)
    watch = get_object_or_404(incident.watchlist.watches.select_related("source"), pk=pk)
    health = coverage.sight(watch, at=timezone.now())
    polls = Paginator(watch.polls.all(), AT_ONCE).get_page(request.GET.get("page"))
    return show(
        request,
        incident,
        "watches/watch.html",
        within="watches",
        watch=watch,
        health=health,
        page=polls,
        heard=watch.mentions.count() if watch.is_of_talk else 0,
        phrases=watch.search_terms.select_related("decided_by"),
        allowances=coverage.allowances(watch.source),
        unread=watch.leads.filter(due_at=None).order_by("-found_at")[:AT_ONCE],
        waiting=watch.leads.filter(due_at__isnull=False).count(),
    )


@login_required
@require_POST
def pause(request, ref, pk):
    watch = _asked(request, ref, pk)
    if polling.pause(watch):
        messages.success(request, f"Paused: {watch}. Nobody looks there now.")
    return redirect("watch", ref, pk)


@login_required
@require_POST
def resume(request, ref, pk):
    watch = _asked(request, ref, pk)
    if not terms.may_be_asked(watch):
        messages.error(request, "The phrase it searches for was refused. Confirm the phrase first.")
        return redirect("search-terms", ref)
    if polling.resume(watch):
        messages.success(request, f"Looking again: {watch}.")
    return redirect("watch", ref, pk)


@login_required
@require_POST
def poll(request, ref, pk):
    watch = _asked(request, ref, pk)
    if polling.poll_soon(watch):
        messages.success(request, "A worker will ask now. Reload to see what it found.")
    else:
        messages.error(request, "It is paused, or a worker is asking at this moment.")
    return redirect("watch", ref, pk)


def _asked(request, ref: str, pk: int):
    incident = incident_for(request.user, ref)
    only(roles.can_watch(request.user, incident), "changing watches")
    return get_object_or_404(incident.watchlist.watches, pk=pk)
