"""GitHub's own description of its REST API, to hold answers against.

`rest-subset.openapi.json.gz` is the part we use of https://github.com/github/rest-api-description (MIT).
"""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft4Validator

FILE = Path(__file__).parent / "rest-subset.openapi.json.gz"


@cache
def described() -> dict[str, Any]:
    return _plain(json.loads(gzip.decompress(FILE.read_bytes())))


def problems(route: str, answer: Any, *, status: int = 200) -> list[str]:
    """What of a route's answer is not as described; nothing when all is. KeyError for unknown routes."""
    response = described()["paths"][route]["get"]["responses"][str(status)]
    shared = response.get("$ref", "").rpartition("/")[2]
    content = (described()["components"]["responses"][shared] if shared else response)["content"]
    schema = content["application/json"]["schema"] | {"components": described()["components"]}
    found = Draft4Validator(_sole(schema)).iter_errors(answer)
    return [f"{'/'.join(map(str, one.absolute_path))}: {one.message[:200]}" for one in found]


def _sole(schema: dict[str, Any]) -> dict[str, Any]:
    """A $ref beside other words would hide them."""
    if "$ref" not in schema:
        return schema
    return {"allOf": [{"$ref": schema["$ref"]}], "components": schema["components"]}


def _plain(node: Any) -> Any:
    """OpenAPI 3.0's "nullable" in the words of JSON Schema; and GitHub's "oneOf" allows what fits several."""
    if isinstance(node, list):
        return [_plain(one) for one in node]
    if not isinstance(node, dict):
        return node
    kept = {name: one for name, one in node.items() if name not in ("example", "examples")}
    plain = {"anyOf" if name == "oneOf" else name: _plain(one) for name, one in kept.items()}
    return {"anyOf": [plain, {"type": "null"}]} if plain.pop("nullable", False) is True else plain
