"""Watching a repository, against a real git server."""

import json

import pytest

from monitors.fingerprints import fingerprint, git_blob_id, git_tree_ids
from monitors.matching import match
from monitors.sources import git as adapter
from monitors.sources.base import Aim, Candidate, Look, Probe, Refused, SourceError
from monitors.sources.git import Git
from monitors.sources.http import Client

pytestmark = [pytest.mark.servers, pytest.mark.slow]  # git starts several processes

FILES = {f"src/file{number}.ts": b"export const n%d = %d;\n" % (number, number) * 20 for number in range(30)}
README = {"README.md": b"# acme\n"}


@pytest.fixture
def git():
    return Git(Client(allow_private=True))


@pytest.fixture
def repository(git_host, request):
    return git_host.create(f"acme/{request.node.name[:150]}")


def poll(git, repository, cursor=None):
    return git.fetch(Aim.REPOSITORY, repository.url, cursor=json.loads(json.dumps(cursor or {})))


def candidate(git, repository):
    return poll(git, repository).candidates[0]


def blobs(files):
    return {path: git_blob_id(content) for path, content in files.items()}


def test_a_repository_is_a_candidate_by_its_main_branch(git, git_host):
    repository = git_host.create("acme/leak")
    commit = repository.commit(FILES)

    batch = poll(git, repository)

    host = git_host.url.removeprefix("http://")
    assert batch.candidates == [
        Candidate(
            host=host,
            native_id="acme/leak",
            path="",
            title="acme/leak",
            url=f"{git_host.url}/acme/leak",
            version="main",
            digest=commit,
            ticket={"url": f"{git_host.url}/acme/leak.git"},
        )
    ]
    assert (batch.cursor, batch.more, batch.requests) == ({"refs": {"HEAD": commit}}, False, 1)


def test_only_a_branch_that_moved_makes_it_a_candidate_again(git, repository):
    repository.commit(FILES)
    first = poll(git, repository)

    unchanged = poll(git, repository, first.cursor)
    repository.commit(README, ref="refs/heads/side")
    changed = poll(git, repository, unchanged.cursor)

    assert [len(batch.candidates) for batch in (first, unchanged, changed)] == [1, 0, 1]
    assert first.candidates[0].digest != changed.candidates[0].digest


def test_all_files_and_folders_are_known_by_id_without_any_content(git, git_host, repository):
    repository.commit(FILES | README)
    seen = candidate(git, repository)
    git_host.asked.clear()
    before = git.client.requests

    with git.examine(seen) as holding:
        held = holding.entries, holding.trees, holding.skipped
        contents_here = holding._clone.sizes()

    assert held == (blobs(FILES | README), git_tree_ids(blobs(FILES | README)), [])
    assert contents_here == {}
    assert len(git_host.asked) == git.client.requests - before == 4


def test_contents_are_fetched_only_for_what_is_asked_in_one_request(git, git_host, repository):
    repository.commit(FILES | README)

    with git.examine(candidate(git, repository)) as holding:
        git_host.asked.clear()
        before = git.client.requests
        wanted = ["src/file3.ts", "README.md", "absent"]
        read = dict(holding.read(wanted))
        contents_here = set(holding._clone.sizes())
        asked = [request.path.rpartition("/")[2] for request in git_host.asked]
        again = dict(holding.read(wanted))

    assert read == again == {"src/file3.ts": FILES["src/file3.ts"], **README}
    assert contents_here == {git_blob_id(content) for content in read.values()}
    assert asked == ["refs?service=git-upload-pack", "git-upload-pack"]
    assert len(asked) == git.client.requests - before


def test_matching_a_changed_copy_fetches_only_the_files_that_ids_leave_open(git, repository):
    changed = {"src/file7.ts": FILES["src/file7.ts"] + b"// changed\n"}
    repository.commit(FILES | changed | README)
    index = fingerprint(FILES.items())

    with git.examine(candidate(git, repository)) as holding:
        found = match(index, holding)
        contents_here = set(holding._clone.sizes())

    assert found.files >= len(FILES) - 1
    assert contents_here <= set(blobs(changed | README).values())


def test_every_content_can_be_read(git, repository):
    repository.commit(FILES | README)

    with git.examine(candidate(git, repository)) as holding:
        assert dict(holding.read(list(holding.entries))) == FILES | README


def test_a_side_branch_adds_what_the_main_one_has_not(git, repository):
    repository.commit(README)
    repository.commit(README | {"leak/cli.ts": b"secret"}, ref="refs/heads/wip/leak")

    with git.examine(candidate(git, repository)) as holding:
        entries, read = holding.entries, dict(holding.read(["wip/leak:leak/cli.ts"]))
        leaked_folder = holding.trees["wip/leak:leak"]

    assert entries == blobs(README) | {"wip/leak:leak/cli.ts": git_blob_id(b"secret")}
    assert read == {"wip/leak:leak/cli.ts": b"secret"}
    assert leaked_folder == git_tree_ids({"cli.ts": git_blob_id(b"secret")})[""]


