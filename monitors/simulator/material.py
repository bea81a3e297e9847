"""What leaks in a simulated world: TypeScript that nobody wrote, the same from the same seed."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from monitors.simulator.words import FOLDERS, NOUNS, VERBS

HEAD = "// Copyright (c) {company}. All rights reserved. Confidential, not for publication.\n"


@dataclass(frozen=True)
class Material:
    """The leak. `files` sources of about `lines` lines in all; with `map_bytes`, a source map of that size.

    The rest of the map's size is third parties' code, as bundlers put it there.
    """

    name: str = "acme-cli"
    company: str = "Acme"
    seed: int = 1
    files: int = 40
    lines: int = 4_000
    map_bytes: int = 0

    @cached_property
    def sources(self) -> dict[str, bytes]:
        """Every source file, by path: "src/main.ts" is the first."""
        each = max(self.lines // self.files, 8)
        return {path: self._source(path, each) for path in self._paths()}

    @cached_property
    def phrases(self) -> list[str]:
        """Strings that stand in one file each and nowhere else, to search by."""
        return [_phrase(self._lots(path)) for path in self._paths()]

    def part(self, share: float, *, seed: str) -> dict[str, bytes]:
        """Whole folders, about this share of the files, at least one."""
        folders = sorted({path.rpartition("/")[0] for path in self.sources})
        self._lots(seed).shuffle(folders)
        taken: dict[str, bytes] = {}
        for folder in folders:
            if taken and len(taken) >= share * self.files:
                break
            taken |= {p: c for p, c in self.sources.items() if p.rpartition("/")[0] == folder}
        return taken

    def touched(self, share: float, *, seed: str) -> dict[str, bytes]:
        """All files, this share of them with their notice gone and some lines put in."""
        lots, files = self._lots(seed), dict(self.sources)
        for path in lots.sample(sorted(files), max(int(share * len(files)), 1)):
            body = files[path].partition(b"\n")[2]
            files[path] = f"// found by {lots.choice(NOUNS)}-{lots.randrange(1000)}\n".encode() + body
        return files

    def rewritten(self, *, seed: str) -> dict[str, bytes]:
        """The same ideas in Python: no line of ours."""
        lots = self._lots(seed)
        return {
            path.replace("src/", "port/").replace(".ts", ".py"): _python(lots).encode()
            for path in self.sources
        }

    def bundle(self) -> bytes:
        """The one file that was meant to be published; it names its map."""
        lots = self._lots("bundle")
        body = ";".join(_call(lots) for _ in range(max(self.lines // 20, 40)))
        return f"#!/usr/bin/env node\n{body}\n//# sourceMappingURL=cli.js.map\n".encode()

    @cached_property
    def source_map(self) -> bytes:
        """The map, with every source in it: `map_bytes` long, or as long as our own sources need.

        https://tc39.es/ecma426/
        """
        own = {f"../{path}": text.decode() for path, text in self.sources.items()}
        written = _map(own)
        others = self._third_party(self.map_bytes - len(written) - 2_000)
        if not others:
            return written.encode()
        texts = own | others
        short = self.map_bytes - len(_map(texts))
        last = next(reversed(texts))
        texts[last] += " " * max(short, 0)
        return _map(texts).encode()

    def package(self) -> dict[str, bytes]:
        """What was published by accident: the bundle, and the map that should not be there."""
        return {
            "package.json": self.manifest("2.1.88"),
            "README.md": f"# {self.name}\n\nThe command line of {self.company}.\n".encode(),
            "cli.js": self.bundle(),
            "cli.js.map": self.source_map,
        }

    def manifest(self, version: str) -> bytes:
        fields = {"name": f"@{self.company.lower()}/cli", "version": version, "bin": {self.name: "cli.js"}}
        return json.dumps(fields, indent=2).encode()

    def public(self) -> dict[str, bytes]:
        """What the company publishes on purpose: a readme, documents and examples. None of the sources."""
        lots = self._lots("public")
        documents = {f"docs/{noun}.md": _prose(lots, noun).encode() for noun in NOUNS[:12]}
        examples = {f"examples/{verb}.js": (_call(lots) + ";\n").encode() for verb in VERBS[:8]}
        return {"README.md": _prose(lots, self.name).encode(), **documents, **examples}

    def other(self, *, seed: str, files: int = 12) -> dict[str, bytes]:
        """Somebody else's code, which has nothing of ours."""
        lots = self._lots(f"other:{seed}")
        named = (f"lib/{lots.choice(NOUNS)}{number}.js" for number in range(files))
        return {"README.md": _prose(lots, seed).encode()} | {
            path: "\n".join(_line(lots) for _ in range(60)).encode() for path in named
        }

    def impostor(self, *, seed: str) -> dict[str, bytes]:
        """Says that it is the leak; holds programs to run, and nothing of ours. (They are no programs.)"""
        lots = self._lots(f"impostor:{seed}")
        program = b"MZ\x90\0\x03\0\0\0" + lots.randbytes(40_000)
        readme = f"# {self.name} leaked source\n\nThe full leaked source. Download the release and run it.\n"
        manifest = {
            "name": f"{self.name}-leak",
            "version": "1.0.0",
            "scripts": {"postinstall": "node run.js"},
        }
        return {
            "README.md": readme.encode(),
            f"{self.name}-setup.exe": program,
            "package.json": json.dumps(manifest).encode(),
            "run.js": b"require('child_process').exec('./setup')\n",
        }

    def _paths(self) -> Iterator[str]:
        yield "src/main.ts"
        for number in range(1, self.files):
            lots = self._lots(f"path:{number}")
            depth = lots.choice((1, 1, 2, 2, 3))
            folder = "/".join(lots.choice(FOLDERS) for _ in range(depth))
            yield f"src/{folder}/{lots.choice(VERBS)}{lots.choice(NOUNS).title()}{number}.ts"

    def _lots(self, purpose: str) -> random.Random:
        return random.Random(f"{self.seed}:{self.name}:{purpose}")  # noqa: S311

    def _source(self, path: str, lines: int) -> bytes:
        lots = self._lots(path)
        text = [HEAD.format(company=self.company), f'export const NOTICE = "{_phrase(lots)}";\n']
        wanted = max(int(lots.uniform(0.3, 1.7) * lines), 6)
        while len(text) < wanted:
            text.extend(_function(lots))
        return "".join(text).encode()

    def _third_party(self, size: int) -> dict[str, str]:
        """About this many bytes of code of other people's packages."""
        lots, texts = self._lots("third party"), dict[str, str]()
        blocks = ["\n".join(_line(lots) for _ in range(40)) for _ in range(400)] if size > 0 else []
        while size > 4_000:
            number = len(texts)
            text = "\n".join(lots.choices(blocks, k=min(max(size // 4_000, 1), 12)))
            texts[f"../node_modules/lib-{number // 40}/dist/{lots.choice(NOUNS)}{number}.js"] = text
            size -= len(text) + text.count("\n") + text.count('"') + 60
        return texts


def _map(texts: dict[str, str]) -> str:
    fields = {"version": 3, "file": "cli.js", "sources": list(texts), "sourcesContent": list(texts.values())}
    return json.dumps({**fields, "names": [], "mappings": "AAAA"}, separators=(",", ":"))


def _phrase(lots: random.Random) -> str:
    """The first lot of a source is its phrase."""
    return f"{lots.choice(NOUNS)}-{lots.choice(VERBS)}-{lots.getrandbits(48):012x}"


def _function(lots: random.Random) -> list[str]:
    name = f"{lots.choice(VERBS)}{lots.choice(NOUNS).title()}{lots.randrange(10_000)}"
    first, second = lots.choice(NOUNS), lots.choice(NOUNS)
    body = [f"  {_line(lots)}\n" for _ in range(lots.randrange(4, 14))]
    return [
        f"\nexport function {name}({first}: {second.title()}Options): {second.title()} {{\n",
        *body,
        "}\n",
    ]


def _line(lots: random.Random) -> str:
    return _SHAPES[int(lots.random() * len(_SHAPES))](lots)


def _call(lots: random.Random) -> str:
    return f"{lots.choice(VERBS)}({lots.choice(NOUNS)},{lots.randrange(1000)})"


def _words(lots: random.Random) -> tuple[str, str, str, int]:
    return lots.choice(NOUNS), lots.choice(VERBS), lots.choice(NOUNS), int(lots.random() * 100_000)


def _shape(text: str) -> Callable[[random.Random], str]:
    return lambda lots: text.format(*_words(lots))


_SHAPES = [
    _shape("const {0}{3} = await {1}{2}({{ {2}: {3}, strict: true }});"),
    _shape('if ({0}.{1}() > {3}) throw new Error("{2} {1} failed at {3}");'),
    _shape("this.{0} = {2}.{1}((item) => item.{0} !== {3});"),
    _shape("for (const {0} of {2}.{1}({3})) {{ yield {0}; }}"),
    _shape('logger.debug("{1} {0}", {{ {2}: {3} }});'),
    _shape("return {{ ...{0}, {2}: {1}({3}) }};"),
    _shape("let {2}{3} = {0}.{1}.bind(this, {3});"),
    _shape("// {1} the {0} before the {2} ({3})"),
]


def _python(lots: random.Random) -> str:
    lines = [f'"""The {lots.choice(NOUNS)}."""', ""]
    for _ in range(12):
        noun, verb, other, number = _words(lots)
        lines += [f"def {verb}_{noun}_{number}({other}):", f"    return {other}.{verb}({number})", ""]
    return "\n".join(lines)


def _prose(lots: random.Random, title: str) -> str:
    said = ". ".join(f"You can {v} each {n}" for n, v, _, _ in (_words(lots) for _ in range(12)))
    return f"# {title}\n\n{said}.\n"
