from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from monitors import coverage, probing
from monitors.forms import SourceForm
from monitors.models import Source


@login_required
@require_safe
def page(request):
    asked = Count("watches", filter=Q(watches__paused_at=None))
    sources = Source.objects.annotate(asked=asked)
    rows = [(source, coverage.allowances(source)) for source in sources]
    return render(request, "sources/sources.html", {"sources": rows})


@login_required
@require_http_methods(["GET", "POST"])
def add(request):
    return _edit(request, Source())


@login_required
@require_http_methods(["GET", "POST"])
def edit(request, pk):
    return _edit(request, get_object_or_404(Source, pk=pk))


@login_required
@require_POST
def check(request, pk):
    _keepers_only(request)
    source = get_object_or_404(Source, pk=pk)
    probing.check_soon(source)
    messages.success(request, f"A worker will ask {source} now. Reload to see what it says.")
    return redirect("sources")


def _keepers_only(request) -> None:
    """Sources belong to the installation, so only those who keep it change them."""
    if not request.user.is_staff:
        raise PermissionDenied("Sources are kept by the people who run this installation. Ask one of them.")


def _edit(request, source: Source):
    _keepers_only(request)
    form = SourceForm(request.POST or None, instance=source)
    if request.method == "POST" and form.is_valid():
        saved = form.save()
        probing.check_soon(saved)
        messages.success(request, f"{saved} is asked at {saved.address or 'each repository’s own address'}.")
        return redirect("sources")
    context = {"form": form, "source": source}
    return render(request, "sources/source.html", context, status=400 if form.errors else 200)
