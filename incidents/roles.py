"""Who may do what in an incident: one predicate per rule.

Seeing it at all is `Incident.objects.visible_to`.
"""

from incidents.models import Membership

Role = Membership.Role


def _has(user, incident, *roles: str) -> bool:
    return incident.role_of(user) in roles


def can_lead(user, incident) -> bool:
    """People, status, severity, what the incident is called."""
    return _has(user, incident, Role.LEAD)


def can_keep_own(user) -> bool:
    """The installation's list of our own places: those who keep it, and whoever leads an incident."""
    return user.is_staff or user.memberships.filter(role=Role.LEAD).exists()


def can_add_artifact(user, incident) -> bool:
    return _has(user, incident, Role.LEAD, Role.TRIAGE)


def can_watch(user, incident) -> bool:
    return _has(user, incident, Role.LEAD, Role.TRIAGE)


def can_triage(user, incident) -> bool:
    return _has(user, incident, Role.LEAD, Role.TRIAGE)


def can_note(user, incident) -> bool:
    return _has(user, incident, Role.LEAD, Role.TRIAGE, Role.COMMS, Role.LEGAL)


def can_keep_facts(user, incident) -> bool:
    return _has(user, incident, Role.LEAD, Role.TRIAGE, Role.COMMS, Role.LEGAL)


def can_draft_statement(user, incident) -> bool:
    return _has(user, incident, Role.LEAD, Role.COMMS)


def can_approve(user, statement) -> bool:
    """A second person: never the one who wrote it last."""
    may = _has(user, statement.incident, Role.LEAD, Role.LEGAL, Role.EXECUTIVE)
    return may and user.pk != statement.edited_by_id


def can_publish(user, incident) -> bool:
    return _has(user, incident, Role.LEAD, Role.COMMS)


def can_draft_notice(user, incident) -> bool:
    return _has(user, incident, Role.LEAD, Role.LEGAL)


def can_ask_decision(user, incident) -> bool:
    return _has(user, incident, Role.LEAD, Role.TRIAGE, Role.COMMS, Role.LEGAL)


def can_decide(user, incident) -> bool:
    return _has(user, incident, Role.LEAD, Role.EXECUTIVE)
