"""How GitHub's REST API writes things. Checked against its published description in the tests.

https://docs.github.com/en/rest
"""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any

from monitors.simulator.hosts import Host
from monitors.simulator.objects import Blob, Commit, Tree
from monitors.simulator.places import Gist, Release, Repository

ID_BEGINS = {"Repository": "R", "User": "U", "Organization": "O", "Gist": "G", "Release": "RE"}
LANGUAGES = {"ts": "TypeScript", "js": "JavaScript", "py": "Python", "md": "Markdown", "json": "JSON"}


class Shapes:
    """Writes for one moment and one base address."""

    def __init__(self, host: Host, base: str, at: datetime) -> None:
        self.host, self.base, self.at = host, base, at

    def user(self, login: str) -> dict[str, Any]:
        account = self.host.account(login)
        api = f"{self.base}/users/{login}"
        kind = "Organization" if account.is_organization else "User"
        return {
            "login": login,
            "id": account.id,
            "node_id": node_id(kind, account.id),
            "avatar_url": f"{self.base}/avatars/{account.id}",
            "gravatar_id": "",
            "url": api,
            "html_url": f"{self.base}/{login}",
            "followers_url": f"{api}/followers",
            "following_url": f"{api}/following{{/other_user}}",
            "gists_url": f"{api}/gists{{/gist_id}}",
            "starred_url": f"{api}/starred{{/owner}}{{/repo}}",
            "subscriptions_url": f"{api}/subscriptions",
            "organizations_url": f"{api}/orgs",
            "repos_url": f"{api}/repos",
            "events_url": f"{api}/events{{/privacy}}",
            "received_events_url": f"{api}/received_events",
            "type": kind,
            "site_admin": False,
        }

    def account(self, login: str) -> dict[str, Any]:
        """The long form, of one account."""
        account, owned = self.host.account(login), self.host.owned(login, self.at)
        nothing = ("company", "location", "email", "hireable", "bio", "twitter_username")
        return {
            **self.user(account.login),
            "name": account.name or None,
            "blog": "",
            **dict.fromkeys(nothing),
            "public_repos": len(owned),
            "public_gists": sum(
                one.owner == account.login and one.is_live(self.at) for one in self.host.gists.values()
            ),
            "followers": 0,
            "following": 0,
            "created_at": moment(account.created_at),
            "updated_at": moment(account.created_at),
        }

    def repository(self, one: Repository) -> dict[str, Any]:
        """The minimal form, as in lists."""
        name = one.full_name(self.at)
        forks = one.forks.counted(self.at) if one.forks else 0
        return {
            "id": one.id,
            "node_id": node_id("Repository", one.id),
            "name": one.name(self.at),
            "full_name": name,
            "private": False,
            "owner": self.user(one.owner(self.at)),
            "html_url": f"{self.base}/{name}",
            "description": one.description or None,
            "fork": one.parent is not None,
            **self._addresses(name),
            "created_at": moment(one.created_at),
            "updated_at": moment(max(one.created_at, one.pushed_at(self.at))),
            "pushed_at": moment(one.pushed_at(self.at)),
            "homepage": None,
            "size": self.size(one) // 1024,
            "stargazers_count": one.stars,
            "watchers_count": one.stars,
            "language": "TypeScript",
            "has_issues": one.parent is None,
            "has_projects": True,
            "has_downloads": True,
            "has_wiki": True,
            "has_pages": False,
            "has_discussions": False,
            "forks_count": forks,
            "mirror_url": None,
            "archived": False,
            "disabled": False,
            "open_issues_count": 0,
            "license": None,
            "allow_forking": True,
            "is_template": False,
            "web_commit_signoff_required": False,
            "topics": list(one.topics),
            "visibility": "public",
            "forks": forks,
            "open_issues": 0,
            "watchers": one.stars,
            "default_branch": one.default_branch,
        }

    def full_repository(self, one: Repository) -> dict[str, Any]:
        """The long form, of one repository."""
        written = self.repository(one)
        written |= {"network_count": written["forks"], "subscribers_count": 1}
        if one.parent:
            written["parent"] = self.repository(one.parent)
            written["source"] = self.repository(root(one))
        return written

    def commit(self, one: Repository, commit: Commit) -> dict[str, Any]:
        api = f"{self.base}/repos/{one.full_name(self.at)}"
        who = {"name": commit.author, "email": commit.email, "date": moment(commit.at)}
        return {
            "sha": commit.id,
            "node_id": _encoded(f"C:{one.id}:{commit.id}"),
            "commit": {
                "author": who,
                "committer": who,
                "message": commit.message,
                "tree": {"sha": commit.tree.id, "url": f"{api}/git/trees/{commit.tree.id}"},
                "url": f"{api}/git/commits/{commit.id}",
                "comment_count": 0,
                "verification": {
                    "verified": False,
                    "reason": "unsigned",
                    "signature": None,
                    "payload": None,
                    "verified_at": None,
                },
            },
            "url": f"{api}/commits/{commit.id}",
            "html_url": f"{self.base}/{one.full_name(self.at)}/commit/{commit.id}",
            "comments_url": f"{api}/commits/{commit.id}/comments",
            "author": self.user(commit.author),
            "committer": self.user(commit.author),
            "parents": [
                {
                    "sha": parent.id,
                    "url": f"{api}/commits/{parent.id}",
                    "html_url": f"{self.base}/{one.full_name(self.at)}/commit/{parent.id}",
                }
                for parent in commit.parents
            ],
        }

    def tree_row(self, one: Repository, path: str, mode: str, node: Blob | Tree) -> dict[str, Any]:
        """One line of a tree."""
        api = f"{self.base}/repos/{one.full_name(self.at)}/git"
        row: dict[str, Any] = {"path": path, "mode": mode.zfill(6), "type": node.type, "sha": node.id}
        if isinstance(node, Blob):
            row["size"] = len(node.content)
        return row | {"url": f"{api}/{node.type}s/{node.id}"}

    def content(self, one: Repository, path: str, node: Blob | Tree, *, whole: bool) -> dict[str, Any]:
        """A file or folder of the contents API; with its bytes when `whole`."""
        name, api = one.full_name(self.at), f"{self.base}/repos/{one.full_name(self.at)}"
        head = one.head(self.at)
        is_file = isinstance(node, Blob)
        url = f"{api}/contents/{path}?ref={one.default_branch}"
        raw = f"{self.base}/raw/{name}/{head.id if head else ''}/{path}"
        page = f"{self.base}/{name}/{'blob' if is_file else 'tree'}/{one.default_branch}/{path}"
        written: dict[str, Any] = {
            "name": path.rpartition("/")[2],
            "path": path,
            "sha": node.id,
            "size": len(node.content) if isinstance(node, Blob) else 0,
            "url": url,
            "html_url": page,
            "git_url": f"{api}/git/{node.type}s/{node.id}",
            "download_url": raw if is_file else None,
            "type": "file" if is_file else "dir",
            "_links": {"self": url, "git": f"{api}/git/{node.type}s/{node.id}", "html": page},
        }
        if whole and isinstance(node, Blob):
            written |= {"encoding": "base64", "content": encoded(node.content)}
        return written

    def gist(self, gist: Gist, *, whole: bool = False) -> dict[str, Any]:
        """A gist; with its files' contents (the first MB of each) when `whole`."""
        api = f"{self.base}/gists/{gist.id}"
        written = {
            "url": api,
            "forks_url": f"{api}/forks",
            "commits_url": f"{api}/commits",
            "id": gist.id,
            "node_id": _encoded(f"G:{gist.id}"),
            "git_pull_url": f"{self.base}/gist/{gist.id}.git",
            "git_push_url": f"{self.base}/gist/{gist.id}.git",
            "html_url": f"{self.base}/gist/{gist.owner}/{gist.id}",
            "files": {name: self._gist_file(gist, name, whole) for name in list(gist.files)[:300]},
            "public": True,
            "created_at": moment(gist.created_at),
            "updated_at": moment(gist.updated_at),
            "description": gist.description,
            "comments": 0,
            "user": None,
            "comments_url": f"{api}/comments",
            "owner": self.user(gist.owner),
            "truncated": len(gist.files) > 300,
        }
        return written | ({"forks": [], "history": []} if whole else {})

    def release(self, one: Repository, release: Release) -> dict[str, Any]:
        api = f"{self.base}/repos/{one.full_name(self.at)}/releases"
        page = f"{self.base}/{one.full_name(self.at)}/releases"
        asset = {
            "url": f"{api}/assets/{release.id}",
            "id": release.id,
            "node_id": _encoded(f"RA:{release.id}"),
            "name": release.asset_name,
            "label": None,
            "uploader": self.user(one.owner(self.at)),
            "content_type": "application/gzip",
            "state": "uploaded",
            "size": len(release.asset),
            "digest": None,
            "download_count": 0,
            "created_at": moment(release.created_at),
            "updated_at": moment(release.created_at),
            "browser_download_url": f"{page}/download/{release.tag}/{release.asset_name}",
        }
        return {
            "url": f"{api}/{release.id}",
            "assets_url": f"{api}/{release.id}/assets",
            "upload_url": f"{api}/{release.id}/assets{{?name,label}}",
            "html_url": f"{page}/tag/{release.tag}",
            "id": release.id,
            "author": self.user(one.owner(self.at)),
            "node_id": node_id("Release", release.id),
            "tag_name": release.tag,
            "target_commitish": one.default_branch,
            "name": release.title,
            "draft": False,
            "prerelease": False,
            "immutable": False,
            "created_at": moment(release.created_at),
            "published_at": moment(release.created_at),
            "assets": [asset],
            "tarball_url": None,
            "zipball_url": None,
            "body": "",
        }

    def size(self, one: Repository) -> int:
        """Bytes at its newest commit's top folder: a rough figure, as GitHub's is."""
        head = one.head(self.at)
        rows = head.tree.entries if head else ()
        return sum(len(row.node.content) for row in rows if isinstance(row.node, Blob))

    def _gist_file(self, gist: Gist, name: str, whole: bool) -> dict[str, Any]:
        content = gist.files[name]
        written = {
            "filename": name,
            "type": "text/plain",
            "language": LANGUAGES.get(name.rpartition(".")[2]),
            "raw_url": f"{self.base}/gist/{gist.owner}/{gist.id}/raw/{name}",
            "size": len(content),
        }
        if whole:
            text = content[: 1024 * 1024].decode("utf-8", "replace")
            written |= {"truncated": len(content) > 1024 * 1024, "content": text, "encoding": "utf-8"}
        return written

    def _addresses(self, name: str) -> dict[str, str]:
        api = f"{self.base}/repos/{name}"
        simple = (
            *("branches{/branch}", "contributors", "deployments", "downloads", "events", "forks", "hooks"),
            *("languages", "merges", "stargazers", "subscribers", "subscription", "tags", "teams"),
        )
        rest = {
            "archive_url": "/{archive_format}{/ref}",
            "assignees_url": "/assignees{/user}",
            "blobs_url": "/git/blobs{/sha}",
            "collaborators_url": "/collaborators{/collaborator}",
            "comments_url": "/comments{/number}",
            "commits_url": "/commits{/sha}",
            "compare_url": "/compare/{base}...{head}",
            "contents_url": "/contents/{+path}",
            "git_commits_url": "/git/commits{/sha}",
            "git_refs_url": "/git/refs{/sha}",
            "git_tags_url": "/git/tags{/sha}",
            "issue_comment_url": "/issues/comments{/number}",
            "issue_events_url": "/issues/events{/number}",
            "issues_url": "/issues{/number}",
            "keys_url": "/keys{/key_id}",
            "labels_url": "/labels{/name}",
            "milestones_url": "/milestones{/number}",
            "notifications_url": "/notifications{?since,all,participating}",
            "pulls_url": "/pulls{/number}",
            "releases_url": "/releases{/id}",
            "statuses_url": "/statuses/{sha}",
            "trees_url": "/git/trees{/sha}",
        }
        page = f"{self.base}/{name}"
        return {
            "url": api,
            **{f"{one.partition('{')[0]}_url": f"{api}/{one}" for one in simple},
            **{key: api + path for key, path in rest.items()},
            "git_url": f"git:{page.partition(':')[2]}.git",
            "ssh_url": f"git@simulated:{name}.git",
            "clone_url": f"{page}.git",
            "svn_url": page,
        }


def root(one: Repository) -> Repository:
    """Where its network begins."""
    while one.parent:
        one = one.parent
    return one


def moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def encoded(content: bytes) -> str:
    """Base64 in lines, as the API sends it."""
    return base64.encodebytes(content).decode()


def node_id(type: str, id: int) -> str:
    """The global id of a thing: the form of GitHub's, which is a packed [0, id]."""
    packed = b"\x92\x00\xce" + id.to_bytes(4, "big")
    return f"{ID_BEGINS[type]}_{base64.urlsafe_b64encode(packed).decode().rstrip('=')}"


def database_id(node_id: str) -> tuple[str, int] | None:
    """The type's letters and the number of a global id; None when it is none."""
    letters, _, packed = node_id.partition("_")
    try:
        content = base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4))
    except ValueError:
        return None
    is_ours = len(content) == 7 and content.startswith(b"\x92\x00\xce")
    return (letters, int.from_bytes(content[3:], "big")) if is_ours else None


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
