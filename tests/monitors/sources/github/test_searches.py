"""Searches for repositories, commits and code: windows, limits of their language, what they leave out."""

import json
import re
import time

import pytest

from monitors.sources.base import Aim, Refused, SourceError
from monitors.sources.github.windows import Sizes, Times, Window


class Index:
    """What GitHub's search holds; it shows the first 1,000 of what fits the window."""

    def __init__(self, hub, path, things):
        self.hub, self.things, self.asked, self.incomplete = hub, things, [], False
        self.path = path
        self.rest = hub.rest
        hub.rest = self.answer

    def answer(self, path, query):
        if path != self.path:
            return self.rest(path, query)
        asked, page = query["q"][0], int(query["page"][0])
        self.asked.append(asked)
        things = [] if "fork:only" in asked else self.things
        fitting = [thing for thing in things if _fits(asked, thing)]
        shown = fitting[:1000][(page - 1) * 100 : page * 100]
        items = [thing["item"] for thing in shown]
        body = {"total_count": len(fitting), "incomplete_results": self.incomplete, "items": items}
        return 200, body, {}


def _fits(asked, thing):
    if found := re.search(r"size:(\d+)\.\.(\d+)", asked):
        return int(found[1]) <= thing["size"] <= int(found[2])
    name, low, high = re.search(
        r"(created|pushed|committer-date):(?:>=)?([0-9TZ:-]+)(?:\.\.([0-9TZ:-]+))?", asked
    ).groups()
    return low <= thing[name] <= (high or "9")


def repository(hub, number, **named):
    repo = hub.add(f"user{number}/copy", **named)
    return hub._rest_repo(repo)


def files(hub, count):
    return [
        {"size": 100 + number, "item": {"sha": f"{number:040x}", "repository": repository(hub, number)}}
        for number in range(count)
    ]


def repos(hub, count):
    return [
        {
            "pushed": "2026-03-31T00:00:00Z",
            "created": f"20{10 + number % 16}-01-{1 + number % 28:02}T00:00:{number % 60:02}Z",
            "item": repository(hub, number),
        }
        for number in range(count)
    ]


def commit(hub, number, date):
    said = {"committer": {"date": date}}
    item = {"sha": f"{number:x}" * 40, "commit": said, "repository": repository(hub, number)}
    return {"committer-date": date, "item": item}


def titles(candidates):
    return sorted({candidate.title for candidate in candidates})


def test_a_hit_leads_to_its_repository_with_the_ids_of_its_head(hub, github, walk):
    index = Index(hub, "/search/code", files(hub, 2))

    found, _, gaps = walk(github, "a rare string", aim=Aim.CODE)

    assert titles(found) == ["user0/copy", "user1/copy"]
    assert found[0].trees[""] == hub.repos[0].trees[""]
    assert (index.asked, gaps) == (['"a rare string" fork:true size:0..393216'], [])
    assert hub.asked == ["/search/code", "Places"]


def test_a_code_search_past_a_thousand_results_is_cut_by_size(hub, github, walk):
    Index(hub, "/search/code", files(hub, 1100))

    found, _, gaps = walk(github, "a rare string", aim=Aim.CODE, most=100)

    assert (len(titles(found)), gaps) == (1100, [])


def test_repositories_past_a_thousand_results_are_cut_by_the_day_they_were_made(hub, github, walk):
    index = Index(hub, "/search/repositories", repos(hub, 1100))

    found, _, _ = walk(github, "kettle leak", aim=Aim.SEARCH, most=100)

    assert len(titles(found)) == 1100
    assert index.asked[0] == "kettle leak in:name,description,readme created:>=2008-01-01T00:00:00Z"
    assert index.asked[-1] == (
        "kettle leak in:name,description,readme fork:only stars:>=3 created:>=2008-01-01T00:00:00Z"
    )


def test_what_cannot_be_cut_any_further_is_said(hub, github, walk):
    things = [thing | {"size": 7} for thing in files(hub, 1050)]
    Index(hub, "/search/code", things)

    gaps = []
    cursor, more = {}, True
    while more:
        batch = github.fetch(Aim.CODE, "common", cursor=cursor)
        cursor, more, gaps = batch.cursor, batch.more, gaps + batch.gaps

    assert gaps == ['GitHub shows 1,000 of 1,050 results for "common".']


def test_results_that_github_left_out_are_said(hub, github):
    Index(hub, "/search/code", files(hub, 1)).incomplete = True

    batch = github.fetch(Aim.CODE, "a rare string", cursor={})

    assert batch.gaps == ['GitHub\'s search ran out of time and left out results for "a rare string".']


def test_a_repository_is_looked_at_again_when_it_was_pushed_to(hub, github, walk):
    things = repos(hub, 3)
    Index(hub, "/search/repositories", things)
    _, cursor, _ = walk(github, "kettle", aim=Aim.SEARCH)
    things[1]["item"]["pushed_at"] = "2027-01-01T00:00:00Z"
    things[1]["pushed"] = "2027-01-01T00:00:00Z"

    found, _, _ = walk(github, "kettle", cursor, aim=Aim.SEARCH)

    assert titles(found) == ["user1/copy"]


def test_later_rounds_ask_for_what_is_new_and_begin_at_the_beginning_now_and_then(hub, github, walk):
    things = repos(hub, 3)
    index = Index(hub, "/search/repositories", things)
    cursor = {}
    for _ in range(26):
        _, cursor, _ = walk(github, "kettle", cursor, aim=Aim.SEARCH)

    whole = [number for number, asked in enumerate(index.asked) if "2008-01-01" in asked]
    assert whole == [0, 1, 48, 49]


