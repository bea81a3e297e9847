import pytest
from django.core.management import CommandError

from incidents import proposals
from incidents.models import Artifact, Event
from monitors import sources
from monitors.models import Own, SearchTerm, Source, Watch
from monitors.sources import mirrors
from tests import factories
from tests.commands import answered, printed
from tests.incidents.artifacts.test_take_in import take_in, tarball


@pytest.fixture
def leaked(incident, shelf):
    """A package that got out, a registry to ask, and GitHub."""
    factories.ArtifactFactory(incident=incident, locator="pkg:npm/%40acme/cli@1.4.2")
    factories.SourceFactory(name="npm", base_url="")
    factories.SourceFactory(kind="github", name="github", base_url="")
    return incident


def proposed(incident) -> set[tuple[str, str, str]]:
    return {
        (one.source.name, one.aim.value, one.query)
        for group in proposals.propose(incident)
        for one in group.proposals
    }


def test_the_package_is_proposed_and_searched_for_by_its_whole_name(leaked):
    assert {one for one in proposed(leaked) if one[1] in ("package", "search")} == {
        ("npm", "package", "@acme/cli"),
        ("npm", "search", "@acme/cli"),
        ("github", "search", "acme-cli"),
    }


@pytest.mark.parametrize(
    ("name", "is_searched"),
    [
        ("cli", False),  # everybody has one
        ("web-client-sdk", False),
        ("jose", False),  # too short to be one's own
        ("requests", False),  # a word that everybody says
        ("kettleboard", True),
        ("warm-kettle", True),
    ],
)
def test_a_name_that_everybody_says_is_not_searched_for_but_watched(incident, name, is_searched):
    factories.ArtifactFactory(incident=incident, locator=f"pkg:npm/{name}@1.0.0")
    factories.SourceFactory(name="npm", base_url="")

    aims = {aim for _, aim, _ in proposed(incident)}

    assert aims == {"package", "feed"} | ({"search"} if is_searched else set())


@pytest.mark.parametrize(
    ("locator", "is_mirrored"),
    [("pkg:npm/%40acme/cli@1.4.2", True), ("pkg:npm/%40acme/cli", False), ("pkg:pypi/acme-cli@1.4.2", False)],
)
def test_mirrors_are_proposed_only_for_what_they_can_be_asked_for(incident, locator, is_mirrored):
    factories.ArtifactFactory(incident=incident, locator=locator)
    factories.SourceFactory(kind="mirror", name="mirror", base_url="")

    assert proposed(incident) == ({("mirror", "address", locator)} if is_mirrored else set())


@pytest.mark.parametrize("told", ["", "?checksum=sha1:" + "a0" * 20])
def test_a_mirror_is_asked_whether_it_serves_the_very_file_that_was_fetched(incident, told):
    locator = f"pkg:npm/%40acme/cli@1.4.2{told}"
    factories.ArtifactFactory(incident=incident, ready=True, locator=locator, sha256="9f2c" * 16)
    factories.SourceFactory(kind="mirror", name="mirror", base_url="")

    query = locator if told else f"{locator}?checksum=sha256:{'9f2c' * 16}"

    assert proposed(incident) == {("mirror", "address", query)}
    assert mirrors.parsed(query).digest


def sighted(incident, url, *, kind="github", **details):
    """A hit that a source of this kind found."""
    source = Source.objects.filter(kind=kind).first() or factories.SourceFactory(kind=kind, base_url="")
    return factories.SightingFactory(watchlist=incident.watchlist, source=source, url=url, **details)


def forks(incident) -> set[tuple[str, str]]:
    return {(source, query) for source, aim, query in proposed(incident) if aim == "forks"}


ASSET = "https://github.com/mallory/cli/releases/tag/v1"
MATCH = "https://sourcegraph.com/{}@main/-/blob/cli.js"


