from .artifacts import Artifact, ExposedFile, ExposedItem
from .comms import Approval, Fact, Statement
from .decisions import Decision
from .incident import Incident, Membership
from .people import FailedSignIn, SignInLink, User
from .publications import Publication
from .takedowns import Notice, Target
from .timeline import Event

__all__ = [
    "Approval",
    "Artifact",
    "Decision",
    "Event",
    "ExposedFile",
    "ExposedItem",
    "Fact",
    "FailedSignIn",
    "Incident",
    "Membership",
    "Notice",
    "Publication",
    "SignInLink",
    "Statement",
    "Target",
    "User",
]
