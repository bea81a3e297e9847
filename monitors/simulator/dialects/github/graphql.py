"""GitHub's GraphQL, executed against its own published schema.

`schema.graphql.gz` is the schema that GitHub publishes and @octokit/graphql-schema distributes under the MIT
licence, without its descriptions. It is read at the first query.
https://docs.github.com/en/graphql/overview/public-schema
"""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cache, lru_cache
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    VariableNode,
    build_ast_schema,
    execute,
    parse,
    validate,
)
from graphql.execution import ExecutionResult
from graphql.language import SelectionSetNode

from monitors.simulator.dialects.github import nodes
from monitors.simulator.dialects.github.plain import Plain
from monitors.simulator.limits import Key, Limit, Standing
from monitors.simulator.messages import Request, Response

if TYPE_CHECKING:
    from monitors.simulator.world import World

SCHEMA = Path(__file__).parent / "schema.graphql.gz"
PAGE = "graphql_page"  # what a world's limit on the size of pages is called
MOST_NODES = 500_000
LONGEST_QUERY = 100_000
TIMEOUT = "Something went wrong while executing your query. This may be the result of a timeout."

_building = threading.Lock()


class Question(NamedTuple):
    """A query that fits the schema, and its variables."""

    text: str
    document: DocumentNode
    variables: dict[str, Any]


def answer(request: Request, world: World, at: datetime) -> Response:
    """The answer to one query: HTTP 200 with data, errors or both, but for those who may not ask."""
    if not request.token:
        return Response.json({"message": "This endpoint requires you to be authenticated."}, 401)
    known = world.tokens.get(request.token)
    if known and "rest-only" in known.scopes:
        return Response.json({"message": "Resource not accessible by personal access token"}, 403)
    sent = request.json() if request.method == "POST" else None
    asked = sent if isinstance(sent, dict) else {}
    text = asked.get("query")
    if not isinstance(text, str) or len(text) > LONGEST_QUERY:
        return Response.json({"message": "A query attribute must be specified and must be a string."}, 400)
    variables = asked.get("variables") or {}
    document, problems = _read(text)
    if document is None:
        return Response.json({"errors": problems})
    weight = Weight(document, variables)
    if weight.problem:
        return Response.json({"errors": [{"message": weight.problem, "type": "MAX_NODE_LIMIT_EXCEEDED"}]})
    if weight.largest_page > _largest_page(world):
        return Response.json({"message": "We couldn't respond to your request in time."}, 502)
    return _executed(request, world, at, Question(text, document, variables), weight)


def limited(standing: Standing) -> Response:
    """Being over the limit comes as HTTP 200, under one of two names."""
    type = "RATE_LIMIT" if standing.used % 2 else "RATE_LIMITED"
    return Response.json({"errors": [{"type": type, "message": "API rate limit already exceeded."}]})


class Weight:
    """What a query may cost: a point for every hundred requests that its connections amount to, at least one.
    And the largest of its pages that reads commits.

    https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api
    """

    def __init__(self, document: DocumentNode, variables: dict[str, Any]) -> None:
        self.variables = variables
        self.requests = self.nodes = self.largest_page = 0
        self.problem = ""
        definitions = document.definitions
        self._fragments = {
            one.name.value: one for one in definitions if isinstance(one, FragmentDefinitionNode)
        }
        for one in definitions:
            if isinstance(one, OperationDefinitionNode):
                self._add(one.selection_set, 1)
        if self.nodes > MOST_NODES and not self.problem:
            self.problem = f"This query asks for {self.nodes:,} nodes; {MOST_NODES:,} are the most."

    @property
    def points(self) -> int:
        return max(round(self.requests / 100), 1)

    def _add(self, selected: SelectionSetNode | None, times: int) -> None:
        for one in selected.selections if selected else ():
            if isinstance(one, FieldNode):
                self._add(one.selection_set, times * self._size(one, times))
            elif isinstance(one, InlineFragmentNode):
                self._add(one.selection_set, times)
            elif isinstance(one, FragmentSpreadNode) and one.name.value in self._fragments:
                self._add(self._fragments[one.name.value].selection_set, times)

    def _size(self, field: FieldNode, times: int) -> int:
        """How many of what is below a field there are: a page's size, the number of ids, else one."""
        given = {one.name.value: self._value(one.value) for one in field.arguments or ()}
        if field.name.value == "nodes" and isinstance(given.get("ids"), list):
            return self._counted(len(given["ids"]), times, field)
        size = given.get("first", given.get("last"))
        return 1 if size is None else self._counted(size, times, field)

    def _counted(self, size: int, times: int, field: FieldNode) -> int:
        name = field.name.value
        if not 0 <= size <= 100:
            self.problem = f"Requesting {size} records on `{name}` exceeds the limit of 100 records."
        self.requests += times
        self.nodes += times * size
        if times and self._reads_commits(field.selection_set):
            self.largest_page = max(self.largest_page, size)
        return max(size, 0)

    def _reads_commits(self, selected: SelectionSetNode | None) -> bool:
        """Whether each of a page is looked into, which is what takes time."""
        for one in selected.selections if selected else ():
            if isinstance(one, FieldNode) and one.name.value in ("object", "target"):
                return True
            inner = self._fragments[one.name.value] if isinstance(one, FragmentSpreadNode) else one
            if isinstance(
                inner, FieldNode | InlineFragmentNode | FragmentDefinitionNode
            ) and self._reads_commits(inner.selection_set):
                return True
        return False

    def _value(self, value: Any) -> Any:
        if isinstance(value, VariableNode):
            return self.variables.get(value.name.value)
        return int(value.value) if isinstance(value, IntValueNode) else None


