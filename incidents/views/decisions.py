from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from incidents import decisions, roles
from incidents.forms import AskForm, DecideForm
from incidents.views.access import incident_for, only


@login_required
@require_POST
def ask(request, ref):
    incident = incident_for(request.user, ref)
    only(roles.can_ask_decision(request.user, incident), "asking for decisions")
    form = AskForm(request.POST)
    if form.is_valid():
        decisions.ask(incident, by=request.user, **form.cleaned_data)
        messages.success(request, "Asked. It stands on this page until somebody decides.")
    for name, problems in form.errors.items():
        messages.error(request, f"Not asked. {form.fields[name].label or name.capitalize()}: {problems[0]}")
    return redirect("status", ref)


@login_required
@require_POST
def decide(request, ref, pk):
    incident = incident_for(request.user, ref)
    only(roles.can_decide(request.user, incident), "deciding")
    decision = get_object_or_404(incident.decisions, pk=pk)
    form = DecideForm(request.POST, prefix=f"d{pk}")
    answer = form.cleaned_data["answer"] if form.is_valid() else ""
    try:
        decisions.decide(decision, answer, by=request.user)
    except decisions.NotReady as reason:
        messages.error(request, f"Not decided. {reason}")
    else:
        messages.success(request, "Decided, and on the record.")
    return redirect("status", ref)
