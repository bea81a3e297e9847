"""A git host that errs, lies or attacks."""

import subprocess
import time
from dataclasses import replace

import pytest

from monitors.fingerprints import git_blob_id
from monitors.sources import clone, commands
from monitors.sources.base import Aim, Candidate, Look, RateLimited, Refused, SourceError
from monitors.sources.clone import Bounds, Clone, TooBig
from monitors.sources.git import Git
from monitors.sources.http import Client, Limits
from monitors.sources.refs import ADVERTISEMENT
from tests.processes import until
from tests.servers import processes
from tests.servers import scripted as scripts

pytestmark = [pytest.mark.slow]  # git starts several processes, or a deadline is waited for

TOKEN = "tok_5ecret"
REFS = "/acme/leak.git/info/refs"
OID = "a" * 40


@pytest.fixture
def git():
    return Git(Client(allow_private=True, limits=Limits(seconds=0.4)))


@pytest.fixture
def repository(git_host, request):
    return git_host.create(f"hostile/{request.node.name[:150]}")


def place(url):
    return Candidate("host", "acme/leak", "", "acme/leak", url, "", "", {"url": url})


def packets(*lines):
    return b"".join(b"%04x" % (len(line) + 4) + line if line else b"0000" for line in lines)


def refs_answer(*refs, capabilities=b"side-band-64k"):
    rows = [b"%s %s" % (OID.encode(), ref) for ref in refs]
    rows[0] += b"\0" + capabilities
    body = packets(b"# service=git-upload-pack\n", b"", *(row + b"\n" for row in rows), b"")
    return scripts.answers(200, body, Content_Type=ADVERTISEMENT)


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        (scripts.answers(500), "answered 500"),
        (scripts.answers(403, b"no"), "refused us"),
        (scripts.web_page(), "does not answer as a git repository does"),
        (scripts.answers(200, b"001e# serv", Content_Type=ADVERTISEMENT), "breaks off"),
        (scripts.answers(200, b"zzzz", Content_Type=ADVERTISEMENT), "breaks off"),
        (scripts.half_a_body(b"001e# service=git-upload-pack\n"), "only a part"),
        (scripts.drip(), "in time"),
        (scripts.never, "in time"),
        (refs_answer(b"HEAD", capabilities=b"object-format=sha256"), "SHA-256"),
    ],
)
def test_a_failing_host_is_neither_live_nor_gone(git, scripted, script, sentence):
    scripted.on(REFS, script)

    for ask in (
        lambda: git.fetch(Aim.REPOSITORY, f"{scripted.url}/acme/leak.git", cursor={}),
        lambda: git.look(place(f"{scripted.url}/acme/leak.git")),
    ):
        with pytest.raises(SourceError, match=sentence):
            ask()


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (scripts.answers(404, b"Repository not found."), "404"),
        (scripts.answers(403, b"Repository unavailable due to DMCA takedown."), "403 dmca"),
        (scripts.answers(451), "451"),
        (scripts.answers(410), "410"),
        (scripts.answers(401, WWW_Authenticate='Basic realm="git"'), "401 not public"),
    ],
)
def test_a_repository_the_public_cannot_read_is_gone_and_says_why(git, scripted, script, reason):
    scripted.on(REFS, script)

    assert git.look(place(f"{scripted.url}/acme/leak.git")) == Look(live=False, reason=reason)


def test_a_rejected_token_is_our_fault_and_not_a_removal(scripted):
    scripted.on(REFS, scripts.answers(401))
    git = Git(Client(token=TOKEN, allow_private=True), scripted.url)

    with pytest.raises(SourceError, match="Check the token"):
        git.look(place(f"{scripted.url}/acme/leak.git"))


def test_a_limit_waits(git, scripted):
    scripted.on(REFS, scripts.answers(429, Retry_After="60"))

    with pytest.raises(RateLimited):
        git.look(place(f"{scripted.url}/acme/leak.git"))


