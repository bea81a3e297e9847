from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Q
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from incidents import items
from incidents.models import ExposedItem
from incidents.views.access import incident_for
from incidents.views.frame import show

AT_ONCE = 100
LABELS = dict(ExposedItem.KINDS)


@dataclass(frozen=True)
class Tab:
    kind: str
    label: str
    count: int
    is_current: bool


@login_required
@require_safe
def page(request, ref, pk):
    incident = incident_for(request.user, ref)
    artifact = get_object_or_404(incident.artifacts.defer("fingerprint__index"), pk=pk)
    tabs = _tabs(artifact, request.GET.get("kind", ""))
    kind = next((tab.kind for tab in tabs if tab.is_current), "")
    text = request.GET.get("q", "").replace("\0", "").strip()[:200]
    found = artifact.items.filter(kind=kind)
    if text:
        found = found.filter(Q(value__icontains=text) | Q(path__icontains=text) | Q(what__icontains=text))
    return show(
        request,
        incident,
        "exposure/items.html",
        within="exposure",
        artifact=artifact,
        tabs=tabs,
        kind=kind,
        label=LABELS.get(kind, ""),
        q=text,
        left_out=artifact.totals.get("items_left_out", {}).get(kind, 0),
        page=Paginator(found, AT_ONCE).get_page(request.GET.get("page")),
    )


def _tabs(artifact, asked: str) -> list[Tab]:
    """The kinds there are any of; the first unless another is asked for."""
    counted = {kind: count for kind, count in items.counts(artifact.items).items() if count}
    current = asked if asked in counted else next(iter(counted), "")
    return [Tab(kind, LABELS[kind], count, kind == current) for kind, count in counted.items()]
