"""What a path alone says about a file: whose it is, or that a machine wrote it."""

from __future__ import annotations

import re

from monitors.unpack.sourcepaths import VIRTUAL

# Directories that hold other people's code by the convention of some package manager or habit.
VENDORED = frozenset(
    {
        "node_modules", "bower_components", "jspm_packages", "web_modules", "vendor", "vendors", "vendored",
        "third_party", "third-party", "thirdparty", "3rdparty", "3rd_party", "3rd-party", "pods", "carthage",
        "site-packages", "dist-packages", "__pypackages__", ".venv", "virtualenv", "godeps", ".yarn", ".pnpm",
        ".pnpm-store", ".cargo", ".bundle", ".gradle",
    }
)  # fmt: skip
_PACKAGES = ("node_modules", ".pnpm")
_RUNTIME = re.compile(
    rf"(?:^|/)(?:webpack/(?:bootstrap|runtime/|buildin/|startup|universalModuleDefinition|container/|sharing/)"
    rf"|{VIRTUAL}/|\[(?:turbopack|turbopack-[\w-]+|next|externals|node)\]/|vite/(?:preload-helper|modulepreload-polyfill|legacy)"
    r"|rollup/|rolldown/|tslib/tslib|turbopack/)|(?:^|/)external (?:\"|commonjs|module|node)"
    r"|\s(?:sync|lazy|eager|weak|lazy-once|async-weak) (?:recursive|nonrecursive|\^|\w* ?namespace object)"
)
_LOCKFILES = frozenset(
    {
        "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "bun.lockb",
        "deno.lock", "composer.lock", "gemfile.lock", "cargo.lock", "poetry.lock", "pdm.lock", "uv.lock",
        "pipfile.lock", "go.sum", "mix.lock", "podfile.lock", "packages.lock.json", "pubspec.lock",
        "flake.lock", "gradle.lockfile", "cartfile.resolved", "package.resolved", "conan.lock",
        ".package-lock.json",
    }
)  # fmt: skip
_MANIFEST = re.compile(
    r"^(?:package\.json|readme(?:\.\w+)?|licen[sc]e(?:[.-]\w+)*|copying(?:\.\w+)?|notice(?:\.\w+)?"
    r"|changelog(?:\.\w+)?|pyproject\.toml|setup\.(?:py|cfg)|tsconfig[\w.]*\.json)$",
    re.I,
)
_LICENCE_TEXT = re.compile(r"^(?:licen[sc]e|copying|notice|unlicense)(?:[.-][\w.-]+)?$", re.I)
_COMPILED = re.compile(
    r"\.(?:pyc|pyo|class|o|obj|a|lib|so(?:\.\d+)*|dll|dylib|exe|node|wasm|pdb|beam|jsc|jar|swiftmodule|bcmap|tsbuildinfo)$",
    re.I,
)
_BUILD_DIRECTORIES = frozenset(
    {"dist", "build", "out", "esm", "cjs", "umd", "es", "bundle", "bundles", ".next", "_next"}
)
_METADATA = re.compile(
    r"\.(?:dist-info|egg-info)/[^/]+$|(?:^|/)PKG-INFO$|(?:^|/)META-INF/[^/]+\.(?:MF|SF|RSA)$"
)


def vendored(path: str, own_scopes: frozenset[str], published: frozenset[str] = frozenset()) -> str:
    """The directory that makes this somebody else's, or "".

    A package of one of our own scopes is ours, unless it is among those `published` on their own.
    """
    parts = path.split("/")
    for at in range(len(parts) - 2, -1, -1):
        if parts[at].lower() in VENDORED:
            is_own = parts[at] in _PACKAGES and parts[at + 1].lower() in own_scopes
            is_own = is_own and "/".join(parts[at + 1 : at + 3]).lower() not in published
            return "" if is_own else parts[at]
    return ""


def is_runtime(path: str) -> bool:
    """Whether a bundler made this module up."""
    return bool(_RUNTIME.search(path))


def is_lockfile(path: str) -> bool:
    return _name(path).lower() in _LOCKFILES


def is_manifest(path: str) -> bool:
    """Whether it is what every published package shows: its description, at its root."""
    return path.count("/") <= 1 and bool(_MANIFEST.match(_name(path)))


def is_licence_text(path: str) -> bool:
    return bool(_LICENCE_TEXT.match(_name(path)))


def is_compiled(path: str) -> bool:
    return bool(_COMPILED.search(path))


def is_metadata(path: str) -> bool:
    """Whether a packaging tool wrote it about the package."""
    return bool(_METADATA.search(path))


def is_declaration(path: str) -> bool:
    return bool(re.search(r"\.d\.[cm]?ts$", path))


def is_minified_name(path: str) -> bool:
    return bool(re.search(r"[.-]min\.(?:js|css|mjs|cjs)$", path))


def is_in_build_directory(path: str) -> bool:
    return not _BUILD_DIRECTORIES.isdisjoint(part.lower() for part in path.split("/")[:-1])


def _name(path: str) -> str:
    return path.rpartition("/")[2]