def test_what_git_tells_of_its_requests_holds_no_token(scripted, monkeypatch):
    scripted.on(REFS, scripts.answers(429))
    client, told = Client(token=TOKEN, allow_private=True), []
    monkeypatch.setattr(clone, "_problem", lambda url, complaint: told.append(complaint) or SourceError("no"))

    git = Git(client, scripted.url)
    with Clone(f"{scripted.url}/acme/leak.git", client, Bounds()) as made, pytest.raises(SourceError):
        made.fetch(["HEAD"])

    shown = client.authorization(git.base_url)
    assert scripted.asked[-1].headers["authorization"] == shown
    assert b"Recv header: HTTP/1.1 429" in told[0]
    assert shown.split()[1].encode() not in told[0]


def test_names_of_branches_that_git_would_not_allow_are_ignored(git, scripted):
    names = [
        b"HEAD",
        b"refs/heads/fine",
        b"refs/heads/a:b",
        b"refs/heads/*",
        b"--upload-pack=x",
        b"refs/heads/a b",
    ]
    names += [b"refs/heads/../x", b"refs/heads/\x1b[31m", b"refs/heads/" + b"x" * 300, b"refs/pull/1/head"]
    scripted.on(REFS, refs_answer(*names))

    found = git.fetch(Aim.REPOSITORY, f"{scripted.url}/acme/leak.git", cursor={})

    assert found.cursor == {"refs": {"HEAD": OID}}


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/x.git",
        "https://127.0.0.1/x.git",
        "https://[::1]/x.git",
        "https://[::ffff:127.0.0.1]/x.git",
        "https://2130706433/x.git",
        "https://127.1/x.git",
        "https://169.254.169.254/x.git",
        "https://100.64.0.1/x.git",
        "file:///etc",
        "ext::sh -c id",
        "git@host:owner/name.git",
        "ssh://git@host/x.git",
        "git://host/x.git",
        "https://me:secret@host/x.git",
        "--upload-pack=id",
        "",
    ],
)
def test_addresses_that_lead_inside_or_run_something_are_refused(url):
    git = Git(Client())

    for ask in (
        lambda: git.fetch(Aim.REPOSITORY, url, cursor={}),
        lambda: git.look(place(url)),
        lambda: git.examine(place(url)),
        lambda: Clone(url, git.client, Bounds()),
    ):
        with pytest.raises(Refused):
            ask()


@pytest.mark.servers
def test_git_itself_goes_only_where_the_judged_name_led(git_host, repository, monkeypatch):
    """The name does not exist: git can only have used the address it was given."""
    repository.commit({"a.ts": b"code"})
    port = repository.url.split(":")[2].partition("/")[0]
    real = clone.addresses.resolve
    monkeypatch.setattr(
        clone.addresses, "resolve", lambda host, port, **named: real("127.0.0.1", port, allow_private=True)
    )
    url = repository.url.replace("127.0.0.1", "pinned.invalid")

    with Clone(url, Client(allow_private=True), Bounds()) as copy:
        copy.fetch(["HEAD"])
        listed = [row.path for row in copy.listing(copy.roots(1)[0])]

    assert listed == [b"a.ts"]
    assert git_host.asked[-1].headers["host"] == f"pinned.invalid:{port}"


def test_git_itself_follows_no_redirect(scripted):
    processes.need("git")
    inside = scripts.Scripted()
    scripted.on(REFS, scripts.answers(302, Location=f"{inside.url}/acme/leak.git/info/refs"))

    with (
        Clone(f"{scripted.url}/acme/leak.git", Client(allow_private=True), Bounds()) as copy,
        pytest.raises(SourceError),
    ):
        copy.fetch(["HEAD"])

    assert (len(scripted.asked), inside.asked) == (1, [])
    inside.close()


