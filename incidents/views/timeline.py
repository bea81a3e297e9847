from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from incidents import roles, timeline
from incidents.forms import NoteForm
from incidents.views.access import incident_for, only
from incidents.views.frame import show

AT_ONCE = 100


@login_required
@require_http_methods(["GET", "POST"])
def page(request, ref):
    incident = incident_for(request.user, ref)
    form = NoteForm(request.POST or None)
    if request.method == "POST":
        only(roles.can_note(request.user, incident), "adding to the record")
        if form.is_valid() and _note(form, incident, request):
            return redirect("timeline", incident.ref)
    oldest_first = request.GET.get("order") == "oldest"
    events = incident.events.select_related("by").defer("facts").order_by("seq" if oldest_first else "-seq")
    return show(
        request,
        incident,
        "timeline/timeline.html",
        within="timeline",
        form=form,
        page=Paginator(events, AT_ONCE).get_page(request.GET.get("page")),
        oldest_first=oldest_first,
        query="order=oldest&" if oldest_first else "",
        verdict=timeline.is_whole(incident),
        status=400 if form.errors else 200,
    )


def _note(form, incident, request) -> bool:
    try:
        timeline.note(
            incident, form.cleaned_data["text"], by=request.user, at=form.cleaned_data["happened_at"]
        )
    except timeline.BadEvent as reason:
        form.add_error(None, str(reason))
        return False
    messages.success(request, "On the record.")
    return True
