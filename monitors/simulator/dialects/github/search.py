"""GitHub's searches: repositories, code, commits. They show 1,000 results and sometimes leave some out.

https://docs.github.com/en/rest/search/search
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from monitors.simulator.dialects.github import paging
from monitors.simulator.dialects.github.shapes import LANGUAGES, Shapes
from monitors.simulator.hosts import Host
from monitors.simulator.messages import Request, Response
from monitors.simulator.objects import Blob, Commit, Tree
from monitors.simulator.places import Repository

SHOWN = 1_000
LONGEST = 256
MOST_OPERATORS = 5
LARGEST_FILE = 384 * 1024  # larger ones are not in the index
PER_REPOSITORY = 100

_WORD = re.compile(r'(-?[a-z-]+:)?("(?:[^"\\]|\\.)*"|\S+)')


Item = Callable[[], dict[str, Any]]  # writes one result


class Query(NamedTuple):
    """Words and phrases in lower case, and what the qualifiers ask: name and value."""

    words: tuple[str, ...]
    qualifiers: tuple[tuple[str, str], ...]

    @classmethod
    def read(cls, text: str) -> Query:
        words, qualifiers = [], []
        for name, value in _WORD.findall(text):
            plain = value[1:-1].replace('\\"', '"') if value.startswith('"') and len(value) > 1 else value
            if name:
                qualifiers.append((name.rstrip(":"), plain))
            elif plain not in ("AND", "OR", "NOT"):
                words.append(plain.lower())
        return cls(tuple(words), tuple(qualifiers))

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.qualifiers if key == name]


def answer(request: Request, host: Host, at: datetime, shapes: Shapes) -> Response:
    """One search; 422 for a query it does not take, or a page past the 1,000th result."""
    search = _SEARCHES.get(request.parts[1] if len(request.parts) > 1 else "")
    if search is None:
        return Response.json({"message": "Not Found"}, 404)
    text = request.one("q")
    bare = Query.read(text)
    if not text.strip() or (search is code and not bare.words):
        return _invalid("Validation Failed", "missing", "q")
    if sum(len(word) + 1 for word in bare.words) > LONGEST + 1:
        return _invalid("Validation Failed", "invalid", "The search is longer than 256 characters.")
    if len(re.findall(r"\b(AND|OR|NOT)\b", text)) > MOST_OPERATORS:
        return _invalid("More than five AND / OR / NOT operators were used.", "invalid", "q")
    if text.count('"') % 2:
        return _invalid("ERROR_TYPE_QUERY_PARSING_FATAL unable to parse query!", "invalid", "q")
    size, number = paging.sizes(request)
    if (number - 1) * size >= SHOWN:
        return _invalid("Only the first 1000 search results are available", "invalid", "page")
    return _written(request, search(bare, host, at, shapes))


def matching(query: Query, host: Host, at: datetime, shapes: Shapes) -> list[Repository]:
    """By name, description and topics, and the readme if asked; forks only with fork:true or fork:only."""
    wants = query.all("fork")
    with_readme = any("readme" in value for value in query.all("in"))
    found = host.search(list(query.words), at, forks=bool(wants), readme=with_readme)
    return [one for one in found if ("only" not in wants or one.parent) and _fits(query, one, at, shapes)]


def repositories(query: Query, host: Host, at: datetime, shapes: Shapes) -> list[Item]:
    """What a search for repositories shows."""
    found = matching(query, host, at, shapes)
    return [_later(lambda one: {**shapes.repository(one), "score": 1.0}, one) for one in found]


def code(query: Query, host: Host, at: datetime, shapes: Shapes) -> list[Item]:
    """Files of default branches below 384 KB; of forks only those with more stars than their parent."""
    found: list[Item] = []
    for one in host.repositories:
        head = one.head(at)
        if not one.is_live(at) or head is None or not _is_indexed(query, one):
            continue
        if not _fits(query, one, at, shapes):
            continue
        hits = [hit for hit in holding(head.tree, query.words) if _fits_file(query, *hit)]
        found += [_later(_code_item(shapes, one), hit) for hit in hits[:PER_REPOSITORY]]
    return found


def commits(query: Query, host: Host, at: datetime, shapes: Shapes) -> list[Item]:
    """By their message; forks are left out."""
    found: list[Item] = []
    for one in host.repositories:
        head = one.head(at)
        if one.parent or not one.is_live(at) or head is None:
            continue
        for commit in list(head.history())[:200]:
            if _tells(query, commit):
                found.append(_later(_commit_item(shapes, one), commit))
    return found


@lru_cache(maxsize=2_000)
def holding(tree: Tree, words: tuple[str, ...]) -> list[tuple[str, Blob]]:
    """The files that hold every word, by path."""
    each = [word.encode() for word in words]
    return [
        (path, blob)
        for path, blob in tree.files().items()
        if len(blob.content) <= LARGEST_FILE and all(word in _lowered(blob) for word in each)
    ]


@lru_cache(maxsize=20_000)
def _lowered(blob: Blob) -> bytes:
    return blob.content.lower()


def _written(request: Request, found: Sequence[Item]) -> Response:
    """A page of what was found. When the search "ran out of time", the last third is missing."""
    shown = found[: len(found) * 2 // 3] if request.is_partial else found
    rows = [write() for write in paging.page(request, shown[:SHOWN])]
    headers = paging.links(request, min(len(shown), SHOWN), request.path)
    told = {"total_count": len(shown), "incomplete_results": request.is_partial, "items": rows}
    return Response.json(told, headers=headers)


def _is_indexed(query: Query, one: Repository) -> bool:
    return one.parent is None or (one.stars > one.parent.stars and "true" in query.all("fork"))


def _fits(query: Query, one: Repository, at: datetime, shapes: Shapes) -> bool:
    tests: dict[str, Callable[[str], bool]] = {
        "created": lambda value: _between(value, one.created_at.timestamp(), _time),
        "pushed": lambda value: _between(value, one.pushed_at(at).timestamp(), _time),
        "stars": lambda value: _between(value, one.stars, float),
        "user": lambda value: one.owner(at).lower() == value.lower(),
        "org": lambda value: one.owner(at).lower() == value.lower(),
        "repo": lambda value: one.full_name(at).lower() == value.lower(),
    }
    return all(tests[name](value) for name, value in query.qualifiers if name in tests)


def _fits_file(query: Query, path: str, blob: Blob) -> bool:
    ending = path.rpartition(".")[2]
    tests: dict[str, Callable[[str], bool]] = {
        "size": lambda value: _between(value, len(blob.content), float),
        "extension": lambda value: ending == value.lstrip("."),
        "filename": lambda value: value in path.rpartition("/")[2],
        "path": lambda value: path.startswith(value.strip("/")),
        "language": lambda value: LANGUAGES.get(ending, "").lower() == value.lower(),
    }
    return all(tests[name](value) for name, value in query.qualifiers if name in tests)


def _between(value: str, given: float, read: Callable[[str], float]) -> bool:
    """Whether a figure fits "10..20", "*..20", ">=10", "<5" or "10". What cannot be read fits nothing."""
    try:
        low, dots, high = value.partition("..")
        if dots:
            return (low == "*" or given >= read(low)) and (high == "*" or given <= read(high))
        for sign, test in _SIGNS.items():
            if value.startswith(sign):
                return test(given, read(value.removeprefix(sign)))
        return given == read(value)
    except ValueError:
        return False


_SIGNS: dict[str, Callable[[float, float], bool]] = {
    ">=": lambda given, bound: given >= bound,
    "<=": lambda given, bound: given <= bound,
    ">": lambda given, bound: given > bound,
    "<": lambda given, bound: given < bound,
}


def _time(text: str) -> float:
    at = datetime.fromisoformat(text)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def _tells(query: Query, commit: Commit) -> bool:
    is_told = all(word in commit.message.lower() for word in query.words)
    dates = (*query.all("committer-date"), *query.all("author-date"))
    return is_told and all(_between(value, commit.at.timestamp(), _time) for value in dates)


def _code_item(shapes: Shapes, one: Repository) -> Callable[[tuple[str, Blob]], dict[str, Any]]:
    def item(hit: tuple[str, Blob]) -> dict[str, Any]:
        path, blob = hit
        written = shapes.content(one, path, blob, whole=False)
        kept = {name: written[name] for name in ("name", "path", "sha", "url", "git_url", "html_url")}
        return {**kept, "repository": shapes.repository(one), "score": 1.0}

    return item


def _commit_item(shapes: Shapes, one: Repository) -> Callable[[Commit], dict[str, Any]]:
    def item(commit: Commit) -> dict[str, Any]:
        return {**shapes.commit(one, commit), "repository": shapes.repository(one), "score": 1.0}

    return item


def _later(write: Callable[[Any], dict[str, Any]], thing: object) -> Item:
    """Writing is left until it is known to be on the page."""
    return lambda: write(thing)


def _invalid(message: str, code: str, field: str) -> Response:
    errors = [{"resource": "Search", "field": field, "code": code, "message": message}]
    docs = "https://docs.github.com/v3/search"
    return Response.json(
        {"message": message, "errors": errors, "documentation_url": docs, "status": "422"}, 422
    )


_SEARCHES = {"repositories": repositories, "code": code, "commits": commits}
