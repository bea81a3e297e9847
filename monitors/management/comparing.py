"""Many places against the same indexes, on as many processors as there are."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

from monitors import leaks
from monitors.fingerprints import BadIndex, Index
from monitors.management.reading import TOLD, Reading, skipped
from monitors.matching import Match
from monitors.unpack import Limits

Progress = Callable[[str, int, int], None]
AHEAD = 4  # places read ahead for each process


class Comparer:
    """These indexes, opened where they lie. Raises BadIndex and OSError.

    `key` opens those that are locked. It goes to other processes as paths, and is opened anew there.
    """

    def __init__(
        self, indexes: Sequence[Path], *, limits: Limits, key: bytes = b"", evidence: int = 20
    ) -> None:
        self._given = list(indexes), limits, key, evidence
        self._indexes = [_opened(path, key) for path in indexes]

    def __reduce__(self) -> tuple[Any, ...]:
        return _made_anew, self._given

    def answer(self, place: Path, *, progress: Progress | None = None) -> dict[str, Any]:
        """What of each leak is there, as plain JSON, and what of the place was not read, as "skipped".

        Where it could not be read to its end, "error" says why, and the matches are of what came before.
        """
        paths, limits, _, evidence = self._given
        reading = Reading(place, limits=limits, progress=progress)
        found = leaks.compare(self._indexes, reading, title=place.name)
        matches = [_plain(path, one, evidence) for path, one in zip(paths, found, strict=True)]
        told: dict[str, Any] = {"skipped": skipped(reading.notes, most=TOLD)}
        if reading.error:
            told["error"] = reading.error
            matches = matches if reading.count else []
        return {"path": str(place), "matches": matches} | told

    def answers(self, places: Iterable[Path], *, jobs: int) -> Iterator[dict[str, Any]]:
        """The answers for these places, in their order, each as soon as it and those before it are there.

        Raises BrokenProcessPool when a process dies over a place.
        """
        waiting: Queue[Future[dict[str, Any]] | BaseException | None] = Queue(jobs * AHEAD)
        spawn = get_context("spawn")
        with ProcessPoolExecutor(jobs, mp_context=spawn, initializer=_take, initargs=[self]) as pool:
            # A thread, as whoever types the places may wait for one answer before typing the next.
            Thread(target=_feed, args=[pool, places, waiting], daemon=True).start()
            while (next_one := waiting.get()) is not None:
                if isinstance(next_one, BaseException):
                    raise next_one
                yield next_one.result()


def processors() -> int:
    """How many of them this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _feed(pool: ProcessPoolExecutor, places: Iterable[Path], waiting: Queue[Any]) -> None:
    try:
        for place in places:
            waiting.put(pool.submit(_answer, place))
    except BaseException as error:
        waiting.put(error)
    waiting.put(None)


# In a process of the pool: what it compares with.
_mine: list[Comparer] = []


def _take(comparer: Comparer) -> None:
    _mine[:] = [comparer]


def _answer(place: Path) -> dict[str, Any]:
    return _mine[0].answer(place)


def _made_anew(indexes: list[Path], limits: Limits, key: bytes, evidence: int) -> Comparer:
    return Comparer(indexes, limits=limits, key=key, evidence=evidence)


def _opened(path: Path, key: bytes) -> Index:
    index = Index.open(path)
    if not index.is_locked:
        return index
    if not key:
        raise BadIndex(f"{path} is locked. Give the key that it was made with: --key-file FILE")
    return index.unlocked(key)


def _plain(index: Path, found: Match, most: int) -> dict[str, Any]:
    return {
        "index": str(index),
        "score": round(found.score, 6),
        "share": round(found.share, 6),
        "class": found.klass.value,
        "files": found.files,
        "lines": found.lines,
        "warnings": list(found.warnings),
        "evidence": [
            asdict(pair) | {"regions": [one._asdict() for one in pair.regions]} for pair in found.pairs[:most]
        ],
    }