def test_an_annotated_tag_is_looked_at_like_a_branch(git, repository):
    repository.commit(README)
    leak = repository.commit({"cli.ts": b"secret"}, ref="refs/heads/gone-later")
    repository.add(leak, ref="v1.0")
    repository.git("update-ref", "-d", "refs/heads/gone-later")

    with git.examine(candidate(git, repository)) as holding:
        assert holding.entries == blobs(README) | {"v1.0:cli.ts": git_blob_id(b"secret")}


def test_a_tag_that_names_no_commit_is_skipped_and_told(git, repository):
    repository.commit(README)
    blob = repository.git("hash-object", "-w", "--stdin", stdin=b"just a file")
    repository.git("tag", "odd", blob)

    with git.examine(candidate(git, repository)) as holding:
        assert (holding.entries, holding.skipped) == (blobs(README), ["refs/tags/odd names no commit."])


def test_more_branches_than_the_bound_are_told(git, repository):
    repository.commit(README)
    for number in range(25):
        repository.commit({"n": b"%d" % number}, ref=f"refs/heads/b{number:02}")

    with git.examine(candidate(git, repository)) as holding:
        assert holding.skipped == ["5 more branches and tags."]
        assert len(holding.entries) == 1 + 20


def test_a_host_that_ignores_filters_sends_all_and_it_is_still_a_candidate(git, git_host, repository):
    repository.configure("uploadpack.allowFilter", "false")
    repository.commit(FILES)

    with git.examine(candidate(git, repository)) as holding:
        contents_here = set(holding._clone.sizes())
        git_host.asked.clear()
        read = dict(holding.read(["src/file1.ts"]))

    assert holding.entries == blobs(FILES)
    assert contents_here == set(blobs(FILES).values())
    assert (read, git_host.asked) == ({"src/file1.ts": FILES["src/file1.ts"]}, [])


def test_a_host_that_refuses_the_filter_is_asked_for_all(git, repository):
    repository.configure("uploadpackfilter.allow", "false")
    repository.commit(FILES)

    with git.examine(candidate(git, repository)) as holding:
        assert holding.entries == blobs(FILES)
        assert dict(holding.read(["src/file1.ts"])) == {"src/file1.ts": FILES["src/file1.ts"]}


def test_a_repository_without_a_commit_is_live_and_no_candidate(git, repository):
    assert poll(git, repository).candidates == []


def test_a_repository_whose_head_names_no_branch_is_still_looked_at(git, repository):
    commit = repository.commit(FILES, ref="refs/heads/develop")

    seen = candidate(git, repository)

    assert (seen.version, seen.digest) == (commit, commit)
    with git.examine(seen) as holding:
        assert holding.entries == blobs(FILES)


def test_removal_and_return_are_seen(git, repository):
    commit = repository.commit(FILES)
    batch = poll(git, repository)
    seen = batch.candidates[0]

    before = git.look(seen)
    repository.remove()
    meanwhile, polled = git.look(seen), poll(git, repository, batch.cursor)
    repository.restore()
    after, again = git.look(seen), poll(git, repository, polled.cursor)

    assert before == after == Look(live=True, digest=commit)
    assert meanwhile == Look(live=False, reason="404")
    assert (polled.candidates, len(again.candidates)) == ([], 1)


def test_a_repository_that_is_not_there_is_asked_on_and_found_when_it_comes(git, git_host):
    url = f"{git_host.url}/late/comer.git"
    first = git.fetch(Aim.REPOSITORY, url, cursor={})
    git_host.create("late/comer").commit(FILES)

    second = git.fetch(Aim.REPOSITORY, url, cursor=first.cursor)

    says = "is not there (404), and never was while we asked: is it spelled right? We go on asking."
    assert (first.candidates, first.gaps, len(second.candidates)) == ([], [f"{url} {says}"], 1)


def test_nothing_is_left_behind_after_an_examination(git, repository, monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    repository.commit(FILES)

    with git.examine(candidate(git, repository)) as holding:
        list(holding.read(["src/file1.ts"]))
        during = list(tmp_path.iterdir())

    assert len(during) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_probe_says_whether_the_host_answers_and_git_is_here(git_host, scripted, monkeypatch):
    git = Git(Client(allow_private=True))
    there = Git(Client(allow_private=True), scripted.url)
    nowhere = Git(Client(allow_private=True), "http://127.0.0.1:9")

    assert git.probe() == Probe("git is installed. Each watch names its repository.")
    assert there.probe().says.startswith("Answers, and has nothing at its front.")
    with pytest.raises(SourceError):
        nowhere.probe()
    monkeypatch.setattr(adapter.shutil, "which", lambda name: None)
    with pytest.raises(Refused, match="not installed"):
        git.probe()