@pytest.mark.parametrize(
    ("found", "walked"),
    [
        ({"url": "https://github.com/mallory/cli"}, "https://github.com/mallory/cli"),
        ({"url": "https://github.com/mallory/cli", "kind": "git"}, "https://github.com/mallory/cli"),
        ({"url": ASSET, "path": "releases/v1/cli.tgz"}, "https://github.com/mallory/cli"),
        ({"url": "https://gist.github.com/aa5a315d", "ticket": {"what": "gist"}}, ""),
        ({"url": "https://code.example/mallory/cli", "kind": "git"}, ""),
        ({"url": "https://npm.example/package/cli", "kind": "npm"}, ""),
    ],
)
def test_forks_are_proposed_of_repositories_sighted_where_their_host_can_be_asked(leaked, found, walked):
    sighted(leaked, **found)

    assert forks(leaked) == ({("github", walked)} if walked else set())


@pytest.mark.parametrize(
    ("host", "name", "walked"),
    [
        ("github.com", "acme/cli", "https://github.com/acme/cli"),
        ("github.com", "acme", ""),  # an account
        ("npm.example", "@acme/cli", ""),
        ("code.example", "acme/cli", ""),
    ],
)
def test_forks_are_proposed_of_our_own_repositories(leaked, host, name, walked):
    Own.objects.create(host=host, name=name)

    assert forks(leaked) == ({("github", walked)} if walked else set())


@pytest.mark.parametrize("query", ["acme/cli", "https://github.com/Acme/CLI.git"])
def test_a_repository_is_proposed_and_watched_once_however_it_is_called(leaked, query):
    Own.objects.create(host="github.com", name="acme/cli")
    locator = "git+https://github.com/acme/cli.git"
    factories.ArtifactFactory(incident=leaked, kind=Artifact.Kind.GIT, locator=locator)
    once = forks(leaked)

    source = Source.objects.get(kind="github")
    factories.WatchFactory(watchlist=leaked.watchlist, source=source, aim="forks", query=query)

    assert (once, forks(leaked)) == ({("github", "https://github.com/acme/cli")}, set())


def test_what_is_gone_has_no_forks_to_be_asked_for(leaked):
    sighted(leaked, "https://github.com/mallory/cli", gone=True)

    assert forks(leaked) == set()


@pytest.mark.parametrize("host", ["github.com", "code.example"])
def test_a_file_that_another_search_found_leads_to_its_repository(leaked, host):
    name = f"{host}/mallory/cli"
    file = ["7", name, "cli.js", "a" * 40]
    sighted(leaked, MATCH.format(name), kind="sourcegraph", path="cli.js", ticket={"file": file})

    assert forks(leaked) == ({("github", f"https://{name}")} if host == "github.com" else set())


def test_what_was_found_as_a_fork_needs_no_walk_of_its_own(leaked):
    walk = factories.WatchFactory(watchlist=leaked.watchlist, aim="forks")
    sighted(leaked, "https://github.com/a/b", watch=walk)

    assert forks(leaked) == set()


def test_only_confirmed_phrases_are_proposed(leaked, lead):
    for state in ("proposed", "approved", "refused"):
        decided = {} if state == "proposed" else {"decided_by": lead, "decided_at": leaked.opened_at}
        SearchTerm.objects.create(
            watchlist=leaked.watchlist, text=f"a phrase {state}", kind="own", state=state, **decided
        )

    phrases = {query.strip('"') for _, aim, query in proposed(leaked) if aim == "code"}

    assert phrases == {"a phrase approved"}


def test_an_exposed_address_is_proposed_without_what_may_be_a_key(incident):
    factories.SourceFactory(kind="wayback", name="wayback", base_url="")
    url = "https://cdn.acme.example/cli.js.map?token=secret#x"
    factories.ArtifactFactory(incident=incident, kind=Artifact.Kind.URL, locator=url)

    assert proposed(incident) == {("wayback", "captures", "https://cdn.acme.example/cli.js.map")}


def test_our_codename_is_never_proposed(leaked):
    assert "Kettle" not in str(proposed(leaked))


def test_what_is_ticked_starts_in_one_step_and_is_on_the_record(leaked, lead, visit):
    ids = [one.id for group in proposals.propose(leaked) for one in group.proposals]

    visit(lead).post(f"/i/{leaked.ref}/watches/propose/", {"watch": ids[1:]})

    assert Watch.objects.count() == len(ids) - 1
    event = leaked.events.get(kind=Event.Kind.WATCH)
    assert event.text == f"Started {len(ids) - 1} watches of those proposed"
    assert [one.id for group in proposals.propose(leaked) for one in group.proposals] == ids[:1]


