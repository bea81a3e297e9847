"""The command that serves a world, and writes its leak."""

from __future__ import annotations

import re
import signal
import subprocess
import tarfile
import urllib.request
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from monitors.management.commands import simulate
from monitors.simulator import Clock, Fault, World, WorldError, growth, serve, truth, worldfile
from monitors.simulator.dialects import DIALECTS
from monitors.simulator.places import Post
from monitors.sources import ADAPTERS
from tests.processes import ROOT


def test_the_leak_is_written_as_sources_and_as_the_package_that_was_published(tmp_path, capsys):
    call_command("simulate", "quiet", write_leak=tmp_path)

    world = World.load("quiet", speed=0)
    written = {
        str(file.relative_to(tmp_path / "source")): file.read_bytes()
        for file in (tmp_path / "source").rglob("*.ts")
    }
    with tarfile.open(tmp_path / "acme-cli.tgz") as archive:
        names = archive.getnames()
    assert written == world.material.sources
    assert "package/cli.js.map" in names
    assert "open_incident" in capsys.readouterr().out


def test_an_unknown_world_is_refused_with_those_there_are():
    with pytest.raises(CommandError, match=r"Shipped worlds: .*march.*quiet"):
        call_command("simulate", "nowhere.toml")


def test_every_shipped_world_can_be_read():
    plans = [worldfile.read(name) for name in worldfile.shipped()]

    assert [plan.name for plan in plans] == ["hostile", "march", "quiet"]


def test_in_hostile_there_is_a_copy_on_every_host_that_can_hold_one_and_every_fault():
    world = World.load("hostile", speed=0)

    holding = {kind for kind, dialect in DIALECTS.items() if dialect.tables - {"posts"}}
    copies = {fact.kind for fact in truth.copies(world, world.start + timedelta(hours=30))}
    faults = {fault for shares in world.faults.shares.values() for fault in shares}

    assert holding - copies == {"wayback", "swh", "sourcegraph"}  # the truth tells nothing of archives
    assert [one.holds for one in world.host("wayback").captures] == ["leak"]
    assert faults == set(Fault)
    assert "graphql_page" in world.limits["github"]
    assert world.faults.jitter > 0


@pytest.mark.parametrize("name", ["hostile", "march"])
def test_in_a_shipped_world_some_come_back_after_a_notice(name):
    plan = worldfile.read(name)
    plan.leak = worldfile.Leak(files=5, lines=100)
    for crowd in plan.forks:
        crowd.count = min(crowd.count, 600)
    world = World(seed=plan.seed, clock=Clock(plan.moment), material=plan.material(), customs=plan.customs())

    growth.populate(world, plan)

    stated = {table.name for table in plan.repository}
    again = [one for one in world.host("github").repositories if one.names[0] not in stated]
    assert again
    assert all(one.holds.is_copy for one in again)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            'name = "x"\n[[repository]]\nname = "a/b"\nhold = "leak"',
            r"unknown field `hold` - at `\$.repository",
        ),
        ('name = "x"\n[[repository]]\nname = "a/b"\nholds = "leek"', r"'leek' - at `\$.repository"),
        ('name = "x"\n[[repository]]\nname = "alone"', 'write its name as "owner/name"'),
        ('name = "x"\n[[forks]]\nof = "a/b"\ncount = 5\nwithin = "soon"', '"soon" is no length of time'),
        ('name = "x"\n[[forks]]\nof = "a/b"\ncount = 900000\nwithin = "1h"', "it must be from 0 to 200000"),
        ('name = "x"\n[faults.npm]\nexplode = 0.1', "explode"),
        ("name = ", "is no TOML"),
    ],
)
def test_a_mistake_in_a_world_file_is_told_with_its_place(text, said):
    with pytest.raises(WorldError, match=said):
        worldfile.parse(text.encode())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            'repository = [{ name = "a/b", host = "gitub" }]',
            '"gitub" cannot stand here; write one of: github,',
        ),
        ('package = [{ name = "a", host = "gitlab", version = [] }]', "write one of: npm, pypi"),
        ('gist = [{ owner = "a", host = "gitlab" }]', "write one of: github"),
        ('posts = [{ title = "a", host = "npm" }]', "write one of: feed, hackernews"),
        ('outage = [{ host = "npn", at = "1h", within = "1h" }]', r"\[\[outage]] host: .npn"),
        ('notice = [{ name = "a", host = "feed", at = "1h" }]', r"\[\[notice]] host: .feed"),
        ("[takedowns.gihub]", r"\[takedowns]: .gihub"),
        ('[indexing]\ngithub = "1h"', "write one of: swh, sourcegraph"),
        ("[faults.githb]", r"\[faults]: .githb.*, \*\."),
        ('[limits.npm]\napi = { count = 1, per = "1m" }', r"\[limits]: .npm"),
        ('[limits.github]\ncroe = { count = 1, per = "1m" }', "write one of: core, .*, graphql_page"),
        ('[limits.github]\ncore = { count = 0, per = "1m" }', r">= 1 - at `\$.limits"),
        ('[limits.github]\ncore = { count = 1, per = "0s" }', "no time at all"),
        ("[takedowns.github]\nrepost = 7.0", r"<= 1.0 - at `\$.takedowns"),
        ("[takedowns.github]\nrepost = 0.7\ncounter = 0.7", "repost and counter together: 1.4"),
        ('[takedowns.github]\ndelay = "-1h"', '"-1h" is below zero; write "1h"'),
        ("[faults.github]\nreset = -0.1", r">= 0.0 - at `\$.faults"),
        ("[faults.github]\nreset = nan", r">= 0.0 - at `\$.faults"),
        ('posts = [{ title = "a", count = -3 }]', r">= 1 - at `\$.posts"),
        ("feed = [{ per_hour = -1 }]", r">= 0 - at `\$.feed"),
        ('repository = [{ name = "a/b", share = 1.1 }]', r"<= 1.0 - at `\$.repository"),
        ('repository = [{ name = "a/b", at = "99999d" }]', "is no length of time"),
        ('repository = [{ name = "a/b", gone = [{ at = "2h", back = "1h" }] }]', "`back` is not after `at`"),
        ('jitter = "2m"', "longer than a minute"),
        ("start = 1066-10-14T09:00:00Z", "the year of the start: 1066"),
    ],
)
def test_a_host_or_a_figure_that_cannot_be_is_told_with_what_can(text, said):
    with pytest.raises(WorldError, match=said):
        worldfile.parse(f'name = "x"\n{text}'.encode())


