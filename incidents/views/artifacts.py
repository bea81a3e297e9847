from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, Sum
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from incidents import artifacts, items, publications, roles, status
from incidents.forms import ArtifactAddForm
from incidents.models import Artifact, ExposedItem
from incidents.views.access import incident_for, only
from incidents.views.frame import show
from monitors.unpack import encodings

AT_ONCE = 100
SHOWN_BYTES = 200_000
OWNERSHIPS = {
    "first": "First-party",
    "third": "Third-party",
    "shipped": "Shipped on purpose",
}
LANGUAGES_SHOWN = 8


@login_required
@require_safe
def exposure(request, ref):
    incident = incident_for(request.user, ref)
    out = status.exposure(incident)
    return show(
        request,
        incident,
        "exposure/exposure.html",
        within="exposure",
        out=out,
        languages=_shares(out.languages),
        gives=_gives(out.items),
    )


@login_required
@require_http_methods(["GET", "POST"])
def add(request, ref):
    incident = incident_for(request.user, ref)
    only(roles.can_add_artifact(request.user, incident), "adding what got out")
    form = ArtifactAddForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        given = {"upload": form.cleaned_data["upload"], "locator": form.cleaned_data["locator"]}
        try:
            artifact = artifacts.accept(incident, by=request.user, **given)
        except artifacts.NotReady as reason:
            form.add_error(None, str(reason))
        else:
            return redirect("artifact", ref, artifact.pk)
    return show(
        request,
        incident,
        "exposure/add.html",
        within="exposure",
        form=form,
        status=400 if form.errors else 200,
    )


@login_required
@require_safe
def one(request, ref, pk):
    incident = incident_for(request.user, ref)
    artifact = get_object_or_404(
        incident.artifacts.select_related("added_by").defer("fingerprint__index"), pk=pk
    )
    context = {"artifact": artifact, "steps": _steps(artifact)}
    if artifact.stage == Artifact.Stage.READY:
        context |= _inventory(artifact, request.GET)
    return show(request, incident, "exposure/artifact.html", within="exposure", **context)


@login_required
@require_safe
def progress(request, ref, pk):
    """How far the work is, asked every second; once it is over, the whole page."""
    incident = incident_for(request.user, ref)
    artifact = get_object_or_404(incident.artifacts, pk=pk)
    if not request.htmx:
        return redirect("artifact", ref, pk)
    if not artifact.is_at_work:
        return HttpResponseClientRefresh()
    context = {"incident": incident, "artifact": artifact, "steps": _steps(artifact)}
    return render(request, "exposure/progress.html", context)


@login_required
@require_POST
def retry(request, ref, pk):
    incident = incident_for(request.user, ref)
    only(roles.can_add_artifact(request.user, incident), "adding what got out")
    artifact = get_object_or_404(incident.artifacts, pk=pk)
    try:
        artifacts.retry(artifact, by=request.user)
    except artifacts.NotReady as reason:
        messages.error(request, f"Not tried again: {reason}.")
    return redirect("artifact", ref, pk)


@login_required
@require_POST
def published(request, ref, pk):
    incident = incident_for(request.user, ref)
    only(roles.can_add_artifact(request.user, incident), "taking packages as published code")
    artifact = get_object_or_404(incident.artifacts, pk=pk)
    try:
        if not request.POST.get("sure"):
            raise publications.NotReady("say that the registries may be asked")
        taken = publications.take(artifact, request.POST.getlist("package"), by=request.user)
    except publications.NotReady as reason:
        messages.error(request, f"Nothing was taken as published code: {reason}.")
    else:
        messages.success(request, f"Being fetched: {len(taken)} as published code.")
    return redirect("artifact", ref, pk)


