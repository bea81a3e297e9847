from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from incidents import impostors, roles, takedowns
from incidents.forms import HostForm, NoticeForm
from incidents.models import Target
from incidents.views.access import incident_for, only
from incidents.views.frame import show

TARGETS_SHOWN = 200
WITHHELD = "It names places that must not be named any more. Check every target again, then take the text.\n"


@login_required
@require_safe
def page(request, ref):
    incident = incident_for(request.user, ref)
    named = Count("targets", filter=Q(targets__outcome=Target.Outcome.NAMED))
    return show(
        request,
        incident,
        "takedowns/takedowns.html",
        within="takedowns",
        hosts=takedowns.hosts(incident),
        impostors=impostors.standing(incident),
        notices=incident.notices.select_related("drafted_by").annotate(
            named=named, all_targets=Count("targets")
        ),
    )


@login_required
@require_POST
def draft(request, ref):
    incident = incident_for(request.user, ref)
    only(roles.can_draft_notice(request.user, incident), "drafting notices")
    form = HostForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose a host.")
        return redirect("takedowns", ref)
    try:
        notice = takedowns.draft(incident, host=form.cleaned_data["host"], by=request.user)
    except takedowns.NotReady as reason:
        messages.error(request, f"Not drafted. {reason}")
        return redirect("takedowns", ref)
    return redirect("notice", ref, notice.number)


@login_required
@require_http_methods(["GET", "POST"])
def one(request, ref, number):
    incident = incident_for(request.user, ref)
    notice = get_object_or_404(incident.notices.select_related("drafted_by"), number=number)
    form = NoticeForm(request.POST or None, instance=notice)
    if request.method == "POST":
        only(roles.can_draft_notice(request.user, incident), "completing notices")
        if form.is_valid() and _complete(form, notice, request):
            return redirect("notice", ref, number)
        notice.refresh_from_db()
    targets = notice.targets.select_related("sighting")
    return show(
        request,
        incident,
        "takedowns/notice.html",
        within="takedowns",
        notice=notice,
        form=form,
        targets=targets[:TARGETS_SHOWN],
        named=targets.filter(outcome=Target.Outcome.NAMED).count(),
        total=targets.count(),
        visited=targets.exclude(outcome=Target.Outcome.WAITING).count(),
        needs=takedowns.readiness(notice),
        astray=[] if notice.is_checking else takedowns.astray(notice)[:TARGETS_SHOWN],
        status=400 if form.errors else 200,
    )


def _complete(form, notice, request) -> bool:
    notice.refresh_from_db()
    try:
        takedowns.complete(notice, by=request.user, **form.cleaned_data)
    except takedowns.NotReady as reason:
        form.add_error(None, str(reason))
        return False
    messages.success(request, "Completed. Both texts were written anew.")
    return True


@login_required
@require_POST
def check(request, ref, number):
    incident = incident_for(request.user, ref)
    only(roles.can_draft_notice(request.user, incident), "checking notices")
    notice = get_object_or_404(incident.notices, number=number)
    try:
        takedowns.check_again(notice, by=request.user)
    except takedowns.NotReady as reason:
        messages.error(request, f"Not checked again. {reason}")
    return redirect("notice", ref, number)


@login_required
@require_safe
def form_text(request, ref, number):
    return _text(request, ref, number, "form")


@login_required
@require_safe
def letter_text(request, ref, number):
    return _text(request, ref, number, "letter")


def _text(request, ref: str, number: int, name: str) -> HttpResponse:
    incident = incident_for(request.user, ref)
    notice = get_object_or_404(incident.notices, number=number)
    if takedowns.astray(notice):
        return HttpResponse(WITHHELD, content_type="text/plain; charset=utf-8", status=409)
    answer = HttpResponse(getattr(notice, name), content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{incident.ref}-{notice}-{name}.txt"'
    return answer