def test_commits_are_searched_by_their_message(hub, github, walk):
    index = Index(hub, "/search/commits", [commit(hub, 1, "2026-03-31T09:00:00Z")])

    found, _, _ = walk(github, "add leaked source", aim=Aim.COMMITS)

    assert titles(found) == ["user1/copy"]
    assert index.asked == ['"add leaked source" committer-date:>=2008-01-01T00:00:00Z']


def test_a_commit_dated_in_the_future_hides_none_that_come_after_it(hub, github, walk):
    index = Index(hub, "/search/commits", [commit(hub, 1, "2056-03-31T09:00:00Z")])
    _, cursor, _ = walk(github, "add leaked source", aim=Aim.COMMITS)
    index.things.append(commit(hub, 2, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())))

    found, _, _ = walk(github, "add leaked source", cursor, aim=Aim.COMMITS)

    assert titles(found) == ["user2/copy"]


def test_a_repository_with_many_hits_is_asked_about_once(hub, github, walk):
    things = files(hub, 1)
    things += [{"size": 7, "item": things[0]["item"] | {"sha": "b" * 40}}]
    Index(hub, "/search/code", things)
    _, cursor, _ = walk(github, "a rare string", aim=Aim.CODE)
    hub.asked.clear()

    found, _, _ = walk(github, "a rare string", cursor, aim=Aim.CODE)

    assert (found, hub.asked) == ([], ["/search/code"])


@pytest.mark.parametrize("most", [25, 50, 99])
def test_hits_too_many_for_one_question_are_asked_about_in_several(hub, github, walk, most):
    Index(hub, "/search/code", files(hub, 95))
    hub.most = most

    found, _, gaps = walk(github, "a rare string", aim=Aim.CODE)

    assert (len(titles(found)), gaps) == (95, [])


def test_hits_that_have_a_number_only_are_asked_about_one_by_one(hub, github, walk):
    things = files(hub, 30)
    for thing in things[::2]:
        thing["item"]["repository"]["node_id"] = ""
    Index(hub, "/search/code", things)

    found, _, _ = walk(github, "a rare string", aim=Aim.CODE)

    assert len(titles(found)) == 30


def test_without_a_token_hits_are_asked_about_one_by_one(hub, walk):
    Index(hub, "/search/repositories", repos(hub, 25))

    found, _, _ = walk(hub.adapter(token=""), "kettle", aim=Aim.SEARCH)

    assert len(titles(found)) == 25
    assert hub.asked.count("/search/repositories") == 2


def test_private_repositories_are_no_hits(hub, github, walk):
    thing = {"size": 5, "item": {"sha": "b" * 40, "repository": repository(hub, 1, private=True)}}
    Index(hub, "/search/code", [thing])

    assert walk(github, "a rare string", aim=Aim.CODE)[0] == []


@pytest.mark.parametrize(
    ("query", "sent"),
    [
        ("two  words", '"two words"'),
        ('"already quoted"', '"already quoted"'),
        ("rare path:src", "rare path:src"),
        ("rare NOT boring", "rare NOT boring"),
    ],
)
def test_a_phrase_is_quoted_unless_it_speaks_the_searchs_language(hub, github, query, sent):
    index = Index(hub, "/search/code", [])

    github.fetch(Aim.CODE, query, cursor={})

    assert index.asked == [f"{sent} fork:true size:0..393216"]


@pytest.mark.parametrize("query", ["", '  "" ', "x" * 300])
def test_a_query_that_github_would_not_take_is_refused_unasked(hub, github, query):
    with pytest.raises(Refused):
        github.fetch(Aim.CODE, query, cursor={})

    assert hub.asked == []


def test_a_query_that_github_does_not_understand_is_a_failure(hub, github):
    hub.answer_next(422, {"message": "ERROR_TYPE_QUERY_PARSING_FATAL"})

    with pytest.raises(SourceError, match="422"):
        github.fetch(Aim.CODE, "rare", cursor={})


@pytest.mark.parametrize("body", [b"[]", b'{"items": {}}', b'{"items": [{"sha": 1}]}', b"<html>", b""])
def test_an_answer_of_another_shape_is_a_failure(hub, github, body):
    hub.answer_next(200, body)

    with pytest.raises(SourceError):
        github.fetch(Aim.CODE, "rare", cursor={})


def test_the_cursor_stays_small_whatever_is_found(hub, github, walk):
    Index(hub, "/search/code", files(hub, 1100))

    _, cursor, _ = walk(github, "a rare string", aim=Aim.CODE, most=100)

    assert len(json.dumps(cursor)) < 200_000


def test_a_total_that_lies_does_not_keep_us_asking(hub, github, walk):
    hub.pages["/search/code"] = {"total_count": 10**9, "incomplete_results": False, "items": []}

    cursor, polls, more = {}, 0, True
    while more and polls < 2000:
        batch = github.fetch(Aim.CODE, "rare", cursor=cursor)
        cursor, more, polls = batch.cursor, batch.more, polls + 1

    assert polls < 500


def test_windows_cover_all_and_meet_nowhere():
    lower, upper = Window(0, 9).halves()

    assert (lower, upper, Window(3, 3).halves()) == (Window(0, 4), Window(5, 9), [])
    assert Sizes.qualifier(lower) == "size:0..4"
    assert Times("created").qualifier(Window(0, 60)) == "created:1970-01-01T00:00:00Z..1970-01-01T00:01:00Z"
