"""ETag and Last-Modified, for hosts that answer 304: https://www.rfc-editor.org/rfc/rfc9110#name-conditional-requests"""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import sha256

from monitors.simulator.messages import Request, Response


def conditional(request: Request, response: Response, *, modified: datetime | None = None) -> Response:
    """The response with its ETag (and Last-Modified); 304 without a body when the asker has it already."""
    if response.status != 200:
        return response
    tag = f'"{sha256(response.body).hexdigest()[:32]}"'
    headers = {"ETag": tag} | ({"Last-Modified": format_datetime(modified, usegmt=True)} if modified else {})
    response.headers |= headers
    known = request.headers.get("if-none-match")
    is_known = known == tag if known else _is_older(modified, request.headers.get("if-modified-since", ""))
    return Response(304, b"", headers) if is_known else response


def _is_older(modified: datetime | None, since: str) -> bool:
    if not since or modified is None:
        return False
    try:
        return modified.replace(microsecond=0) <= parsedate_to_datetime(since)
    except (ValueError, TypeError):
        return False
