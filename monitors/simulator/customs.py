"""How hosts treat notices, and who may ask them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Token:
    """Somebody who may ask with a token."""

    login: str
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Customs:
    """How one host treats notices, and what people do then. Shares are from 0 to 1."""

    delay: timedelta = timedelta(hours=18)  # from the notice to the removal
    repost: float = 0.0  # of those removed come back under another name or account
    repost_delay: timedelta = timedelta(hours=6)
    counter: float = 0.0  # of those removed are restored by a counter-notice
    counter_delay: timedelta = timedelta(days=11)
    reason: str = "dmca"


# What becomes of a copy where nobody is told of a notice.
_REASONS = {"npm": "unpublished", "pypi": "deleted", "mirror": "deleted", "dockerhub": "deleted"}


def reason_of(kind: str) -> str:
    """Why what a host of this kind removed is gone, unless a world says otherwise."""
    return _REASONS.get(kind, "dmca")


def usual(kind: str) -> Customs:
    """How a host of this kind treats notices, unless a world says otherwise."""
    return Customs(reason=reason_of(kind))
