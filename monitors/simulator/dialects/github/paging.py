"""Pages of a list, with the Link header that leads on.

https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from monitors.simulator.messages import Request

T = TypeVar("T")


def page(request: Request, rows: Sequence[T], *, default: int = 30) -> Sequence[T]:
    """The rows of the page that is asked for."""
    size, number = sizes(request, default=default)
    return rows[(number - 1) * size : number * size]


def sizes(request: Request, *, default: int = 30) -> tuple[int, int]:
    """How many a page, from 1 to 100, and which page, from 1 on."""
    return (
        request.number("per_page", default, least=1, most=100),
        request.number("page", 1, least=1, most=1_000_000),
    )


def links(request: Request, total: int, path: str, *, default: int = 30) -> dict[str, str]:
    """The Link header of a list of `total` rows at `path`; none when all are on one page."""
    size, number = sizes(request, default=default)
    last = -(-total // size)
    wanted = {"prev": number - 1, "next": number + 1, "last": last, "first": 1}
    if number >= last:
        wanted = {"prev": min(number - 1, last), "first": 1}
    elif number == 1:
        wanted = {"next": 2, "last": last}
    if last <= 1:
        return {}
    query: dict[str, Any] = {name: values[0] for name, values in request.query.items()}
    each = (
        f'<{request.base}{path}?{urlencode(query | {"page": to})}>; rel="{rel}"' for rel, to in wanted.items()
    )
    return {"Link": ", ".join(each)}
