"""How people get in: one-time links, invitations. No password is ever made by us."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from incidents import lifecycle
from incidents.models import FailedSignIn, Membership, SignInLink, User


class NotReady(Exception):
    """It cannot be done now; the message says why."""


def first_administrator() -> User | None:
    """The administrator who has never signed in; made when there is none at all. None once somebody has."""
    staff = User.objects.filter(is_staff=True, is_active=True)
    if staff.exclude(last_login=None).exists():
        return None
    return staff.order_by("pk").first() or _without_password("admin", is_staff=True, is_superuser=True)


def sign_in_link(user: User, *, at: datetime | None = None) -> str:
    """A token that lets this person in once, within a day. Only its digest is stored."""
    at = at or timezone.now()
    token = secrets.token_urlsafe(32)
    SignInLink.objects.create(
        user=user, token_sha256=_digest(token), made_at=at, expires_at=at + settings.SIGN_IN_LINK_LASTS
    )
    return token


def find_link(token: str, *, at: datetime | None = None) -> SignInLink | None:
    """The usable link behind a token. Looking does not use it up."""
    at = at or timezone.now()
    usable = SignInLink.objects.usable(at).filter(token_sha256=_digest(token), user__is_active=True)
    return usable.select_related("user").first()


@transaction.atomic
def use_link(token: str, *, username: str, full_name: str, email: str, password: str, at=None) -> User:
    """Let its owner in, under the name and password they chose. Works once; raises NotReady."""
    at = at or timezone.now()
    link = find_link(token, at=at)
    if link is None or not SignInLink.objects.usable(at).filter(pk=link.pk).update(used_at=at):
        raise NotReady("This link has been used or is too old. Ask for a new one.")
    user = link.user
    username = username.strip()
    if not username or User.objects.filter(username__iexact=username).exclude(pk=user.pk).exists():
        raise NotReady("Choose another user name: this one is taken or empty.")
    user.username, user.email = username, email.strip()
    user.first_name, _, user.last_name = full_name.strip().partition(" ")
    try:
        validate_password(password, user)
    except ValidationError as weak:
        raise NotReady(" ".join(weak.messages)) from weak
    user.set_password(password)
    user.save()
    user.sign_in_links.usable(at).update(used_at=at)
    return user


def may_sign_in(username: str, address: str, *, at: datetime | None = None) -> bool:
    """Whether a password may be tried for this name from this address, or too many were wrong of late."""
    at = at or timezone.now()
    failed = FailedSignIn.objects.since(at - settings.SIGN_IN_WAIT, address=address)
    of_name = failed.filter(username=username.lower()[:150])
    return of_name.count() < settings.SIGN_IN_TRIES and failed.count() < settings.SIGN_IN_TRIES_FROM_ADDRESS


def failed_to_sign_in(username: str, address: str, *, at: datetime | None = None) -> None:
    """Count a wrong password."""
    at = at or timezone.now()
    FailedSignIn.objects.filter(at__lt=at - timedelta(days=1)).delete()
    FailedSignIn.objects.create(username=username.lower()[:150], address=address, at=at)


def add(username: str, *, full_name: str = "", email: str = "", is_staff: bool = False) -> User:
    """A new person, who chooses a password by a sign-in link. Raises NotReady."""
    username = username.strip()
    if not username or User.objects.filter(username__iexact=username).exists():
        raise NotReady("Choose another user name: this one is taken or empty.")
    first_name, _, last_name = full_name.strip().partition(" ")
    return _without_password(
        username, first_name=first_name, last_name=last_name, email=email.strip(), is_staff=is_staff
    )


@transaction.atomic
def invite(incident, *, email: str, role: str, by) -> tuple[User, str | None]:
    """Let somebody in; with a one-time token when they have never signed in. Raises NotReady."""
    email = email.strip()
    try:
        validate_email(email)
    except ValidationError:
        raise NotReady("Give the person's e-mail address.") from None
    if role not in Membership.Role.values:
        raise NotReady(f"{role!r} is not a role.")
    user = (
        User.objects.filter(email__iexact=email).first()
        or User.objects.filter(username__iexact=email).first()
    )
    user = user or _without_password(email, email=email)
    try:
        lifecycle.admit(incident, user, role, by=by)
    except lifecycle.NotReady as reason:
        raise NotReady(str(reason)) from reason
    return user, None if user.has_usable_password() else sign_in_link(user)


def _without_password(username: str, **details) -> User:
    user = User(username=username, **details)
    user.set_unusable_password()
    user.save()
    return user


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
