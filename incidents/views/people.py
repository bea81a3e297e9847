from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from incidents import lifecycle, people, roles
from incidents.forms import InviteForm
from incidents.views.access import incident_for, only
from incidents.views.frame import show


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def page(request, ref):
    """Who is in. A new person's link stands in the answer to the invitation, once, and nowhere else."""
    incident = incident_for(request.user, ref)
    form, invited = InviteForm(request.POST or None), None
    if request.method == "POST":
        only(roles.can_lead(request.user, incident), "inviting people")
        invited = _invite(form, incident, request) if form.is_valid() else None
        if invited and not invited["link"]:
            messages.success(request, f"{invited['user']} is in, and signs in as before.")
            return redirect("people", ref)
    return show(
        request,
        incident,
        "people/people.html",
        within="people",
        form=InviteForm() if invited else form,
        invited=invited,
        members=incident.memberships.select_related("user").order_by("role", "pk"),
        status=400 if form.errors else 200,
    )


def _invite(form, incident, request) -> dict | None:
    try:
        user, token = people.invite(incident, by=request.user, **form.cleaned_data)
    except people.NotReady as reason:
        form.add_error(None, str(reason))
        return None
    return {
        "user": user,
        "link": request.build_absolute_uri(reverse("welcome", args=[token])) if token else "",
    }


@login_required
@require_POST
def remove(request, ref, pk):
    incident = incident_for(request.user, ref)
    only(roles.can_lead(request.user, incident), "removing people")
    membership = get_object_or_404(incident.memberships.select_related("user"), pk=pk)
    try:
        lifecycle.remove(incident, membership.user, by=request.user)
    except lifecycle.NotReady as reason:
        messages.error(request, f"Not removed: {reason}.")
    else:
        messages.success(request, f"{membership.user} no longer sees this incident.")
    return redirect("incidents" if membership.user_id == request.user.pk else reverse("people", args=[ref]))
