"""Where hosts tell us things. Whoever cannot sign hears the same as at an address that does not exist."""

import logging
from tempfile import SpooledTemporaryFile

from django.conf import settings
from django.http import Http404, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from monitors import hooks
from monitors.models import Source

IN_MEMORY = 1024 * 1024  # events about forks have a few KB, and nobody is known before all is read

log = logging.getLogger(__name__)


@csrf_exempt  # signed instead
@require_POST
def github(request, pk):
    source = Source.objects.filter(pk=pk).first()
    with SpooledTemporaryFile(max_size=IN_MEMORY) as kept:
        is_whole = _keep(request, kept)
        kept.seek(0)
        if not is_whole or not hooks.is_signed(source, kept, request.headers.get("X-Hub-Signature-256", "")):
            log.warning("A delivery to the hook of source %s is too long or not signed with its secret.", pk)
            raise Http404
        kept.seek(0)
        body = kept.read()
    return _act(request, source, body)


def _keep(request, kept) -> bool:
    """Whether the whole body was short enough to be kept."""
    size = 0
    while block := request.read(hooks.BLOCK):
        size += len(block)
        if size > settings.WEBHOOK_BYTES:
            return False
        kept.write(block)
    return True


def _act(request, source, body):
    event = request.headers.get("X-GitHub-Event", "")
    try:
        taken = hooks.take(source, event, request.headers.get("X-GitHub-Delivery", ""), body)
    except hooks.NotReady as reason:
        return HttpResponse(f"{reason}.\n", status=400, content_type="text/plain")
    return HttpResponse(f"{taken.says}\n", content_type="text/plain")
