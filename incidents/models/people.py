from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.utils import timezone


class User(AbstractUser):
    """A person. Staff keep the installation (sources, people); they see no incident they are not in."""

    def __str__(self) -> str:
        return self.get_full_name() or self.username


class SignInLinkQuerySet(models.QuerySet):
    def usable(self, at):
        return self.filter(used_at=None, expires_at__gt=at)


class SignInLink(models.Model):
    """A way in that works once. Only the token's digest is kept."""

    user = models.ForeignKey(User, models.CASCADE, related_name="sign_in_links")
    token_sha256 = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    objects = SignInLinkQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=models.F("made_at")), name="sign_in_link_lasts_a_while"
            )
        ]

    def __str__(self) -> str:
        return f"link for {self.user}"


class FailedSignInQuerySet(models.QuerySet):
    def since(self, at, *, address):
        return self.filter(address=address, at__gt=at)


class FailedSignIn(models.Model):
    """A wrong password, kept for a day. Counted per name and address: nobody can lock another out."""

    username = models.CharField(max_length=150)  # as typed, lower-cased
    address = models.CharField(max_length=64)
    at = models.DateTimeField(db_index=True)

    objects = FailedSignInQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.username} from {self.address}"
