"""A GitHub of a few repositories over real HTTP: only what it says when things go wrong is scripted.

What it says when all is well is tested against the simulator, whose answers GitHub's own schemas check.
"""

import json
from collections import deque
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from monitors.fingerprints import git_blob_id, git_tree_ids
from monitors.sources.github import GitHub
from monitors.sources.github.queries import ROUNDS
from monitors.sources.http import Client

TIME = "2026-03-31T{:02}:{:02}:{:02}Z"


def moment(seconds: int) -> str:
    return TIME.format(seconds // 3600, seconds // 60 % 60, seconds % 60)


@dataclass
class Repo:
    id: int
    name: str
    files: dict[str, bytes] = field(default_factory=lambda: {"src/a.ts": b"a", "README.md": b"r"})
    created: int = 0
    pushed: int = 0
    forks: list["Repo"] = field(default_factory=list)
    hidden: int = 0  # forks that are counted and not listed
    gone: tuple[int, dict] | None = None  # status and body
    disabled: bool = False
    private: bool = False

    @property
    def node(self) -> str:
        return f"R_{self.id}"

    @property
    def count(self) -> int:
        return self.hidden + sum(1 + fork.count for fork in self.forks)

    @property
    def trees(self) -> dict[str, str]:
        return git_tree_ids({path: git_blob_id(content) for path, content in self.files.items()})

    def entries(self) -> list[dict]:
        trees = self.trees
        tops = sorted({path.partition("/")[0] for path in self.files})
        return [
            {"name": top, "type": "tree", "oid": trees[top], "mode": 0o40000}
            if top in trees
            else {"name": top, "type": "blob", "oid": git_blob_id(self.files[top]), "mode": 0o100644}
            for top in tops
        ]


class Hub:
    """`answer_next(...)` comes before everything else; `asked` lists what was asked, in short."""

    def __init__(self, scripted):
        self.url = scripted.url
        self.repos: list[Repo] = []
        self.next: deque = deque()
        self.holes = 0  # nodes left out of each page
        self.silent: set[str] = set()  # nodes of which nothing is told, as after a timeout
        self.most = 1000  # forks a page beyond which GitHub answers 502
        self.asked: list[str] = []
        self.variables: list[dict] = []
        self.pages: dict[str, object] = {}  # what other paths answer
        scripted._server.scripts = _Everything(self.serve)

    def adapter(self, token="tok_5ecret", **named) -> GitHub:
        return GitHub(Client(token=token, allow_private=True, **named), self.url)

    def add(self, name: str, *, of: Repo | None = None, **named) -> Repo:
        repo = Repo(700 + len(self.repos), name, **named)
        self.repos.append(repo)
        if of:
            of.forks.append(repo)
        return repo

    def delete(self, repo: Repo) -> Repo:
        """It is gone, and its oldest fork takes its place; gives that one."""
        repo.gone = (404, {"message": "Not Found"})
        heir = min(repo.forks, key=lambda one: one.created)
        heir.forks += [one for one in repo.forks if one is not heir]
        repo.forks = []
        return heir

    def answer_next(self, status: int, body: object = None, **headers: str):
        self.next.append((status, body, headers))

    def serve(self, exchange):
        path = urlsplit(exchange.path).path
        question = json.loads(exchange.body) if exchange.body else {}
        name = question.get("query", "").split("{")[0].split("(")[0].strip().removeprefix("query ").strip()
        self.asked.append(name or path)
        self.variables.append(question.get("variables", {}))
        if self.next:
            status, body, headers = self.next.popleft()
        elif path.endswith("/info/refs"):
            status, body, headers = 503, {}, {}
        elif name:
            status, body, headers = self.graphql(name, question["variables"])
        else:
            status, body, headers = self.rest(path, parse_qs(urlsplit(exchange.path).query))
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        exchange.answer(status, content, **({"Content_Type": "application/json"} | headers))

    # REST

    def rest(self, path, query):
        if path in self.pages:
            return 200, self.pages[path], {}
        parts = path.strip("/").split("/")
        repo = self._by_path(parts)
        if repo is None:
            return 404, {"message": "Not Found"}, {}
        if repo.gone:
            return *repo.gone, {}
        rest = "/".join(parts[2 if parts[0] == "repositories" else 3 :])
        if rest == "":
            return 200, self._rest_in_full(repo), {"ETag": f'"{repo.trees[""][:8]}{repo.name}"'}
        if rest == "git/trees/HEAD":
            return self._rest_tree(repo)
        if rest == "forks":
            return self._rest_forks(repo, int(query.get("page", ["1"])[0]))
        return 404, {"message": "Not Found"}, {}

    def _by_path(self, parts):
        if parts[0] == "repositories":
            return next((one for one in self.repos if str(one.id) == parts[1]), None)
        return next((one for one in self.repos if one.name == "/".join(parts[1:3])), None)

    def _rest_in_full(self, repo):
        root = self._root(repo)
        source = {"source": self._rest_repo(root)} if root is not repo else {}
        return self._rest_repo(repo) | {"fork": root is not repo} | source

    def _parent(self, repo):
        return next((one for one in self.repos if repo in one.forks and not one.gone), None)

    def _root(self, repo):
        while parent := self._parent(repo):
            repo = parent
        return repo

    def _rest_repo(self, repo):
        return {
            "id": repo.id,
            "node_id": repo.node,
            "full_name": repo.name,
            "private": repo.private,
            "default_branch": "main",
            "created_at": moment(repo.created),
            "pushed_at": moment(repo.pushed or repo.created),
            "forks_count": repo.count,
        }

    def _rest_tree(self, repo):
        if not repo.files:
            return 409, {"message": "Git Repository is empty."}, {}
        listed = [
            {"path": one["name"], "type": one["type"], "sha": one["oid"], "mode": f"{one['mode']:06o}"}
            for one in repo.entries()
        ]
        return 200, {"sha": "c" * 40, "truncated": False, "tree": listed}, {}

    def _rest_forks(self, repo, page):
        listed = sorted(repo.forks, key=lambda one: -one.created)
        shown = listed[(page - 1) * 100 : page * 100]
        link = {"Link": '<x>; rel="next"'} if len(listed) > page * 100 else {}
        return 200, [self._rest_repo(one) for one in shown], link

    # GraphQL

    def graphql(self, name, asked):
        sizes = [asked.get("first", 0), len(asked.get("ids", ()))]
        if max([*sizes, *([asked["busiestFirst"]] if asked.get("busiest") else [])]) > self.most:
            return 502, {"message": "Something went wrong"}, {}
        data, errors = getattr(self, f"_{name.lower()}")(asked)
        return 200, {"data": data} | ({"errors": errors} if errors else {}), {}

    def _forks(self, asked):
        name = f"{asked['owner']}/{asked['name']}"
        repo = next((one for one in self.repos if one.name == name and not one.gone), None)
        errors = self._errors("busiest", asked["busiest"])
        if repo is None:
            errors.append({"type": "NOT_FOUND", "path": ["repository"], "message": "No."})
        data = {"repository": self._direct(repo, asked) if repo else None}
        data["busiest"] = [
            self._family(one, {"first": asked["busiestFirst"], "entries": asked["entries"]}) if one else None
            for one in self._told(asked["busiest"])
        ]
        return data | self._beside(asked), errors

    def _direct(self, repo, asked):
        family = self._family(repo, asked)
        if asked["follow"]:
            newest = sorted(repo.forks, key=lambda one: -(one.pushed or one.created))[: asked["pushes"]]
            family["pushed"] = self._page(repo, newest, asked, has_more=False)
        return family

    def _beside(self, asked):
        counted = [
            {"id": one.node, "forkCount": one.count} if one else None for one in self._of(asked["parents"])
        ]
        data = {"parents": counted}
        for number in range(ROUNDS):
            start = int(asked[f"after{number}"] or 0)
            of = self._there(asked[f"of{number}"])
            data[f"round{number}"] = [{"forks": self._counts(one, start)} if one else None for one in of]
        return data

    def _there(self, ids):
        return [one if one and not one.gone else None for one in self._of(ids)]

    def _nested(self, asked):
        data, errors = self._nodes(asked, lambda repo: self._family(repo, asked))
        return data | self._beside(asked), errors

    def _places(self, asked):
        return self._nodes(asked, lambda repo: self._node(repo, asked))

    def _recheck(self, asked):
        return self._nodes(asked, lambda repo: self._node(repo, {"entries": False}))

    def _heirs(self, asked):
        return self._nodes(asked, self._kin)

    def _kin(self, repo):
        parent = self._parent(repo)
        is_fork = any(repo in one.forks for one in self.repos)
        return self._named(repo) | {"isFork": is_fork, "parent": self._named(parent) if parent else None}

    def _named(self, repo):
        return {"id": repo.node, "databaseId": repo.id, "nameWithOwner": repo.name}

    def _nodes(self, asked, write):
        told = self._told(asked["ids"])
        errors = self._errors("nodes", asked["ids"])
        return {"nodes": [write(one) if one else None for one in told]}, errors

    def _told(self, ids):
        return [one if one and one.node not in self.silent else None for one in self._there(ids)]

    def _errors(self, at, ids):
        lost = [
            {"type": "NOT_FOUND", "path": [at, number], "message": "Could not resolve to a node."}
            for number, one in enumerate(self._there(ids))
            if one is None
        ]
        return lost + ([{"message": "Something went wrong."}] if self.silent & {*ids} else [])

    def _of(self, ids):
        named = {one.node: one for one in self.repos}
        return [named.get(id) for id in ids]

    def _family(self, repo, asked):
        listed = sorted(repo.forks, key=lambda one: (-one.created, -one.id))
        start = int(asked.get("after") or 0)
        shown = listed[start : start + asked["first"]]
        page = self._page(repo, shown, asked, has_more=len(listed) > start + len(shown), start=start)
        return {
            "id": repo.node,
            "databaseId": repo.id,
            "nameWithOwner": repo.name,
            "forkCount": repo.count,
            "isDisabled": repo.disabled,
            "forks": page,
        }

    def _counts(self, repo, start):
        shown = sorted(repo.forks, key=lambda one: (one.created, one.id))[start : start + 100]
        end = start + len(shown)
        return {
            "pageInfo": {"hasNextPage": end < len(repo.forks), "endCursor": str(end)},
            "nodes": [{"id": one.node, "forkCount": one.count} for one in shown],
        }

    def _page(self, repo, shown, asked, *, has_more, start=0):
        nodes = [self._node(one, asked, parent=repo) for one in shown]
        for number in range(min(self.holes, len(nodes))):
            nodes[number] = None
        return {
            "totalCount": len(repo.forks),
            "pageInfo": {"hasNextPage": has_more, "endCursor": str(start + len(shown))},
            "nodes": nodes,
        }

    def _node(self, repo, asked, parent=None):
        tree = repo.trees[""]
        branch = {"name": "main", "target": {"oid": "c" * 40, "tree": {"oid": tree}}} if repo.files else None
        node = {
            "id": repo.node,
            "databaseId": repo.id,
            "nameWithOwner": repo.name,
            "createdAt": moment(repo.created),
            "pushedAt": moment(repo.pushed or repo.created),
            "isDisabled": repo.disabled,
            "isEmpty": not repo.files,
            "isPrivate": repo.private,
            "forkCount": repo.count,
            "parent": {"nameWithOwner": parent.name} if parent else None,
            "defaultBranchRef": branch,
        }
        if asked["entries"] and branch:
            node["root"] = {"oid": tree, "entries": repo.entries()}
        return node


class _Everything(dict):
    """Every path is answered by one script."""

    def __init__(self, script):
        self.script = script

    def get(self, path, default=None):
        return self.script
