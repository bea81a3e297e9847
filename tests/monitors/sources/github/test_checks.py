"""Whether places are still there: a hundred in one request, and why not."""

from dataclasses import replace

import pytest

from monitors.sources.base import Look, RateLimited, SourceError
from monitors.sources.github.adapter import BY_REST
from tests.monitors.sources.github.test_forks import fork

NOTICE = "https://github.com/github/dmca/blob/master/2026/n.md"
BLOCKED = (451, {"message": "Repository access blocked", "block": {"reason": "dmca", "html_url": NOTICE}})


@pytest.fixture
def root(hub):
    return hub.add("eve/leak")


@pytest.fixture
def places(hub, github, root, walk):
    """130 forks, as candidates, oldest first."""
    fork(hub, root, 130)
    found = walk(github, "eve/leak")[0]
    hub.asked.clear()
    return sorted(
        {place.native_id: place for place in found}.values(), key=lambda place: int(place.native_id)
    )


def test_a_hundred_places_are_one_request(hub, github, root, places):
    looks = github.look_many(places)

    assert looks == [Look(live=True, digest=root.forks[0].trees[""])] * 130
    assert hub.asked == ["Recheck"] * 2


@pytest.mark.parametrize(
    ("gone", "reason"),
    [
        (BLOCKED, f"451 dmca {NOTICE}"),
        ((403, {"message": "Repository access blocked", "block": {"reason": "tos"}}), "403 tos"),
        ((404, {"message": "Not Found"}), "404"),
    ],
)
def test_of_what_is_gone_rest_tells_why(hub, github, root, places, gone, reason):
    root.forks[1].gone = gone

    looks = github.look_many(places[:3])

    assert looks == [looks[0], Look(live=False, reason=reason), looks[2]]
    assert (looks[0].live, hub.asked) == (True, ["Recheck", "/repositories/702"])


@pytest.mark.parametrize("token", ["tok_5ecret", ""])
def test_a_push_shows_in_the_digest_and_a_rename_in_name_and_address(hub, root, places, token):
    root.forks[0].files, root.forks[1].name = {"x": b"x"}, "renamed/leak"

    looks = hub.adapter(token=token).look_many(places[:2])

    ticket = places[1].ticket | {"name": "renamed/leak"}
    now = replace(places[1], title="renamed/leak", url=f"{hub.url}/renamed/leak", ticket=ticket)
    assert looks == [
        Look(live=True, digest=root.forks[0].trees[""]),
        Look(live=True, digest=places[1].digest, renamed=now),
    ]


def test_one_that_became_private_or_blocked_or_was_emptied_is_gone(hub, github, root, places):
    root.forks[0].private = True
    root.forks[1].disabled, root.forks[1].gone = True, None
    root.forks[2].files = {}
    rest, blocked = hub.rest, f"/repositories/{root.forks[1].id}"
    hub.rest = lambda path, query: (*BLOCKED, {}) if path == blocked else rest(path, query)

    looks = github.look_many(places[:3])

    assert looks == [
        Look(live=False, reason="private"),
        Look(live=False, reason=f"451 dmca {NOTICE}"),
        Look(live=False, reason="emptied"),
    ]


def test_too_many_at_once_are_asked_in_halves(hub, github, places):
    hub.most = 30

    looks = github.look_many(places)

    assert [look.live for look in looks] == [True] * 130


def test_what_could_not_be_told_of_one_is_its_error_and_hides_no_other(hub, github, root, places):
    data, _ = hub._recheck({"ids": [place.ticket["node"] for place in places[:3]]})
    data["nodes"][1] = None
    fault = {"type": "SERVICE_UNAVAILABLE", "path": ["nodes", 1], "message": "Something went wrong"}
    hub.answer_next(200, {"data": data, "errors": [fault]})

    first, second, third = github.look_many(places[:3])

    assert (first.live, third.live) == (True, True)
    assert isinstance(second, SourceError)