def test_the_readme_of_worlds_names_every_word_of_every_table():
    lines = (worldfile.SHIPPED / "README.md").read_text().splitlines()
    told = {line.split("`")[1].strip("[]"): line for line in lines if line.startswith("| `[[")}
    tables = {name: getattr(worldfile, f"{name.capitalize()}Table") for name in told}

    missing = {
        name: [word for word in table.__struct_fields__ if f"`{word}`" not in told[name]]
        for name, table in tables.items()
    }

    listed = {
        name for name in worldfile.Plan.__struct_fields__ if f"{name.capitalize()}Table" in vars(worldfile)
    }
    assert {name: words for name, words in missing.items() if words} == {}
    assert set(told) == listed


def test_a_crowd_needs_a_repository_to_fork(tmp_path):
    file = tmp_path / "world.toml"
    file.write_text('name = "x"\n[[forks]]\nof = "a/b"\ncount = 5\nwithin = "1h"')

    with pytest.raises(WorldError, match=r'No earlier .* is called "a/b"'):
        World.load(file)


def test_every_address_that_is_printed_for_a_source_answers(world, ask):
    post = Post("feed", 1, "acme leaked", "https://press.example/1", "eve", world.start, feed="press")
    world.host("feed").posts.append(post)

    with serve(world) as server:
        printed = re.findall(r"--kind (\w+) .* --url (\S+)", "\n".join(simulate.lines(server)))
        feed = ask(dict(printed)["feed"])

    assert (feed.status_code, "acme leaked" in feed.text) == (200, True)
    assert {kind: url for kind, url in printed if kind != "feed"} == {
        kind: url for kind, url in server.addresses.items() if kind in ADAPTERS and kind != "feed"
    }


def test_a_world_without_feeds_prints_none(world):
    with serve(world) as server:
        printed = list(simulate.lines(server))

    assert "    feed          nothing there in this world" in printed
    assert not any("--kind feed" in line for line in printed)


@pytest.mark.slow
def test_the_command_serves_until_it_is_told_to_stop():
    command = [str(ROOT / ".venv/bin/python"), "manage.py", "simulate", "quiet", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        first = process.stdout.readline()
        url = first.split()[3].rstrip(";")
        request = urllib.request.Request(
            f"{url}/github/repos/eve/acme-cli-source", headers={"User-Agent": "me"}
        )
        with urllib.request.urlopen(f"{url}/_sim/facts", timeout=10) as answer:
            facts = answer.read()
        with pytest.raises(urllib.error.HTTPError, match="404"):  # it comes only after 20 minutes
            urllib.request.urlopen(request, timeout=10)
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()

    assert first.startswith('World "quiet" at http://127.0.0.1:')
    assert b'"violations":0' in facts
    assert "manage.py add_source --kind npm" in rest or "github" in rest
    assert process.returncode == 0
