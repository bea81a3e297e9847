"""Crowds, notices and what follows: the other side's behaviour."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta

import pytest

from monitors.simulator import Holds, World, WorldError, truth, worldfile
from monitors.simulator.customs import Customs
from monitors.simulator.growth import populate
from monitors.simulator.reactions import named, take_down

PLAN = """
name = "crowded"
start = 2026-03-31T08:00:00Z

[[repository]]
name = "acme/cli"
holds = "own"
at = "-30d"

[[repository]]
name = "eve/cli"
fork_of = "acme/cli"
holds = "own"
pushed = [{ at = "10m", holds = "leak" }]

[[forks]]
of = "acme/cli"
count = 200
at = "-20d"
within = "21d"

[[forks]]
of = "eve/cli"
count = 2000
at = "20m"
within = "24h"
peak = "5h"
of_forks = 0.1
readme = 0.1
touched = 0.05
part = 0.05
hidden = 0.02
deleted = 0.02
"""


def grown(text=PLAN, **options):
    plan = worldfile.parse(text.encode())
    world = World(**{"material": plan.material(), "customs": plan.customs()} | options)
    populate(world, plan)
    return world


@pytest.fixture(scope="module")
def crowded():
    return grown()


def leaked(world, at):
    return world.host("github").repository("eve/cli", at)


def test_the_same_file_gives_the_same_world(crowded):
    day = timedelta(hours=25)
    told = [list(truth.facts(one, one.start + day)) for one in (crowded, grown())]

    assert told[0] == told[1]


def test_most_forks_come_around_the_peak(crowded):
    hours = Counter(
        int((fork.created_at - crowded.start) / timedelta(hours=1))
        for fork in leaked(crowded, crowded.start).forks
    )

    assert hours[5] > 2 * hours[0]
    assert hours[5] > 4 * hours[20]


def test_forks_share_what_they_do_not_change(crowded):
    at = crowded.start + timedelta(days=2)
    heads = Counter(fork.head(at).id for fork in leaked(crowded, at).forks)

    assert heads.most_common(1)[0][1] > 1_000
    assert (
        len(
            {
                fork.head(at).tree.at("src").id
                for fork in leaked(crowded, at).forks
                if fork.head(at).tree.at("src")
            }
        )
        < 90
    )


def test_honest_forks_are_in_the_same_network_and_hold_nothing_of_the_leak(crowded):
    at = crowded.start + timedelta(days=2)
    own = crowded.host("github").repository("acme/cli", at)
    honest = [fork for fork in own.forks if fork.full_name(at) != "eve/cli"]
    ours = {blob.id for blob in leaked(crowded, at).head(at).tree.at("src").files().values()}

    assert len(honest) > 190
    assert all(fork.network is leaked(crowded, at).network for fork in honest)
    assert not any(ours & {blob.id for blob in fork.head(at).tree.files().values()} for fork in honest[:50])


def test_the_truth_counts_copies_from_when_they_hold_the_leak(crowded):
    before, after = (crowded.start + timedelta(minutes=minutes) for minutes in (9, 11))

    assert [fact.name for fact in truth.copies(crowded, before)] == []
    assert [fact.name for fact in truth.copies(crowded, after)] == ["eve/cli"]


def test_what_is_counted_is_more_than_what_is_listed(crowded):
    at = crowded.start + timedelta(days=2)
    forks = leaked(crowded, at).forks

    assert forks.counted(at) == 2_000
    assert forks.listed(at) == len(forks.live(at)) == len(list(forks.newest(at))) < 1_800


def test_pages_from_a_mark_hold_the_rest_although_new_ones_come(crowded):
    at = crowded.start + timedelta(hours=10)
    forks = leaked(crowded, at).forks
    every = list(forks.newest(at))
    mark = every[99]

    later = list(forks.newest(at + timedelta(hours=1), below=(mark.created_at, mark.id)))

    assert later[:500] == every[100:600]


def test_a_notice_removes_after_the_hosts_delay_and_names_itself():
    world = grown(customs={"github": Customs(delay=timedelta(hours=18))})
    at = world.start + timedelta(hours=2)
    leak = leaked(world, at)

    hit = take_down(world, leak, at=at)

    assert hit == [leak]
    assert leak.is_live(at + timedelta(hours=17))
    assert leak.absence(at + timedelta(hours=18)).reason == "dmca"
    assert leak.absence(at + timedelta(hours=18)).notice_url.startswith("https://")
    assert take_down(world, leak, at=at) == []


def test_a_notice_of_a_network_hits_every_fork_below():
    world = grown()
    at = world.start + timedelta(hours=30)

    hit = take_down(world, leaked(world, at), at=at, network=True)

    assert 1_950 < len(hit) <= 2_001
    assert not any(one.holds is Holds.OWN for one in hit)


def test_some_come_back_elsewhere_with_the_same_content():
    world = grown(customs={"github": Customs(repost=1.0, repost_delay=timedelta(hours=5))})
    at = world.start + timedelta(hours=2)
    leak = leaked(world, at)
    known = set(world.host("github").all_repositories())

    take_down(world, leak, at=at)

    (again,) = set(world.host("github").all_repositories()) - known
    later = at + timedelta(days=2)
    assert again.created_at > at + timedelta(hours=18)
    assert again.owner(later) != leak.owner(later)
    assert again.head(later).tree is leak.head(later).tree
    assert (again.holds, again.parent) == (Holds.LEAK, None)


def test_what_comes_back_is_told_of_as_what_was_forked_is():
    world = grown(customs={"github": Customs(repost=1.0)})
    at = world.start + timedelta(hours=30)
    leak = leaked(world, at)
    leak.description = "the source"

    take_down(world, next(iter(leak.forks)), at=at)

    assert [one.parent for one in world.host("github").search(["source"], at + timedelta(days=3))] == [None]


def test_a_counter_notice_brings_it_back():
    world = grown(customs={"github": Customs(counter=1.0, counter_delay=timedelta(days=11))})
    at = world.start + timedelta(hours=2)

    take_down(world, leaked(world, at), at=at)

    moments = [at + timedelta(days=day) for day in (0, 1, 10, 13)]
    assert [leaked(world, at).is_live(moment) for moment in moments] == [True, False, False, True]


def test_those_who_own_something_and_those_who_are_stated_have_accounts():
    world = grown('name = "x"\nrepository = [{ name = "eve/cli" }]\ngist = [{ owner = "bob" }]\n'
                  'account = [{ login = "Acme", organization = true, at = "1h" }]')  # fmt: skip
    host, moments = world.host("github"), (world.start, world.start + timedelta(hours=1))

    known = [[name for name in ("eve", "bob", "acme", "no") if host.has_account(name, at)] for at in moments]

    assert known == [["eve", "bob"], ["eve", "bob", "acme"]]
    assert sorted(host.accounts) == ["acme", "eve"]
    assert host.account("acme").is_organization


def test_the_truth_tells_how_much_a_gist_holds():
    world = grown('name = "x"\ngist = [{ owner = "bob", share = 0.3 }]')

    assert [(fact.sort, fact.share) for fact in truth.facts(world, world.start)] == [("gist", 0.3)]


NOTICED = """
name = "noticed"
start = 2026-03-31T08:00:00Z
repository = [{ name = "eve/cli", holds = "leak" }, { name = "eve/cli", holds = "leak", host = "gitlab" }]
gist = [{ owner = "eve" }]
page = [{ path = "/a.tgz" }, { path = "/a.tgz", host = "url" }]
capture = [{ url = "https://a.example/a.tgz" }]
image = [{ name = "eve/cli" }]