@login_required
@require_safe
def exposed_file(request, ref, pk, number):
    incident = incident_for(request.user, ref)
    artifact = get_object_or_404(incident.artifacts, pk=pk)
    exposed = get_object_or_404(artifact.files.select_related("artifact"), number=number)
    content = artifacts.content_of(exposed)
    is_text = not encodings.is_binary(content)
    text = encodings.text(content[:SHOWN_BYTES]) if is_text else ""
    return show(
        request,
        incident,
        "exposure/file.html",
        within="exposure",
        artifact=artifact,
        file=exposed,
        parts=_around(text, request.GET.get("line", "")),
        is_text=is_text,
        is_cut=len(content) > SHOWN_BYTES,
    )


def _around(text: str, line: str) -> tuple[str, str, str]:
    """What stands before the line that was asked for, the line, and the rest; all before without one."""
    lines = text.split("\n")
    at = int(line) if line.isdecimal() and len(line) < 9 else 0
    if not 1 <= at <= len(lines):
        return text, "", ""
    before, after = lines[: at - 1], lines[at:]
    return "".join(f"{one}\n" for one in before), lines[at - 1], "".join(f"\n{one}" for one in after)


@dataclass(frozen=True)
class Step:
    label: str
    state: str  # done, now, failed, later


def _steps(artifact: Artifact) -> list[Step]:
    """The stages in order, and where the work stands among them."""
    order = [stage for stage in Artifact.Stage if stage != Artifact.Stage.FAILED]
    if artifact.kind == Artifact.Kind.UPLOAD:
        order.remove(Artifact.Stage.FETCHING)
    stage = artifact.failed_in or artifact.stage
    at = order.index(stage) if stage in order else 0
    here = {Artifact.Stage.FAILED: "failed", Artifact.Stage.READY: "done"}.get(artifact.stage, "now")
    return [
        Step(one.label, "done" if place < at else here if place == at else "later")
        for place, one in enumerate(order)
    ]


@dataclass(frozen=True)
class Share:
    label: str
    count: int
    percent: int


def _shares(counted: list[tuple[str, int]]) -> list[Share]:
    """The biggest by name, the rest as one."""
    total = sum(count for _, count in counted) or 1
    shown, rest = counted[:LANGUAGES_SHOWN], sum(count for _, count in counted[LANGUAGES_SHOWN:])
    return [
        Share(label, count, 100 * count // total)
        for label, count in [*shown, *([("all others", rest)] if rest else [])]
    ]


def _gives(counted: dict[str, int]) -> list[tuple[str, str, int]]:
    """Kind, label and number of what the text gives away, without the kinds there are none of."""
    return [(kind, label, counted[kind]) for kind, label in ExposedItem.KINDS if counted[kind]]


@dataclass(frozen=True)
class Pile:
    """The files of one ownership."""

    name: str
    label: str
    files: int
    lines: int
    bytes: int
    is_current: bool


def _inventory(artifact: Artifact, asked) -> dict:
    ownership = asked.get("ownership") if asked.get("ownership") in OWNERSHIPS else "first"
    text = asked.get("q", "").replace("\0", "").strip()[:200]
    files = artifact.files.filter(ownership=ownership)
    if text:
        files = files.filter(path__icontains=text)
    languages = (
        artifact.files.filter(ownership="first")
        .values_list("language")
        .annotate(most=Sum("lines"))
        .order_by("-most")
    )
    return {
        "piles": _piles(artifact, ownership),
        "ownership": ownership,
        "q": text,
        "offers": publications.offered(artifact),
        "publications": artifact.publications.all(),
        "page": Paginator(files, AT_ONCE).get_page(asked.get("page")),
        "languages": _shares([(language or "other", lines) for language, lines in languages]),
        "gives": _gives(items.counts(artifact.items)),
    }


def _piles(artifact: Artifact, current: str) -> list[Pile]:
    sums = (
        artifact.files.order_by()
        .values("ownership")
        .annotate(files=Count("pk"), lines=Sum("lines"), bytes=Sum("size"))
    )
    by_name = {row.pop("ownership"): row for row in sums}
    nothing = {"files": 0, "lines": 0, "bytes": 0}
    return [
        Pile(name, label, **by_name.get(name, nothing), is_current=name == current)
        for name, label in OWNERSHIPS.items()
    ]
