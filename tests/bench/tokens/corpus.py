"""A public corpus of token formats: each kind in lines of source code, and what only looks like it."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.tokens.notation import blank, made
from tests.monitors.inventory.minted import Mint

HERE = Path(__file__).parent
# How settings and languages write down a value with a name, as the samples of the corpus do.
NAMED = (
    '{service}Token="%"', '{service}Token = "%"', "{service}Token=%", "{service}Token = %",
    '{\n    "{service}_token": "%"\n}', '{\\"{service}_token\\": \\"%\\"}',
    "<{service}Token>%</{service}Token>", "<{service}Token>\n    %\n</{service}Token>",
    "{service}_token: %", "{service}_token: '%'", '{service}_token: "%"',
    "{service}_token: |\n  %", "{service}_token: >\n  %",
    'string {service}Token = "%";', 'var {service}Token string = "%"',
    '{service}Token := "%"', "{service}Token := `%`",
    '${service}Token .= "%";', "{service}Token = '%'", "{service}Token,%,", '"{service}Token" => "%"',
    '{SERVICE}_TOKEN ::= "%"', '{SERVICE}_TOKEN ?= "%"', '{SERVICE}_TOKEN += "%"', "export {SERVICE}_TOKEN=%",
)  # fmt: skip
ALONE = ('connect("%")', "%", "  - %  # ours", "--with % --now")


@dataclass(frozen=True)
class Kind:
    """One kind of token.

    `is_work`: companies have it in their source code; `is_held_out`: nothing was tuned on it.
    """

    name: str
    source: str
    is_work: bool
    is_held_out: bool
    lines: list[str] = field(default_factory=list)  # forms within the lines they stand in
    near: list[str] = field(default_factory=list)

    def samples(self, mint: Mint) -> Iterator[tuple[str, str]]:
        """A text for each way to write it down, and the secret in it."""
        for line in self.lines:
            text, secret = made(line, mint)
            yield text + "\n", secret

    def near_misses(self, mint: Mint) -> Iterator[tuple[str, str]]:
        """Each with the form that it was made of; one of them as a manual prints the first line."""
        for form in self.near:
            yield form, made(form, mint)[0] + "\n"
        if self.lines:
            yield self.lines[0], blank(self.lines[0]).replace("<<", "").replace(">>", "") + "\n"


def kinds() -> list[Kind]:
    """All of the corpus, in the order of its files."""
    return [kind for path in sorted(HERE.glob("*.toml")) for kind in _kinds(tomllib.loads(path.read_text()))]


def _kinds(file: dict) -> Iterator[Kind]:
    for name, given in file.items():
        if isinstance(given, dict):
            lines = [*_listed(given, "line"), *_carried(name, given)]
            yield Kind(
                name,
                file["source"],
                file["in_source"],
                file.get("held_out", False),
                lines,
                given.get("near", []),
            )


def _carried(name: str, given: dict) -> list[str]:
    """Each form in each line that may carry it; where only a name tells it, in lines with the name."""
    service = given.get("beside", name.removeprefix("yelp-").partition("-")[0])
    carriers = NAMED if given.get("needs_name") else (*NAMED, *ALONE)
    marked = [form if "<<" in form else f"<<{form}>>" for form in _listed(given, "form")]
    return [_named(line, service).replace("%", form) for form in marked for line in carriers]


def _named(line: str, service: str) -> str:
    return line.replace("{service}", service).replace("{SERVICE}", service.upper())


def _listed(given: dict, key: str) -> list[str]:
    value = given.get(key, [])
    return [value] if isinstance(value, str) else value
