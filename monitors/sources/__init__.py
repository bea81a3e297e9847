"""Where we look: one module per kind of place, and this dict is the registry.

Adapters are given a client and an address and return plain values; nothing here knows Django.
"""

from __future__ import annotations

from packageurl import PackageURL

from monitors.sources import (
    bitbucket,
    dockerhub,
    gitea,
    gitee,
    github,
    gitlab,
    hackernews,
    huggingface,
    mirrors,
    npm,
    pypi,
    sourcegraph,
    swh,
    wayback,
)
from monitors.sources.archives import verify
from monitors.sources.base import Adapter, Download, Refused, clean
from monitors.sources.bitbucket import Bitbucket
from monitors.sources.dockerhub import DockerHub
from monitors.sources.feed import Feed
from monitors.sources.git import Git
from monitors.sources.gitea import Gitea
from monitors.sources.gitee import Gitee
from monitors.sources.github import GitHub
from monitors.sources.gitlab import GitLab
from monitors.sources.hackernews import HackerNews
from monitors.sources.http import Client
from monitors.sources.huggingface import HuggingFace
from monitors.sources.mirrors import Mirror
from monitors.sources.npm import Npm
from monitors.sources.pypi import Pypi
from monitors.sources.sourcegraph import Sourcegraph
from monitors.sources.swh import SoftwareHeritage
from monitors.sources.url import Url
from monitors.sources.wayback import Wayback

__all__ = ["ADAPTERS", "Client", "default_base_url", "locate", "verify"]

_KINDS: list[type[Adapter]] = [
    Npm,
    Pypi,
    Mirror,
    Git,
    GitHub,
    GitLab,
    Gitea,
    Bitbucket,
    Gitee,
    HuggingFace,
    DockerHub,
    Url,
    Wayback,
    SoftwareHeritage,
    Feed,
    HackerNews,
    Sourcegraph,
]
ADAPTERS: dict[str, type[Adapter]] = {adapter.kind: adapter for adapter in _KINDS}

_DEFAULTS = {
    "npm": npm.default_base_url,
    "pypi": pypi.default_base_url,
    "github": github.default_base_url,
}
_ADDRESSES = {
    "mirror": mirrors.JSDELIVR,
    "gitlab": gitlab.DEFAULT,
    "gitea": gitea.DEFAULT,
    "bitbucket": bitbucket.DEFAULT,
    "gitee": gitee.DEFAULT,
    "huggingface": huggingface.DEFAULT,
    "dockerhub": dockerhub.DEFAULT,
    "wayback": wayback.DEFAULT,
    "swh": swh.DEFAULT,
    "hackernews": hackernews.DEFAULT,
    "sourcegraph": sourcegraph.DEFAULT,
}
_LOCATORS = {"npm": npm.locate, "pypi": pypi.locate}


def default_base_url(kind: str) -> str:
    """The public address of this kind of place; "" when there is no single one, as for git."""
    return _DEFAULTS[kind]() if kind in _DEFAULTS else _ADDRESSES.get(kind, "")


def is_locatable(purl: str) -> bool:
    """Whether it is a package URL of a kind that `locate` knows."""
    try:
        return PackageURL.from_string(purl).type in _LOCATORS
    except ValueError:
        return False


def locate(purl: str, client: Client, base_url: str = "") -> Download:
    """Where the archive of a package URL ("pkg:npm/%40acme/cli@1.4.2") lies.

    `base_url` is the registry, the public one when empty. Raises SourceError: Refused for what is no package
    URL or of a kind we cannot fetch, Gone for a package or version that is not there.
    """
    try:
        package = PackageURL.from_string(purl)
    except ValueError:
        raise Refused(f"{clean(purl)} is not a package URL like pkg:npm/name@version.") from None
    if package.type not in _LOCATORS:
        known = " and ".join(sorted(_LOCATORS))
        raise Refused(f"Packages of the kind {clean(package.type)} cannot be fetched; {known} can.")
    return _LOCATORS[package.type](package, client, base_url)
