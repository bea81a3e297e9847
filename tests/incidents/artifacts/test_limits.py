"""What unpacking may cost is a deployer's to set; and a git bundle is read like an archive."""

import pytest
from django.conf import settings as configured
from django.core.management import CommandError, call_command

from config import environment
from monitors.sources.base import Adapter
from monitors.unpack import Limits
from tests.commands import answered
from tests.incidents.artifacts.test_take_in import MAIN, take_in
from tests.monitors.sources.histories import checkout, git, needs_git
from tests.monitors.unpack.packing import tarred

TWO = tarred({"a.ts": MAIN.encode(), "b.ts": b"let b\n"})


def test_every_bound_has_a_setting_that_is_its_default_here():
    assert Limits() == configured.UNPACK_LIMITS
    assert Adapter.unpacking is configured.UNPACK_LIMITS
    assert not [complaint for complaint in environment.complaints if "UNPACK" in complaint.setting]


def test_an_artifact_over_a_set_bound_fails_by_its_name(incident, lead, settings):
    settings.UNPACK_LIMITS = Limits(files=1)

    artifact = take_in(incident, lead, TWO)

    assert artifact.stage == "failed"
    assert "(the bound on files is 1)" in artifact.error


def test_commands_keep_to_the_set_bounds(settings, tmp_path):
    settings.UNPACK_LIMITS = Limits(files=1)
    (tmp_path / "a.tgz").write_bytes(TWO)

    with pytest.raises(CommandError, match="the bound on files is 1"):
        call_command("inventory", str(tmp_path / "a.tgz"))


@needs_git
@pytest.mark.slow  # starts git
def test_an_uploaded_bundle_gives_its_files(incident, lead, tmp_path):
    work = checkout(tmp_path / "work", {"src/a.ts": MAIN.encode(), "b.ts": b"let b\n"})
    git(work, "bundle", "create", "-q", "../a.bundle", "--all")

    artifact = take_in(incident, lead, (tmp_path / "a.bundle").read_bytes(), name="a.bundle")

    assert (artifact.stage, artifact.error) == ("ready", "")
    assert {file.path for file in artifact.files.all()} == {"src/a.ts", "b.ts"}
    assert "taken as of HEAD" in artifact.skipped[0][1]


@needs_git
@pytest.mark.slow  # starts git
def test_a_repository_and_one_of_its_branches_are_read_by_commands(tmp_path):
    work = checkout(tmp_path / "work@home", {"a.ts": MAIN.encode()})
    git(work, "branch", "old")
    checkout(tmp_path / "work@home", {"b.ts": MAIN.encode()})
    git(work, "bundle", "create", "-q", "../a.bundle", "--all")

    for path, files in (
        (work / ".git", {"a.ts", "b.ts"}),
        (f"{work}/.git@old", {"a.ts"}),
        (tmp_path / "a.bundle", {"a.ts", "b.ts"}),
        (f"{tmp_path}/a.bundle@old", {"a.ts"}),
        (work, {"a.ts", "b.ts"}),
    ):
        assert {file["path"] for file in answered("inventory", str(path))["files"]} == files
