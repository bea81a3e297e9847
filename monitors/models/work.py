"""Work is a row in a due state. See docs/adr/0001-work-is-a-row.md."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.db import models


class LeaseLost(Exception):
    """Another worker has this row now; what this one found must not be written."""


class WorkQuerySet(models.QuerySet):
    def due(self, at: datetime):
        """Rows that want a worker, longest waiting first."""
        return self.filter(due_at__lte=at).order_by("due_at", "pk")

    def claim(self, *, at: datetime, most: int) -> datetime | None:
        """Take up to `most` of these rows that are due, under one lease; its end, None when none was left.

        Whoever holds the lease finds the rows by it: `due_at` is the lease's end.
        """
        until = at + self.model.LEASE
        waiting = list(self.due(at).values_list("pk", flat=True)[:most])
        taken = self.model.objects.filter(pk__in=waiting, due_at__lte=at).update(due_at=until)
        return until if taken else None


class Work(models.Model):
    LEASE: ClassVar[timedelta]
    CLAIMED: ClassVar[dict[str, Any]] = {}  # what a claim writes besides, in kinds of work that keep a mark

    # When a worker should look next. While one looks, this is the end of its lease. Empty: never.
    due_at = models.DateTimeField(null=True, blank=True, db_index=True)

    objects = WorkQuerySet.as_manager()

    class Meta:
        abstract = True

    def claim(self, *, at: datetime) -> bool:
        """Take this row for one go; True for exactly one of many callers.

        The claim is a lease: should the worker die, the row falls due again.
        """
        until = at + self.LEASE
        if type(self).objects.due(at).filter(pk=self.pk).update(due_at=until, **self.CLAIMED) != 1:
            return False
        self.due_at = until
        return True

    def renew(self, *, at: datetime) -> None:
        """Keep the lease for another `LEASE`. Raises LeaseLost."""
        self.settle(due_at=at + self.LEASE)

    def settle(self, *, due_at: datetime | None, **changes: Any) -> None:
        """Write what came of the work, if the lease still holds. Raises LeaseLost.

        The end of the lease is its own proof: whoever claims later moves it.
        """
        mine = type(self).objects.filter(pk=self.pk, due_at=self.due_at)
        if mine.update(due_at=due_at, **changes) != 1:
            raise LeaseLost(f"{self} is with another worker")
        self.due_at = due_at
        for name, value in changes.items():
            setattr(self, name, value)


def renew(rows: Sequence[Work], *, lease: datetime, at: datetime) -> datetime:
    """Keep this lease, for those of the rows that are still under it; its new end.

    Raises LeaseLost when others have all of them.
    """
    mine, until = [row for row in rows if row.due_at == lease], at + rows[0].LEASE
    held = type(rows[0]).objects.filter(pk__in=[row.pk for row in mine], due_at=lease)
    if mine and not held.update(due_at=until):
        raise LeaseLost(f"{mine[0]} is with another worker")
    for row in mine:
        row.due_at = until
    return until