@pytest.mark.servers
def test_a_renamed_repository_is_followed_by_our_own_client(git, scripted, repository):
    repository.commit({"a.ts": b"code"})
    scripted.on(REFS, scripts.answers(301, Location=f"{repository.url}/info/refs?service=git-upload-pack"))

    with git.examine(place(f"{scripted.url}/acme/leak.git")) as holding:
        assert list(holding.entries) == ["a.ts"]


@pytest.mark.servers
def test_the_token_reaches_its_own_host_and_is_nowhere_to_be_seen(git_host, repository, monkeypatch):
    repository.commit({"a.ts": b"code"})
    started = []
    real = subprocess.Popen
    monkeypatch.setattr(
        subprocess, "Popen", lambda command, **named: started.append(command) or real(command, **named)
    )
    git = Git(Client(token=TOKEN, allow_private=True), git_host.url)
    git_host.asked.clear()

    with git.examine(place(repository.url)) as holding:
        list(holding.read(["a.ts"]))
        kept = (holding._clone._root / "config").read_text()

    encoded = git.client.authorization(repository.url).split()[1]
    assert {request.headers.get("authorization") for request in git_host.asked} == {f"Basic {encoded}"}
    assert TOKEN not in str(started) + kept
    assert encoded not in str(started) + kept


@pytest.mark.servers
def test_the_token_is_not_sent_to_a_repository_elsewhere(git_host, repository, scripted):
    repository.commit({"a.ts": b"code"})
    git = Git(Client(token=TOKEN, allow_private=True), scripted.url)
    git_host.asked.clear()

    git.examine(place(repository.url)).close()

    assert {request.headers.get("authorization") for request in git_host.asked} == {None}


@pytest.mark.servers
def test_symbolic_links_and_submodules_are_not_followed_but_told(git, repository):
    repository.commit({"passwd": b"/etc/passwd"}, ref="refs/heads/link", mode="symlink")
    repository.commit({"module": OID.encode()}, ref="refs/heads/module", mode="submodule")
    repository.commit({"a.ts": b"code"})

    with git.examine(place(repository.url)) as holding:
        assert holding.entries == {"a.ts": git_blob_id(b"code")}
        assert holding.skipped == ["2 symbolic links and submodules."]


@pytest.mark.servers
def test_names_with_control_and_right_to_left_characters_are_made_visible_and_readable(git, repository):
    repository.commit(
        {"a\x1b[31m\n.ts": b"one", "b\u202etxt.ts": b"two", b"c\xff.ts": b"three", "d\x1b.ts": b"four"}
    )

    with git.examine(place(repository.url)) as holding:
        read = dict(holding.read(list(holding.entries)))

    assert all(path.isprintable() for path in read)
    assert sorted(read.values()) == [b"four", b"one", b"three", b"two"]


@pytest.mark.servers
def test_two_names_that_look_alike_once_cleaned_stay_two(git, repository):
    repository.commit({"a\x01": b"one", "a\x02": b"two"})

    with git.examine(place(repository.url)) as holding:
        assert sorted(dict(holding.read(list(holding.entries))).values()) == [b"one", b"two"]


@pytest.mark.servers
def test_a_repository_of_too_many_files_stops(git, repository, monkeypatch):
    repository.commit({f"{number}": b"x" for number in range(20)})
    monkeypatch.setattr(Git, "bounds", replace(Bounds(), entries=10))

    with pytest.raises(TooBig, match="more than the 10 files"):
        git.examine(place(repository.url))


@pytest.mark.servers
def test_a_tree_bomb_stops_at_the_bound_of_its_listing(git, repository, monkeypatch):
    """Ten folders in each of ten folders, six deep: a million files in seven objects."""
    oid, kind = repository.git("hash-object", "-w", "--stdin", stdin=b"x"), "100644 blob"
    for _ in range(6):
        rows = "".join(f"{kind} {oid}\t{name}\n" for name in "abcdefghij")
        oid, kind = repository.git("mktree", stdin=rows.encode()), "040000 tree"
    commit = repository.git("commit-tree", oid, "-m", "bomb")
    repository.git("update-ref", "refs/heads/main", commit)
    monkeypatch.setattr(Git, "bounds", replace(Bounds(), listing=2_000_000))

    with pytest.raises(TooBig):
        git.examine(place(repository.url))


