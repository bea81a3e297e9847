"""Does a source answer, and as whom? "Configured, and nothing happens" must not be."""

from dataclasses import dataclass, replace
from datetime import datetime

from django.utils import timezone

from monitors.asking import Asking
from monitors.models import Source
from monitors.sources.base import Probe, RateLimited, SignInNeeded, SourceError, clean


@dataclass(frozen=True)
class Answer:
    """What came of asking. `says` is a whole sentence or two, without the token."""

    ok: bool
    says: str
    account: str = ""
    scopes: tuple[str, ...] = ()
    limit: int | None = None
    remaining: int | None = None


def check_soon(source: Source, *, at: datetime | None = None) -> None:
    """Let the next worker ask it whether it answers."""
    Source.objects.filter(pk=source.pk).update(due_at=at or timezone.now())


def check(source: Source, *, at: datetime | None = None, client=None) -> Answer:
    """Ask here and now, whoever else does, and write down what came of it."""
    at = at or timezone.now()
    source.due_at = at + Source.LEASE
    Source.objects.filter(pk=source.pk).update(due_at=source.due_at)
    return check_claimed(source, at=at, client=client)


def check_claimed(source: Source, *, at: datetime | None = None, client=None) -> Answer:
    """Ask one cheap thing. The caller holds the lease. Raises LeaseLost."""
    at = at or timezone.now()
    answer = _asked(source, at, client)
    source.settle(due_at=None, probed_at=at, probe_failed=not answer.ok, probe_says=answer.says)
    return answer


def _asked(source: Source, at: datetime, client) -> Answer:
    if source.is_missing_its_token:
        return Answer(False, f"The variable {source.token_env} is not set where the workers run.")
    try:
        asking = Asking(source, at=at, client=client)
    except SourceError as error:
        return Answer(False, clean(str(error), 500))
    try:
        probe = asking.adapter.probe()
        return _told(source, *_whose(asking, probe))
    except NotImplementedError:
        return Answer(
            True, "It has no address of its own to ask: each watch tells whether its place answers."
        )
    except RateLimited as error:
        asking.limited(error)
        return Answer(False, clean(asking.redacted(str(error)), 500))
    except SourceError as error:
        return Answer(False, clean(asking.redacted(str(error)), 500))


def _whose(asking: Asking, probe: Probe) -> tuple[Probe, str]:
    """The probe with what the host tells of our token; and why it does not, where it was asked.

    Raises SignInNeeded for a token that it refuses.
    """
    if not asking.source.token_env or probe.account:
        return probe, ""
    try:
        whose = asking.adapter.whose()
    except NotImplementedError:
        return probe, ""
    except SignInNeeded:
        raise
    except SourceError as error:  # as for a token that may do other things, but not ask this
        if isinstance(error, RateLimited):
            asking.limited(error)
        return probe, f"Whose it is was not told: {asking.redacted(str(error))}"
    return replace(probe, account=whose.account, scopes=whose.scopes or probe.scopes), ""


def _told(source: Source, probe: Probe, why: str) -> Answer:
    said = [clean(probe.says, 300).rstrip(".")]
    if not source.token_env:
        said.append("No token is named, so its limit is the one for strangers")
    else:
        whose = f"is {clean(probe.account, 80)}'s" if probe.account else "was accepted"
        said.append(f"The token {whose}{'' if probe.scopes else ', its scopes are not told'}")
    if probe.scopes:
        said.append("It may: " + ", ".join(clean(scope, 40) for scope in probe.scopes[:10]))
    if why:
        said.append(clean(why, 200).rstrip("."))
    if probe.limit is not None and probe.remaining is not None:
        said.append(f"{probe.remaining:,} of {probe.limit:,} requests are left")
    return Answer(
        ok=True,
        says=clean(". ".join(said) + ".", 500),
        account=clean(probe.account, 80),
        scopes=tuple(clean(scope, 40) for scope in probe.scopes[:50]),
        limit=probe.limit,
        remaining=probe.remaining,
    )
