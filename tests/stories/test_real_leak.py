"""One real leak, from the package that gave it away to the page that executives read.

A real package with source maps is declared as leaked. Copies of it are put on a real registry and a real git
server, beside innocent packages. Everything then happens through the product's own pages and commands.
"""

import re
from datetime import UTC, datetime, timedelta

import pytest

from tests.processes import until
from tests.stories import packages
from tests.stories.desk import Desk, Person
from tests.stories.installation import Installation

pytestmark = [pytest.mark.story, pytest.mark.servers, pytest.mark.enable_socket]

EXPOSED = (datetime.now(UTC) - timedelta(hours=30)).replace(microsecond=0)


@pytest.fixture(scope="module")
def leak(tmp_path_factory):
    return packages.fetch(packages.LEAK, tmp_path_factory.mktemp("leak"))


@pytest.fixture(scope="module")
def ours(leak):
    return packages.sources_in_maps(packages.files_of(leak))


@pytest.fixture(scope="module")
def outside(ours, verdaccio, git_host, tmp_path_factory):
    """What the world holds: copies, a part, a repacked map, innocents."""
    some = dict(sorted(ours.items())[: len(ours) // 2])
    verdaccio.publish("open-kettle", "0.1.0", {"README.md": b"# Kettle, liberated\n", **ours})
    for name in packages.NEIGHBOURS:
        archive = packages.fetch(name, tmp_path_factory.mktemp("neighbour"))
        short, _, version = name.rpartition("@")
        verdaccio.publish(short, version, packages.files_of(archive))
    mirror = git_host.create("mirrors/kettle")
    mirror.commit({f"packages/cli/{path}": content for path, content in ours.items()})
    part = git_host.create("bits/kettle-tools")
    part.commit({"README.md": b"# Tools\n", **some})
    innocent = git_host.create("honest/work")
    innocent.commit({"src/index.ts": b"export const honest = (work: string) => work.length\n" * 40})
    return {"verdaccio": verdaccio, "mirror": mirror, "part": part, "innocent": innocent, "some": some}


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    with Installation(tmp_path_factory.mktemp("desk") / "data") as installation:
        yield Desk(installation)


def test_one_real_leak_from_package_to_executive_page(desk: Desk, leak, ours, outside):
    lead = desk.first_administrator(username="lena", full_name="Lena Lead", email="lena@acme.example")
    ref = declare(lead, leak)
    counted = inventory(lead, ref)
    assert counted["files"] >= len(ours)

    look(desk, lead, ref, outside)
    seen = until(lambda: everything_seen(desk, ref), seconds=60)
    judge(seen, ours, outside)

    confirm(lead, ref, seen["open-kettle"], seen["mirrors/kettle"])
    removal_and_return(desk, lead, ref, seen["mirrors/kettle"], outside["mirror"])
    say(desk, lead, ref)
    notice(lead, ref, outside)
    executives(desk, lead, ref)

    record = desk.command("verify_timeline", ref)
    assert record["whole"] is True
    stranger = Person(desk.url)
    assert stranger.status(f"/i/{ref}/") in {302, 404}


def declare(lead: Person, leak) -> str:
    answer = lead.submit(
        "/declare/",
        files={"upload": (leak.name, leak.read_bytes())},
        title="Source of our sign-in library published with its source maps",
        organisation="Acme Ltd",
        codename="Copper Kettle",
        severity="1",
        tlp="AMBER",
        exposed_at=EXPOSED.strftime("%Y-%m-%dT%H:%M:%S"),
        detected_at="",
    )
    return re.search(r"/i/(LK-\d{4}-\d{3})/", answer.url)[1]


def inventory(lead: Person, ref: str) -> dict[str, int]:
    """What the page says is out, once the worker is done."""

    def said():
        page = lead.page(f"/i/{ref}/status/")
        return re.search(r"([\d,]+) of Acme Ltd’s files are public and will stay public somewhere", page)

    found = until(said, seconds=60)
    return {"files": int(found[1].replace(",", ""))}


def look(desk: Desk, lead: Person, ref: str, outside) -> None:
    """Sources and watches: the registry's by the page, git's by command."""
    registry = outside["verdaccio"].url
    lead.submit(
        "/sources/add/", kind="npm", name="Our mirror", base_url=registry, token_env="", allow_private="on"
    )
    desk.command("add_source", "--kind", "git", "--name", "Git", "--allow-private")
    for name in ["open-kettle", "jose", "oidc-client-ts"]:
        desk.command(
            "add_watch", ref, "--source", "Our mirror", "--aim", "package", "--query", name, "--json"
        )
    for place in ("mirror", "part", "innocent"):
        url = outside[place].url
        desk.command("add_watch", ref, "--source", "Git", "--aim", "repository", "--query", url)


def everything_seen(desk: Desk, ref: str):
    seen = {one["native_id"]: one for one in desk.command("sightings", ref, "--all")}
    return seen if len(seen) >= 6 else None


def judge(seen, ours, outside) -> None:
    """The copies are whole, the part is a part, and the innocents are innocent."""
    classes = {name: one["class"] for name, one in seen.items()}
    assert classes == {
        "open-kettle": "copy",
        "jose": "unrelated",
        "oidc-client-ts": "unrelated",
        "mirrors/kettle": "copy",
        "bits/kettle-tools": "partial",
        "honest/work": "unrelated",
    }
    for name in ("open-kettle", "mirrors/kettle"):
        assert seen[name]["files"] >= len(ours)
        assert seen[name]["share_lines"] > 0.95
    lines = {
        name: sum(text.count(b"\n") for text in files.values())
        for name, files in [("all", ours), ("some", outside["some"])]
    }
    assert seen["bits/kettle-tools"]["share_lines"] == pytest.approx(lines["some"] / lines["all"], abs=0.1)


def confirm(lead: Person, ref: str, *sightings) -> None:
    for one in sightings:
        page = f"/i/{ref}/sightings/{one['id']}/"
        assert "byte for byte" in lead.page(page)
        lead.submit(f"{page}triage/", page=page, to="confirmed", why="")


def removal_and_return(desk: Desk, lead: Person, ref: str, sighting, repository) -> None:
    page = f"/i/{ref}/sightings/{sighting['id']}/"

    def state():
        listed = desk.command("sightings", ref, "--all")
        return next(one["state"] for one in listed if one["id"] == sighting["id"])

    repository.remove()
    lead.submit(f"{page}check/", page=page)
    until(lambda: state() == "gone", seconds=30)
    repository.restore()
    lead.submit(f"{page}check/", page=page)
    until(lambda: state() == "returned", seconds=30)


def say(desk: Desk, lead: Person, ref: str) -> None:
    """A statement from the facts, by one person, approved by another, on the public page."""
    invited = lead.submit(f"/i/{ref}/people/", email="legal@acme.example", role="legal").text
    lawyer = desk.welcome(
        re.search(r"http://[^\s\"<]+/welcome/[^\s\"<]+", invited)[0],
        username="lou",
        email="legal@acme.example",
    )
    statement = f"/i/{ref}/statements/1/"
    lead.submit(f"/i/{ref}/statements/draft/", page=f"/i/{ref}/statements/", audience="public")
    draft = lead.page(statement)
    assert "of our own files" in draft
    assert "Whether credentials are in the material" in draft
    lawyer.submit(f"{statement}approve/", page=statement)
    lead.submit(f"{statement}publish/", page=statement)
    public = re.search(r"/p/[\w-]+/", lead.page(f"/i/{ref}/statements/"))[0]
    assert "of our own files" in Person(desk.url).page(public)


def notice(lead: Person, ref: str, outside) -> None:
    """A notice to each host: what stands is named, in both texts."""
    host = outside["mirror"].url.split("/")[2]
    lead.submit(f"/i/{ref}/takedowns/draft/", page=f"/i/{ref}/takedowns/", host=host)
    until(lambda: "Where the material is" in lead.page(f"/i/{ref}/takedowns/1/"), seconds=30)
    for text in ("form", "letter"):
        page = lead.page(f"/i/{ref}/takedowns/1/{text}.txt")
        assert outside["mirror"].url.removesuffix(".git") in page
        assert outside["part"].url.removesuffix(".git") not in page
        assert outside["innocent"].url.removesuffix(".git") not in page


def executives(desk: Desk, lead: Person, ref: str) -> None:
    page = lead.page(f"/i/{ref}/status/")
    assert "3 copies are live, 1 of them back after removal" in page
    assert "<polygon" in page
    assert "solved" not in page.lower()
    kinds = re.findall(r"\b(Found|Confirmed|Gone|Returned): ", lead.page(f"/i/{ref}/timeline/"))
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        "Found": 3,
        "Confirmed": 2,
        "Gone": 1,
        "Returned": 1,
    }
