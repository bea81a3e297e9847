from .backgrounds import Background
from .changes import Change
from .deliveries import Delivery
from .examinations import Evidence, Examination, Held
from .leads import Lead
from .mentions import Mention
from .own import Ours, Own
from .polls import Budget, Poll
from .sightings import Check, Sighting
from .terms import SearchTerm
from .watches import Source, Watch
from .watchlists import Fingerprint, Watchlist
from .work import LeaseLost, Work

__all__ = [
    "Background",
    "Budget",
    "Change",
    "Check",
    "Delivery",
    "Evidence",
    "Examination",
    "Fingerprint",
    "Held",
    "Lead",
    "LeaseLost",
    "Mention",
    "Ours",
    "Own",
    "Poll",
    "SearchTerm",
    "Sighting",
    "Source",
    "Watch",
    "Watchlist",
    "Work",
]
