from .polls import Budget, Poll
from .sightings import Change, Check, Evidence, Sighting
from .terms import SearchTerm
from .watches import Source, Watch
from .watchlists import Fingerprint, Watchlist
from .work import LeaseLost, Work

__all__ = [
    "Budget",
    "Change",
    "Check",
    "Evidence",
    "Fingerprint",
    "LeaseLost",
    "Poll",
    "SearchTerm",
    "Sighting",
    "Source",
    "Watch",
    "Watchlist",
    "Work",
]
