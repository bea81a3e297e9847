from django.http import Http404
from django.shortcuts import render
from django.views.decorators.http import require_safe

from incidents import prose
from incidents.models import Incident


@require_safe
def page(request, slug):
    """What one incident has published for everybody, newest first; nothing else of it."""
    incident = Incident.objects.filter(public_slug=slug).first()
    statements = incident.statements.published().filter(audience="public") if incident else []
    if not statements:
        raise Http404("Nothing has been published here.")
    said = [(one, prose.plain(one.published_text)) for one in statements]
    return render(request, "public/statements.html", {"organisation": incident.organisation, "said": said})