[[package]]
name = "@acme/cli"
version = [
    { number = "1", holds = "leak" },
    { number = "2", holds = "impostor" },
    { number = "3", at = "1d" },
]

[[package]]
host = "pypi"
name = "cli"
version = [{ number = "1", holds = "leak" }]

[[notice]]
host = "%s"
name = "%s"
at = "2h"

[takedowns.%s]
delay = "3h"
repost = 1.0
repost_delay = "1h"
"""


@pytest.mark.parametrize(
    ("kind", "name", "reasons"),
    [
        ("github", "eve/cli", ["dmca"]),
        ("gitlab", "eve/cli", ["dmca"]),
        ("github", "eve", ["dmca"]),
        ("npm", "@acme/cli", ["unpublished", "quarantined"]),
        ("npm", "@acme/cli@1", ["unpublished"]),
        ("pypi", "cli", ["deleted"]),
        ("mirror", "/a.tgz", ["deleted"]),
        ("url", "/a.tgz", ["dmca"]),
        ("wayback", "https://a.example/a.tgz", ["dmca"]),
        ("dockerhub", "eve/cli:latest", ["deleted"]),
    ],
)
def test_a_notice_in_a_world_file_removes_in_the_hosts_way_and_things_come_back(kind, name, reasons):
    world = grown(NOTICED % (kind, name, kind))
    moments = [world.start + timedelta(hours=hours) for hours in (4, 5, 8)]

    things = named(world.host(kind), name, moments[0])

    absences = [[one.absence(at) for one in things] for at in moments[:2]]
    assert absences[0] == [None] * len(reasons)
    assert [one.reason for one in absences[1]] == reasons
    if kind != "wayback":
        live = [[fact for fact in truth.facts(world, at) if fact.is_live] for at in moments]
        held = [sorted((one.kind, one.sort, one.holds, one.share) for one in facts) for facts in live]
        assert len(held[1]) == len(held[0]) - len(reasons)
        assert held[2] == held[0]
        assert {one.name for one in live[2]} != {one.name for one in live[0]}


def test_what_is_published_again_has_the_same_files_and_says_its_new_name():
    world = grown(NOTICED % ("npm", "@acme/cli@1", "npm"))

    before, again = (package.versions[0].files for package in world.host("npm").packages.values())

    changed = {path for path in before if before[path] != again[path]}
    assert (before.keys(), changed) == (again.keys(), {"package.json"})
    assert b'"cli-by-' in again["package.json"]


def test_a_notice_of_what_is_not_there_yet_is_a_mistake():
    with pytest.raises(WorldError, match=r'No table puts "@acme/cli@3" on host "npm" before'):
        grown(NOTICED % ("npm", "@acme/cli@3", "npm"))


def test_the_map_is_as_large_as_it_is_said_to_be_and_holds_every_source():
    plan = worldfile.parse(b'name = "x"\n[leak]\nfiles = 5\nlines = 100\nmap_bytes = 400000')

    written = plan.material().source_map

    told = json.loads(written)
    own = {
        name: text
        for name, text in zip(told["sources"], told["sourcesContent"], strict=True)
        if "node_modules" not in name
    }
    assert len(written) == 400_000
    assert own == {f"../{path}": text.decode() for path, text in plan.material().sources.items()}


def test_each_phrase_stands_in_one_file_and_no_other():
    material = World().material

    counts = [
        sum(phrase.encode() in text for text in material.sources.values()) for phrase in material.phrases
    ]

    assert counts == [1] * len(material.sources)
