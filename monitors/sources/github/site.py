"""Where one GitHub is: its API, its pages, its GraphQL, and what a repository is called there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from monitors.sources.base import Refused, clean

PUBLIC = "https://api.github.com"

_ENTERPRISE = "/api/v3"
_NAME = re.compile(r"(?!\.{1,2}/)[A-Za-z0-9._-]{1,100}/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}")


@dataclass(frozen=True)
class Site:
    """One installation, by the address of its REST API; "" is the public one."""

    api: str = PUBLIC

    @property
    def is_public(self) -> bool:
        return self.api == PUBLIC

    @property
    def host(self) -> str:
        """What its places are known by: "github.com", elsewhere the API's own host and port."""
        return "github.com" if self.is_public else urlsplit(self.api).netloc.lower()

    @property
    def web(self) -> str:
        """Where people and git go. An enterprise server has both below its root, unlike its API."""
        return "https://github.com" if self.is_public else self.api.removesuffix(_ENTERPRISE)

    @property
    def graphql(self) -> str:
        """https://docs.github.com/en/enterprise-server/graphql/guides/managing-enterprise-accounts"""
        return f"{self.web}/api/graphql" if self.api.endswith(_ENTERPRISE) else f"{self.api}/graphql"

    def page(self, name: str) -> str:
        return f"{self.web}/{name}"

    def clone_url(self, name: str) -> str:
        return f"{self.web}/{name}.git"

    def repository(self, query: str) -> str:
        """The "owner/name" that a person gave, bare or as an address of this site. Raises Refused."""
        given = query.strip().removeprefix("git+").partition("?")[0].partition("#")[0].rstrip("/")
        if "://" in given:
            given = self._below(given, query)
        name = given.removesuffix(".git")
        if not is_name(name):
            raise Refused(f"{clean(query) or 'This'} is not a repository: give owner/name or its address.")
        return name

    def _below(self, url: str, query: str) -> str:
        """The first two parts of the path below our pages."""
        scheme_less = re.sub(r"^https?://(www\.)?", "", url)
        root = re.sub(r"^https?://", "", self.web)
        host, _, path = scheme_less.partition("/")
        if not f"{host.lower()}/{path}".startswith(f"{root}/"):
            raise Refused(f"{clean(query)} is not at {root}. Watch it through a source for its own host.")
        return "/".join(scheme_less[len(root) + 1 :].split("/")[:2])


def is_name(name: str) -> bool:
    """Whether this may stand in an address as "owner/name"."""
    return _NAME.fullmatch(name) is not None
