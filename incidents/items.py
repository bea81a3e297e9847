"""What the text of an artifact's files gives away: kept with it, and said when it is a credential."""

from collections import Counter

from django.db.models import Count

from incidents import timeline
from incidents.models import Artifact, Event, ExposedItem
from monitors.inventory import Confidence, Entry, Exposures, Item, Kind

AT_ONCE = 500


def keep(artifact: Artifact, exposures: Exposures, entries: list[Entry], *, at) -> None:
    """Store the items in place of those kept before, and put credentials on the record.

    Whether a credential is one is for a person to find out: no fact is set here.
    """
    numbers = {entry.path: number for number, entry in enumerate(entries)}
    artifact.items.all().delete()
    rows = (_row(artifact, number, item, numbers) for number, item in enumerate(exposures.items))
    ExposedItem.objects.bulk_create(rows, batch_size=AT_ONCE)
    suspects = [item for item in exposures.items if item.kind is Kind.CREDENTIAL and _is_worth_a_look(item)]
    found = list({_which(item.digest, item.path, item.line): item for item in suspects}.values())
    if found:
        _say(artifact, found, at)


def _is_worth_a_look(item: Item) -> bool:
    """What a name alone calls a secret stays on the list; to shout about each would hide the real one."""
    return item.confidence is not Confidence.LOW


def _which(digest: str, path: str, line: int) -> tuple:
    """What makes two of them one: the secret, or the place where it is too short to have a digest."""
    return (digest,) if digest else (path, line)


def suspects(items) -> dict[int, int]:
    """How many different possible credentials of each artifact are worth a look."""
    found = items.filter(kind=Kind.CREDENTIAL.value).exclude(confidence=Confidence.LOW.value)
    rows = found.order_by("artifact").values_list("artifact", "digest", "path", "line")
    return dict(Counter(artifact for artifact, *_ in {(row[0], _which(*row[1:])) for row in rows}))


def _row(artifact: Artifact, number: int, item: Item, numbers: dict[str, int]) -> ExposedItem:
    return ExposedItem(
        artifact=artifact,
        number=number,
        kind=item.kind.value,
        value=item.value[:300],
        what=item.what[:60],
        path=item.path[:1000],
        file=numbers[item.path],
        line=item.line,
        times=item.times,
        confidence=item.confidence.value,
        digest=item.digest,
    )


def _say(artifact: Artifact, found: list[Item], at) -> None:
    kinds = Counter(item.what for item in found)
    told = ", ".join(f"{what} {count}×" if count > 1 else what for what, count in kinds.most_common(5))
    is_one = len(found) == 1
    what = "1 possible credential" if is_one else f"{len(found):,} possible credentials"
    works = "it works" if is_one else "they work"
    timeline.record(
        artifact.incident,
        Event.Kind.CREDENTIALS_FOUND,
        f"{what} in {artifact.name}: {told}. Nobody has checked yet whether {works}.",
        at=at,
        artifact=artifact.pk,
        credentials=len(found),
        kinds=dict(kinds),
    )


def counts(items) -> dict[str, int]:
    """How many items of each kind, all kinds named, in their order."""
    counted = dict(items.order_by().values_list("kind").annotate(Count("pk")))
    return {kind: counted.get(kind, 0) for kind, _ in ExposedItem.KINDS}


def told(items) -> dict[str, int]:
    """The same as it is told to executives: each credential worth a look once, however often it stands."""
    return counts(items) | {"credential": sum(suspects(items).values())}
