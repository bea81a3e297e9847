"""What a file is written in, whether it is text at all, and how many lines it has."""

from __future__ import annotations

from monitors.unpack.encodings import is_binary, wide

__all__ = ["BINARY", "SOURCE_MAP", "TEXT", "count_lines", "is_binary", "is_code", "language"]

BINARY = "Binary"
TEXT = "Text"
SOURCE_MAP = "Source map"

_BY_EXTENSION = {
    extension: language
    for language, extensions in {
        "TypeScript": "ts tsx mts cts",
        "JavaScript": "js jsx mjs cjs es6",
        "Vue": "vue",
        "Svelte": "svelte",
        "Astro": "astro",
        "CoffeeScript": "coffee",
        "CSS": "css pcss postcss",
        "SCSS": "scss",
        "Sass": "sass",
        "Less": "less",
        "Stylus": "styl",
        "HTML": "html htm xhtml",
        "Template": "ejs hbs handlebars mustache njk jinja jinja2 j2 twig liquid erb haml pug jade slim",
        "JSON": "json jsonc json5 jsonl ndjson webmanifest geojson",
        SOURCE_MAP: "map",
        "YAML": "yml yaml",
        "TOML": "toml",
        "INI": "ini cfg conf properties editorconfig env",
        "XML": "xml xsd xsl xslt plist csproj vbproj fsproj props targets resx storyboard xib svg wsdl",
        "Markdown": "md mdx markdown",
        "reStructuredText": "rst",
        "AsciiDoc": "adoc asciidoc",
        "TeX": "tex sty cls bib",
        "CSV": "csv tsv",
        "Python": "py pyi pyw pyx pxd",
        "Jupyter": "ipynb",
        "Ruby": "rb rake gemspec ru",
        "PHP": "php phtml",
        "Perl": "pl pm t",
        "Lua": "lua",
        "R": "r rmd",
        "Julia": "jl",
        "Go": "go",
        "Rust": "rs",
        "C": "c h",
        "C++": "cc cpp cxx c++ hh hpp hxx h++ inl ipp",
        "Objective-C": "m mm",
        "Swift": "swift",
        "C#": "cs csx",
        "F#": "fs fsx fsi",
        "Visual Basic": "vb bas",
        "Java": "java",
        "Kotlin": "kt kts",
        "Scala": "scala sc",
        "Groovy": "groovy gradle",
        "Clojure": "clj cljs cljc edn",
        "Dart": "dart",
        "Elixir": "ex exs",
        "Erlang": "erl hrl",
        "Haskell": "hs lhs",
        "OCaml": "ml mli",
        "Elm": "elm",
        "PureScript": "purs",
        "ReScript": "res resi",
        "Nim": "nim",
        "Zig": "zig",
        "D": "d",
        "Crystal": "cr",
        "Fortran": "f f90 f95 f03",
        "Pascal": "pas dpr",
        "Ada": "adb ads",
        "COBOL": "cob cbl cpy",
        "Assembly": "asm s",
        "WebAssembly": "wat wast",
        "CUDA": "cu cuh",
        "Shader": "glsl vert frag hlsl wgsl metal shader",
        "Verilog": "v sv svh",
        "VHDL": "vhd vhdl",
        "Solidity": "sol",
        "Shell": "sh bash zsh fish ksh",
        "PowerShell": "ps1 psm1 psd1",
        "Batch": "bat cmd",
        "SQL": "sql psql",
        "Prisma": "prisma",
        "GraphQL": "graphql gql graphqls",
        "Protocol Buffers": "proto",
        "Thrift": "thrift",
        "Terraform": "tf tfvars hcl",
        "Nix": "nix",
        "Starlark": "bzl bazel star",
        "CMake": "cmake",
        "Makefile": "mk mak",
        "Dockerfile": "dockerfile",
        "Diff": "diff patch",
        "Lisp": "lisp lsp cl el",
        "Scheme": "scm ss rkt",
        "Prolog": "pro",
        "Vim Script": "vim",
        "ActionScript": "as",
        "Apex": "trigger",
        "ABAP": "abap",
        "Gherkin": "feature",
        "Gettext": "po pot",
    }.items()
    for extension in extensions.split()
}
_BY_NAME = {
    "dockerfile": "Dockerfile",
    "containerfile": "Dockerfile",
    "makefile": "Makefile",
    "gnumakefile": "Makefile",
    "cmakelists.txt": "CMake",
    "rakefile": "Ruby",
    "gemfile": "Ruby",
    "podfile": "Ruby",
    "fastfile": "Ruby",
    "vagrantfile": "Ruby",
    "jenkinsfile": "Groovy",
    "build": "Starlark",
    "workspace": "Starlark",
    "pipfile": "TOML",
    "cargo.lock": "TOML",
    "poetry.lock": "TOML",
    "uv.lock": "TOML",
    "yarn.lock": "YAML",
    "composer.lock": "JSON",
    "pipfile.lock": "JSON",
    "go.mod": "Go",
    "go.sum": "Text",
    ".babelrc": "JSON",
    ".eslintrc": "JSON",
    ".prettierrc": "JSON",
    ".npmrc": "INI",
    ".env": "INI",
    ".gitconfig": "INI",
    ".gitmodules": "INI",
    ".bashrc": "Shell",
    ".profile": "Shell",
    ".zshrc": "Shell",
    "procfile": "YAML",
}
_BY_INTERPRETER = {
    "node": "JavaScript",
    "nodejs": "JavaScript",
    "bun": "TypeScript",
    "deno": "TypeScript",
    "ts-node": "TypeScript",
    "tsx": "TypeScript",
    "python": "Python",
    "pypy": "Python",
    "ruby": "Ruby",
    "perl": "Perl",
    "php": "PHP",
    "lua": "Lua",
    "sh": "Shell",
    "bash": "Shell",
    "dash": "Shell",
    "zsh": "Shell",
    "ksh": "Shell",
    "fish": "Shell",
    "pwsh": "PowerShell",
    "awk": "Awk",
    "make": "Makefile",
    "osascript": "AppleScript",
    "rscript": "R",
    "elixir": "Elixir",
    "groovy": "Groovy",
    "swift": "Swift",
}
_DATA = {
    TEXT, BINARY, SOURCE_MAP, "JSON", "YAML", "TOML", "INI", "XML", "Markdown", "reStructuredText",
    "AsciiDoc", "CSV", "Gettext", "Diff",
}  # fmt: skip


