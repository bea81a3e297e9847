"""From files to the inventory."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from monitors.inventory.entries import Entry, Inventory
from monitors.inventory.ownership import Verdict, judge
from monitors.inventory.seen import Seen, measured
from monitors.unpack import File
from monitors.unpack.paths import Paths

Progress = Callable[[str, int, int], None]
STEPS = 50  # calls of progress at most


def take(files: Iterable[File], *, progress: Progress | None = None) -> Inventory:
    """The inventory of these files, all of which are held in memory.

    The same path with the same content is taken once; with another content it gets a suffix.
    `progress("inventory", done, total)` counts files, once all of them have come.
    """
    paths = Paths()
    given = 0
    kept: list[File] = []
    for file in files:
        given += 1
        if (path := paths.settle(file.path, file.content)) is not None:
            kept.append(file._replace(path=path))
    seen = list(_measured(kept, progress))
    entries = [_entry(file, verdict) for file, verdict in zip(seen, judge(seen), strict=True)]
    return Inventory(entries, merged=given - len(kept))


def _measured(files: list[File], progress: Progress | None) -> Iterable[Seen]:
    step = max(1, len(files) // STEPS)
    for done, file in enumerate(files, start=1):
        yield measured(*file)
        if progress and (done % step == 0 or done == len(files)):
            progress("inventory", done, len(files))


def _entry(file: Seen, verdict: Verdict) -> Entry:
    return Entry(
        path=file.path,
        size=file.size,
        lines=file.lines,
        language=file.language,
        ownership=verdict.ownership,
        why=verdict.why,
        origin=file.origin,
        binary=file.is_binary,
        content=file.content,
    )