@pytest.mark.servers
def test_a_repository_over_the_bound_of_bytes_stops(git, repository, monkeypatch):
    repository.configure("uploadpack.allowFilter", "false")
    repository.configure("core.compression", "0")
    repository.commit({"big": b"x" * 30_000_000})
    monkeypatch.setattr(Git, "bounds", replace(Bounds(), bytes=1_000_000))

    with pytest.raises(SourceError):
        git.examine(place(repository.url))


@pytest.mark.servers
def test_files_beyond_the_bounds_are_not_read_and_that_is_told(git, repository, monkeypatch):
    repository.commit({"big": b"x" * 5000, "one": b"1", "two": b"2", "three": b"3"})
    monkeypatch.setattr(Git, "bounds", replace(Bounds(), file_bytes=1000, read_files=3))

    with git.examine(place(repository.url)) as holding:
        read = dict(holding.read(["big", "one", "two", "three"]))

    assert read == {"one": b"1", "two": b"2"}
    assert holding.skipped == [
        "1 files: beyond the 3 files we read",
        "1 files: over 1,000 bytes or not given by the host",
    ]


@pytest.mark.servers
def test_reading_stops_at_the_bound_of_bytes_in_all(git, repository, monkeypatch):
    repository.commit({"a": b"a" * 600, "b": b"b" * 600})
    monkeypatch.setattr(Git, "bounds", replace(Bounds(), read_bytes=1000, batch=1))

    with git.examine(place(repository.url)) as holding:
        read = dict(holding.read(["a", "b"]))

    assert read == {"a": b"a" * 600}
    assert holding.skipped == ["1 files: they are over the 1,000 bytes we read"]


def test_a_host_that_hangs_in_the_middle_of_a_fetch_is_killed_with_all_of_its_group(scripted):
    processes.need("git")
    scripted.on(REFS, scripts.never)
    started = time.monotonic()

    with (
        Clone(
            f"{scripted.url}/acme/leak.git", Client(allow_private=True), replace(Bounds(), seconds=0.5)
        ) as copy,
        pytest.raises(SourceError, match="did not answer in"),
    ):
        copy.fetch(["HEAD"])

    assert time.monotonic() - started < 5


def test_a_program_that_outlives_its_deadline_leaves_no_child(tmp_path):
    room = commands.Room(tmp_path, seconds=0.3, folder_bytes=10**6, output_bytes=10**6)

    with pytest.raises(commands.Overtime):
        commands.run(
            ["sh", "-c", "sleep 60 & echo $! > child; wait"], environment={"PATH": "/usr/bin:/bin"}, room=room
        )

    child = int((tmp_path / "child").read_text())
    until(lambda: not _is_running(child), seconds=5)


@pytest.mark.parametrize("command", ["yes", "yes > big", "yes >&2"])
def test_a_program_that_writes_without_end_is_stopped(tmp_path, command):
    room = commands.Room(tmp_path, seconds=20, folder_bytes=10**6, output_bytes=10**6)

    with pytest.raises((commands.Overgrown, commands.Failed)):
        commands.run(["sh", "-c", command], environment={"PATH": "/usr/bin:/bin"}, room=room)

    assert commands.size_of(tmp_path) <= 2 * 10**6


def test_without_git_the_sentence_says_what_to_do(git, scripted, monkeypatch, tmp_path):
    scripted.on(REFS, refs_answer(b"HEAD"))
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(SourceError, match="Install it"):
        git.examine(place(f"{scripted.url}/acme/leak.git"))


def _is_running(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
