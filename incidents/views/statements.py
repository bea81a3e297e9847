from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from incidents import comms, prose, roles, status
from incidents.forms import DraftForm, FactForm, StatementForm
from incidents.views.access import incident_for, only
from incidents.views.facts import uses
from incidents.views.frame import show


@login_required
@require_safe
def page(request, ref):
    incident = incident_for(request.user, ref)
    drafts = list(
        incident.statements.drafts().select_related("edited_by").annotate(approvals_given=Count("approvals"))
    )
    said = status.said(incident)
    return show(
        request,
        incident,
        "statements/statements.html",
        within="statements",
        facts=uses(incident),
        fact_form=FactForm(),
        draft_form=DraftForm(),
        drafts=[(one, comms.standing(one)) for one in drafts],
        said=said,
        is_public=any(one.statement.audience == "public" for one in said),
    )


@login_required
@require_POST
def draft(request, ref):
    incident = incident_for(request.user, ref)
    only(roles.can_draft_statement(request.user, incident), "drafting statements")
    form = DraftForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose who it is for.")
        return redirect("statements", ref)
    statement = comms.draft(incident, by=request.user, audience=form.cleaned_data["audience"])
    return redirect("statement", ref, statement.number)


@login_required
@require_http_methods(["GET", "POST"])
def one(request, ref, number):
    incident = incident_for(request.user, ref)
    statement = get_object_or_404(
        incident.statements.select_related("edited_by", "published_by"), number=number
    )
    standing = {name: getattr(statement, name) for name in ("title", "audience", "body")}
    form = StatementForm(request.POST or None, initial=standing)
    if request.method == "POST":
        only(roles.can_draft_statement(request.user, incident), "editing statements")
        if form.is_valid() and _edit(form, statement, request):
            return redirect("statement", ref, number)
    return show(
        request,
        incident,
        "statements/statement.html",
        within="statements",
        form=form,
        **_reading(statement, request),
    )


def _reading(statement, request) -> dict:
    """The statement as it reads, and what stands for and against it."""
    incident = statement.incident
    pieces = (
        prose.plain(statement.published_text) if statement.is_published else prose.blocks(statement.pieces())
    )
    quoted = {piece.fact.pk for piece in statement.quotes()}
    facts = uses(incident)
    return {
        "statement": statement,
        "blocks": pieces,
        "facts": [one for one in facts if one.fact.pk in quoted],
        "other_facts": [one for one in facts if one.fact.pk not in quoted],
        "approvals": statement.approvals.select_related("by"),
        "valid": set(statement.valid_approvals().values_list("pk", flat=True)),
        "standing": comms.standing(statement),
        "can_approve": not statement.is_published and roles.can_approve(request.user, statement),
        "said": status.said(incident),
        "status": 400 if request.method == "POST" else 200,
    }


def _edit(form, statement, request) -> bool:
    try:
        comms.edit(statement, by=request.user, **form.cleaned_data)
    except comms.NotReady as reason:
        form.add_error(None, str(reason))
        return False
    messages.success(request, "Saved. Approvals of other words no longer count.")
    return True


@login_required
@require_POST
def approve(request, ref, number):
    incident = incident_for(request.user, ref)
    statement = get_object_or_404(incident.statements, number=number)
    only(roles.can_approve(request.user, statement), "approving this statement")
    try:
        comms.approve(statement, by=request.user)
    except comms.NotReady as reason:
        messages.error(request, f"Not approved. {reason}")
    return redirect("statement", ref, number)


@login_required
@require_POST
def publish(request, ref, number):
    incident = incident_for(request.user, ref)
    only(roles.can_publish(request.user, incident), "publishing statements")
    statement = get_object_or_404(incident.statements, number=number)
    try:
        comms.publish(statement, by=request.user)
    except comms.NotReady as reason:
        messages.error(request, f"Not published. {reason}")
    else:
        messages.success(request, "Published, word for word as approved.")
    return redirect("statement", ref, number)