def test_what_nobody_proposed_cannot_be_started(leaked, lead, visit):
    answer = visit(lead).post(f"/i/{leaked.ref}/watches/propose/", {"watch": ["0" * 20]})

    assert (answer.status_code, Watch.objects.count()) == (400, 0)


def test_a_kind_without_a_source_is_named(leaked):
    assert set(proposals.missing()) == sources.ADAPTERS.keys() - {"npm", "github"}


def weak(incident) -> set[tuple[str, str]]:
    groups = proposals.propose(incident)
    return {(one.aim.value, one.query) for group in groups for one in group.proposals if one.is_weak}


def test_everything_is_ticked_on_the_page_but_what_is_weak(leaked, lead, visit):
    page = visit(lead).get(f"/i/{leaked.ref}/watches/propose/").text

    assert weak(leaked) == {("commits", "acme-cli")}
    assert page.count('type="checkbox"') == page.count(" checked>") + 1 == len(proposed(leaked))


@pytest.mark.parametrize("confirmed", [True, False])
def test_beside_the_forks_of_a_copy_are_its_releases_and_its_owner(leaked, confirmed):
    url = "https://github.com/mallory/cli"
    sighted(leaked, url, confirmed=confirmed)

    beside = {one for one in proposed(leaked) if one[1] in ("releases", "gists")}

    gists = {("github", "gists", "acme-cli")}
    owner = {("github", "gists", "user:mallory")} if confirmed else set()
    assert beside == {("github", "releases", url)} | gists | owner
    surely = {("gists", "user:mallory")} if confirmed else {("releases", url)}
    assert weak(leaked) == {("commits", "acme-cli")} | surely


def test_whether_our_own_repository_shows_it_is_asked_only_when_ticked(leaked):
    Own.objects.create(host="github.com", name="acme/cli")
    url = "https://github.com/acme/cli"

    assert weak(leaked) == {("commits", "acme-cli"), ("repository", url), ("releases", url)}


def test_the_same_from_a_shell(leaked, lead):
    listed = answered("propose_watches", leaked.ref)

    started = answered(
        "propose_watches", leaked.ref, "--start", "--by", lead.username, "--without", listed[0]["id"]
    )

    assert [one["started"] for one in started] == [False, *[not one["weak"] for one in listed[1:]]]
    weak = [one["id"] for one in listed if one["weak"]]
    also = answered("propose_watches", leaked.ref, "--start", "--by", lead.username, "--also", *weak)
    assert [one["id"] for one in also if one["started"]] == [listed[0]["id"], *weak]
    with pytest.raises(CommandError, match="There is nobody called"):
        printed("propose_watches", leaked.ref, "--start")


@pytest.mark.parametrize(
    ("files", "asked"),
    [
        ({"package/package.json": b'{"name": "@acme/warm-kettle"}'}, {"@acme/warm-kettle"}),
        ({"package/lib/package.json": b'{"name": "inner"}', "package/package.json": b"{"}, set()),
        ({"package/node_modules/a/package.json": b'{"name": "theirs"}'}, set()),
        ({}, set()),
    ],
)
def test_an_upload_is_known_by_its_own_manifest(incident, lead, files, asked):
    factories.SourceFactory(name="npm", base_url="")
    take_in(incident, lead, tarball(**files, package__main=b"export const warm = 1;\n" * 40))

    assert {query for _, aim, query in proposed(incident) if aim == "package"} == asked


def test_who_cannot_be_asked_for_words_alone_is_not_proposed(leaked):
    factories.SourceFactory(kind="bitbucket", name="bitbucket", base_url="")
    factories.SourceFactory(kind="feed", name="any feed", base_url="")
    factories.SourceFactory(kind="feed", name="press", base_url="https://press.example/feed.xml")

    asked = {(source, aim) for source, aim, _ in proposed(leaked)}

    assert ("press", "mentions") in asked
    assert not {("bitbucket", "search"), ("any feed", "mentions")} & asked
