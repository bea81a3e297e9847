"""Where hosts tell us things. Whoever cannot sign hears the same as at an address that does not exist."""

import logging

from django.http import Http404, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from monitors import hooks
from monitors.models import Source

BYTES = 1024 * 1024  # events about forks and pushes have a few KB

log = logging.getLogger(__name__)


@csrf_exempt  # signed instead
@require_POST
def github(request, pk):
    body = request.read(BYTES + 1)
    source = Source.objects.filter(pk=pk).first()
    if len(body) > BYTES or not hooks.is_signed(source, body, request.headers.get("X-Hub-Signature-256", "")):
        log.warning("A delivery to the hook of source %s is too long or not signed with its secret.", pk)
        raise Http404
    event = request.headers.get("X-GitHub-Event", "")
    try:
        taken = hooks.take(source, event, request.headers.get("X-GitHub-Delivery", ""), body)
    except hooks.NotReady as reason:
        return HttpResponse(f"{reason}.\n", status=400, content_type="text/plain")
    return HttpResponse(f"{taken.says}\n", content_type="text/plain")