@cache
def _built() -> GraphQLSchema:
    text = gzip.decompress(SCHEMA.read_bytes()).decode()
    return build_ast_schema(parse(text, no_location=True), assume_valid=True)


def schema() -> GraphQLSchema:
    """GitHub's schema; about a second at the first call."""
    with _building:
        return _built()


@lru_cache(maxsize=200)
def _read(text: str) -> tuple[DocumentNode | None, list[dict[str, Any]]]:
    """The parsed query, held once against the schema; None and what is wrong with it."""
    try:
        document = parse(text)
    except GraphQLError as error:
        return None, [{"message": error.message}]
    problems = [{"message": problem.message} for problem in validate(schema(), document)]
    return (None if problems else document), problems


def _executed(
    request: Request,
    world: World,
    at: datetime,
    question: Question,
    weight: Weight,
) -> Response:
    root = nodes.Query(world, request.base, at, _rate(request, world, at, weight))
    data, faults = _resolved(question, root)
    told: dict[str, Any] = {"data": data}
    errors = [_written(error) for error in faults]
    if request.is_partial and nodes.make_holes(data):
        errors.append({"message": TIMEOUT})
    if errors:
        told["errors"] = errors
    response = Response.json(told)
    response.cost = weight.points
    return response


def _resolved(question: Question, root: nodes.Query) -> tuple[dict[str, Any] | None, Sequence[GraphQLError]]:
    """Data and errors, executed by graphql-core against the schema; in a world that says so, only the first
    answer to a query and every so many.
    """
    every = root.world.schema_every
    if every > 1 and next(_turns(question.text)) % every:
        plain = Plain(question.document, question.variables, nodes.attribute)
        return plain.told(root), plain.errors
    result = execute(
        schema(),
        question.document,
        root,
        variable_values=question.variables,
        field_resolver=nodes.resolve,
        type_resolver=nodes.type_name,
    )
    if not isinstance(result, ExecutionResult):
        raise TypeError("A resolver is asynchronous.")
    return result.data, result.errors or ()


@lru_cache(maxsize=200)
def _turns(text: str) -> Iterator[int]:
    return count()


def _written(error: GraphQLError) -> dict[str, Any]:
    """An error with its type beside the message, as GitHub puts it."""
    type = (error.extensions or {}).get("type")
    written: dict[str, Any] = {"type": type} if type else {}
    written |= {"path": error.path} if error.path else {}
    return written | {"message": error.message}


def _rate(request: Request, world: World, at: datetime, weight: Weight) -> nodes.RateLimit:
    key = Key("github", request.token, "graphql")
    limit = world.limits.get("github", {}).get("graphql", Limit(5_000, 3600))
    standing = world.meter.look(key, limit, at=at)
    # One point was taken already when the request came in.
    left = max(standing.remaining - weight.points + 1, 0)
    resets_at = world.clock.told(standing.resets_at)
    return nodes.RateLimit(weight.points, limit.count, left, resets_at, weight.nodes)


def _largest_page(world: World) -> int:
    """A world may say that GitHub has trouble with large pages: limits.github.graphql_page."""
    stated = world.limits.get("github", {}).get(PAGE)
    return stated.count if stated else 100