def test_an_answer_with_fewer_places_than_asked_for_tells_nothing_of_the_others(hub, github, root, places):
    hub.answer_next(200, {"data": {"nodes": []}})

    looks = github.look_many(places[:2])

    assert [look.live for look in looks] == [True, True]  # by REST
    assert len(hub.asked) == 5


def test_a_limit_tells_of_none(hub, github, places):
    hub.answer_next(200, {"errors": [{"type": "RATE_LIMITED", "message": "limit"}]})

    with pytest.raises(RateLimited):
        github.look_many(places)


def test_a_host_in_trouble_is_never_taken_for_gone(hub, github, places):
    hub.most = 0

    looks = github.look_many(places[:2])

    assert all(isinstance(look, SourceError) for look in looks)


def test_without_a_token_each_takes_two_requests(hub, root, places):
    root.forks[1].gone = BLOCKED

    looks = hub.adapter(token="").look_many(places[:2])

    assert looks == [Look(live=True, digest=places[0].digest), Look(live=False, reason=f"451 dmca {NOTICE}")]
    assert len(hub.asked) == 3


def test_a_number_that_is_somebody_elses_now_is_gone(hub, places):
    hub.pages["/repositories/701"] = {"id": 9, "full_name": "a/b"}

    look = hub.adapter(token="").look(places[0])

    assert look == Look(live=False, reason="404 another repository has its name")


def test_a_check_by_one_gives_what_a_check_by_many_gives(github, places):
    assert github.look(places[0]) == github.look_many(places)[0]


def test_the_source_says_who_it_is_and_what_is_left(hub, github):
    hub.answer_next(
        200, {"resources": {"core": {"limit": 5000, "remaining": 4990}}}, X_OAuth_Scopes="repo, gist"
    )
    hub.answer_next(200, {"login": "leakline-bot"})
    hub.answer_next(200, {"data": {"rateLimit": {"limit": 5000, "remaining": 4999}}})

    probe = github.probe()

    assert (probe.says, probe.account) == ("Answers as leakline-bot.", "leakline-bot")
    assert (probe.scopes, probe.limit, probe.remaining) == (("repo", "gist"), 5000, 4990)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ((403, {"message": "Resource not accessible"}), BY_REST),
        ((200, {"errors": [{"type": "FORBIDDEN", "message": "no"}]}), BY_REST),
        ((502, {}), "GraphQL does not answer now: "),
        ((200, {"errors": [{"type": "RATE_LIMITED", "message": "limit"}]}), "GraphQL does not answer now: "),
    ],
)
def test_a_token_that_graphql_does_not_answer_is_said(hub, github, answer, says):
    hub.answer_next(200, {"resources": {}}, X_OAuth_Scopes="")
    hub.answer_next(200, {"login": "leakline-bot"})
    hub.answer_next(*answer)

    probe = github.probe()

    assert probe.says.startswith(f"Answers as leakline-bot. {says}")
    assert probe.scopes == ("read what is public",)


def test_an_apps_token_is_nobodys_and_is_a_token_all_the_same(hub, github):
    hub.answer_next(200, {"resources": {}})
    hub.answer_next(403, {"message": "Resource not accessible by integration"})
    hub.answer_next(200, {"data": {"rateLimit": None}})

    assert (github.probe().says, hub.asked) == ("Answers.", ["/rate_limit", "/user", "Ping"])


def test_without_a_token_it_says_what_that_costs(hub):
    hub.answer_next(200, {"resources": {"core": {"limit": 60, "remaining": 59}}})

    probe = hub.adapter(token="").probe()

    assert probe.says == "Answers anybody, without a token. Code search, and forks in bulk, need a token."
    assert hub.asked == ["/rate_limit"]


def test_a_bad_token_is_named_as_such(hub, github):
    hub.answer_next(401, {"message": "Bad credentials"})

    with pytest.raises(SourceError, match="Check the token"):
        github.probe()
