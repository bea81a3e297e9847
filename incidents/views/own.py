from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from incidents import roles
from monitors import own
from monitors.models import Own


class OwnForm(forms.Form):
    """The door says what is wrong with it: here only the lengths are held."""

    host = forms.CharField(
        max_length=253, help_text="Such as github.com; of a registry, as its sightings name it."
    )
    name = forms.CharField(
        label="Account or repository",
        max_length=300,
        required=False,
        help_text=Own._meta.get_field("name").help_text,
    )
    native_id = forms.CharField(
        label="The host’s own id",
        max_length=300,
        required=False,
        help_text=Own._meta.get_field("native_id").help_text,
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)
        for field in self.fields.values():
            field.widget.attrs |= {"class": "mono", "spellcheck": "false", "autocapitalize": "none"}


@login_required
@require_http_methods(["GET", "POST"])
def page(request):
    form = OwnForm(request.POST or None)
    if request.method == "POST":
        _keepers_only(request)
        if form.is_valid() and _added(request, form):
            return redirect("own")
    context = {"form": form, "entries": own.listed(), "may_keep": roles.can_keep_own(request.user)}
    return render(request, "own/own.html", context, status=400 if form.errors else 200)


def _added(request, form) -> bool:
    try:
        entry = own.add(**form.cleaned_data, by=request.user)
    except own.NotReady as reason:
        form.add_error(None, str(reason))
        return False
    covers = next(one.covers for one in own.listed() if one.entry == entry)
    if covers:
        known = "one sighting" if covers == 1 else f"{covers:,} sightings"
        messages.success(request, f"{entry} is ours, with {known}: no copy, and never a target.")
    else:
        messages.warning(request, f"{entry} is ours, and covers no sighting yet. {AS_SIGHTED}")
    return True


AS_SIGHTED = "Where there should be one, write host and name as the sighting does."


@login_required
@require_POST
def remove(request, pk):
    _keepers_only(request)
    entry = get_object_or_404(Own, pk=pk)
    own.remove(entry)
    messages.success(request, f"{entry} is off the list: what holds the leak there counts as a copy.")
    return redirect("own")


def _keepers_only(request) -> None:
    if not roles.can_keep_own(request.user):
        raise PermissionDenied("Leads, and those who run this installation, keep this list. Ask one of them.")
