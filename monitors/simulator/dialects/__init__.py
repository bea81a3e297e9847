"""The dialects by kind. A new one is a module here with a `Dialect`, and a line in this registry."""

from __future__ import annotations

from monitors.simulator.dialects import (
    bitbucket,
    dockerhub,
    feed,
    gitea,
    gitee,
    github,
    gitlab,
    hackernews,
    huggingface,
    mirror,
    npm,
    pypi,
    sourcegraph,
    swh,
    url,
    wayback,
)
from monitors.simulator.dialects.base import Dialect

DIALECTS: dict[str, type[Dialect]] = {
    "github": github.Dialect,
    "gitlab": gitlab.Dialect,
    "gitea": gitea.Dialect,
    "bitbucket": bitbucket.Dialect,
    "gitee": gitee.Dialect,
    "npm": npm.Dialect,
    "pypi": pypi.Dialect,
    "mirror": mirror.Dialect,
    "huggingface": huggingface.Dialect,
    "dockerhub": dockerhub.Dialect,
    "url": url.Dialect,
    "wayback": wayback.Dialect,
    "swh": swh.Dialect,
    "feed": feed.Dialect,
    "hackernews": hackernews.Dialect,
    "sourcegraph": sourcegraph.Dialect,
}


def all_dialects() -> dict[str, Dialect]:
    """One of each, by kind."""
    return {kind: dialect() for kind, dialect in DIALECTS.items()}