def language(path: str, content: bytes) -> str:
    """The language by the file's name, else by its shebang; TEXT when neither says."""
    name = path.rpartition("/")[2].lower()
    if name in _BY_NAME:
        return _BY_NAME[name]
    if name.startswith(("dockerfile.", ".env.")):
        return "Dockerfile" if name[0] == "d" else "INI"
    _, dot, extension = name.rpartition(".")
    return (_BY_EXTENSION.get(extension) if dot else None) or _by_shebang(content)


def is_code(language: str) -> bool:
    """Whether people write programs in it, rather than data or prose."""
    return language not in _DATA


def count_lines(content: bytes) -> int:
    if codec := wide(content):
        text = content.decode(codec, "replace")
        return text.count("\n") + (bool(text) and not text.endswith("\n"))
    return content.count(b"\n") + (bool(content) and not content.endswith(b"\n"))


def _by_shebang(content: bytes) -> str:
    """The language of the interpreter, which `env` and its options may precede."""
    if not content.startswith(b"#!"):
        return TEXT
    words = content[2:256].split(b"\n")[0].decode("ascii", "replace").split()
    names = [word.rpartition("/")[2].lower() for word in words if not word.startswith("-")]
    name = next((name for name in names if name != "env"), "")
    return _BY_INTERPRETER.get(name) or _BY_INTERPRETER.get(name.rstrip("0123456789."), TEXT)
