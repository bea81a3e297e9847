"""How sure we are that something is what it looks like."""

from enum import StrEnum


class Confidence(StrEnum):
    HIGH = "high"  # a checksum, or a form that nothing else has
    MEDIUM = "medium"  # the form, and no sign against it
    LOW = "low"  # a guess that a person has to look at
