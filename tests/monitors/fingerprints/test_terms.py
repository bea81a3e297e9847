import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitors.fingerprints.terms import LONGEST, SHORTEST, Kind, Term, fitted, terms, why_unsafe
from monitors.fingerprints.tongues import width

OURS = {
    "src/agent/loop.ts": b"""import { policy } from "./policy";
// Ask the kettle supervisor before every pour, even when the lid is shut
export async function pourUntilSupervisorSays(lid: Lid) {
  throw new Error("the kettle supervisor refused to pour");
}
""",
    "src/flags.ts": b"export const enableCopperKettlePreview = false;\nexport const x = 1;\n",
}


def found(ours=OURS, background=(), **options):
    return [term.text for term in terms(ours.items(), background, **options)]


def test_sentences_and_telling_names_are_found_with_their_place():
    best = terms(OURS.items())

    assert best[0] == Term(
        "Ask the kettle supervisor before every pour, even when the lid is shut",
        Kind.COMMENT,
        "src/agent/loop.ts",
        2,
        1,
    )
    assert "enableCopperKettlePreview" in found()


def test_what_stands_in_the_background_marks_nothing():
    published = b'throw new Error("the kettle supervisor refused to pour")'

    assert "the kettle supervisor refused to pour" in found(
        PARTS := {"a.ts": OURS["src/agent/loop.ts"]}, most=9
    )
    assert "the kettle supervisor refused to pour" not in found(PARTS, [published])


@pytest.mark.parametrize(
    "told",
    [
        "write to kim.nakamura@acme.com about this",
        "see https://wiki.acme.internal/kettle for the plan",
        "runs on kettle-db.prod.acme as the only user",
        "reached at 10.20.30.40 from the office only",
        "reads /etc/kettle/keys/main for the secret",
        "call 00441234567 when the kettle is on fire",
        "uses AKIAQ7ZK3M2N8P4R6T0W as the key to it",
        "der Kessel kocht auf kettle.кофе wenn niemand schaut",
        "das Passwort des Kessels steht auf dem Deckel",
        "frag Müller bevor du den Deckel vom Kessel hebst",
        "спроси Ивана прежде чем поднимать крышку чайника",
        "крышку чайника всегда поднимает Иван Петров",
        "打开壶盖之前请先联系张三丰",
        "壶盖的密码写在壶盖的背面上",
        "Licensed under the terms of some license",
    ],
)
def test_nothing_that_gives_more_away_is_offered(told):
    assert found({"a.ts": b"// " + told.encode() + b"\n"}) == []


def test_whoever_calls_may_refuse_more():
    assert not any("kettle" in text for text in found(is_unsafe=lambda text: "kettle" in text))


def test_a_habit_of_ours_marks_no_file():
    header = b"// This module belongs to the kettle control plane\n"
    many = {f"src/{number}.ts": header for number in range(5)}

    assert found(many) == []


def test_every_file_gets_a_turn_before_any_gets_two():
    said = [
        "the copper kettle boils over quickly",
        "nobody may lift a hot lid in haste",
        "steam is let out at the spout only",
    ]
    ours = {
        "a.ts": "".join(f"// {text}\n" for text in said).encode(),
        "b.ts": b"// only one thing is said in this file about kettles\n",
    }

    assert sorted(term.path for term in terms(ours.items())[:2]) == ["a.ts", "b.ts"]
    assert [term.path for term in terms(ours.items())[2:]] == ["a.ts"]


def test_remarks_messages_and_names_take_turns():
    kinds = [term.kind for term in terms({"a.ts": OURS["src/agent/loop.ts"], **OURS}.items(), most=3)]

    assert sorted(kinds) == [Kind.COMMENT, Kind.NAME, Kind.STRING]


def test_what_was_written_by_copying_is_said_once():
    drivers = {
        f"{name}.ts": f"throw new Error('Nested kettles are not supported by the {name} driver')".encode()
        for name in ("Copper", "Enamel", "Porcelain")
    }

    assert len(found(drivers)) == 1


@pytest.mark.parametrize(
    "said",
    [
        "// check if the value is not null",  # anybody writes that
        "// return new Promise((resolve) => setTimeout(resolve, kettle.delay));",
        "// flex items-center justify-between kettle-wrapper rounded-lg",
        "const getDefaultOptionValue = 1;",
        "const getOptionValue = 1;",
        "const xqzKwvbnmTrkPplRrs = 1;",
        "const kettle = 'M12 2C6.48 2 2 6.48 2 12s4.48 10 10 10z';",
        "/** @param lid the lid of the kettle that is to be lifted */",
    ],
)
def test_what_nobody_would_search_for_is_not_offered(said):
    assert found({"a.ts": f"{said}\n".encode()}) == []


@pytest.mark.parametrize("path", ["kettle.schema.json", "docs/kettle.md", "package-lock.json", "a.css"])
def test_data_and_prose_are_not_read(path):
    assert (
        found({path: b'"description": "the kettle supervisor refused to pour" // never lift a hot lid'}) == []
    )


def test_of_several_places_in_a_file_the_first_is_told():
    said = b"\n// nobody may lift a hot lid in haste\n\n// Nobody may lift a hot lid in haste!\n"

    [term] = terms({"a.ts": said}.items())

    assert (term.text, term.line) == ("nobody may lift a hot lid in haste", 2)


def test_tests_come_after_what_they_test():
    said = {
        "src/__tests__/pour.test.ts": b"// the kettle supervisor refused to pour\n",
        "src/pour.ts": b"// nobody may lift a hot lid in haste\n",
    }

    assert found(said) == ["nobody may lift a hot lid in haste", "the kettle supervisor refused to pour"]


def test_what_is_refused_makes_room_for_others():
    texts = found({"a.ts": OURS["src/agent/loop.ts"]}, is_unsafe=lambda text: text.startswith("Ask"))

    assert texts == ["the kettle supervisor refused to pour", "pourUntilSupervisorSays"]


def test_a_phrase_within_a_longer_text_of_the_background_marks_nothing():
    published = b"var e='Sorry: the kettle supervisor refused to pour, so we stop here'"

    assert "the kettle supervisor refused to pour" not in found(background=[published])


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("the kettle is watched by @kim", "an address"),
        ("the kettle stands on kettle.acme.io all day", "a host name"),
        ("as KETTLE-1234 said, the lid stays shut", "the number of a ticket"),
        ("since the password is hunter for kettles", "what may be a password"),
        ("api_key = copper kettle", "what may be a password"),
        ("ask Kim Nakamura before every pour", "somebody's name"),
        ("call +44 20 7946 0018 before every pour", "a number that may name somebody or something"),
        ("a \u202elid that reads backwards", "a sign that no search takes as it is"),
        ('say "pour" to the kettle', "a sign that no search takes as it is"),
        ("the kettle supervisor refused to pour", ""),
        ("水烧开之前绝对不要打开壶盖", ""),
        ("наш чайник стоит на чай.рф весь день", "a host name"),
        ("蓋のパスワードは壁に書いてある", "what may be a password"),
        ("Next.js and Node.js kettles are not alike", ""),
    ],
)
def test_why_a_phrase_may_not_be_told_is_said_in_words(text, what):
    assert why_unsafe(text) == what


def test_a_phrase_is_fitted_between_words():
    text = "ask the kettle supervisor before every pour"

    assert fitted(text, most=30) == '"ask the kettle supervisor"'
    assert fitted(text, most=256) == f'"{text}"'
    assert fitted("a" * 60, most=30) == f'"{"a" * 28}"'


@pytest.mark.parametrize(
    "text",
    [
        "der Kessel kocht über wenn niemand schaut",
        "никогда не поднимай крышку горячего чайника",
        "水烧开之前绝对不要打开壶盖",
    ],
)
def test_sentences_of_other_languages_are_found_unless_they_are_public(text):
    ours = {"a.ts": f"// {text}\n".encode()}

    assert found(ours) == [text]
    assert found(ours, [f"x = '… {text}'".encode()]) == []


def test_a_name_of_three_rare_words_marks_a_leak():
    assert found({"a.ts": b"const copperKettleWhistle = 1;\n"}) == ["copperKettleWhistle"]


def test_data_comes_after_code():
    said = {
        "a.json": b'{"x": "the kettle supervisor refused to pour"}',
        "a.ts": b"x = 'nobody may lift a hot lid in haste'",
    }

    assert found(said) == ["nobody may lift a hot lid in haste", "the kettle supervisor refused to pour"]


HOSTILE = {
    "wide": "水烧开之前绝对不要打开壶盖".encode() * 25_000,
    "tags": b"<p>" * 300_000,
    "one long line": b"// the kettle supervisor refused to pour " * 250_000,
    "strokes": b"// " + b"-" * 500_000 + b"\n" + b"/* " + b"* # " * 200_000,
    "open quotes": b"\"'`" * 300_000,
    "open comments": b"/*" * 500_000,
    "slashes": b"a / b / " * 120_000,
    "braces": b"`${" * 330_000,
    "spaces": b"a " * 500_000 + b"/",
    "backslashes": b"'" + b"\\" * 999_998,
    "names": b"kettleSupervisorRefusedToPour " * 33_000,
    "lines": b"\n" * 1_000_000,
    "stars": b"/**" + b"*" * 999_000,
    "hashes": b"# " * 500_000,
}


@pytest.mark.slow  # a fifth of a megabyte each, twice
@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("path", ["a.ts", "a.py", "a.sql", "a.html"])
def test_no_text_costs_more_than_its_length(name, path):
    whole = HOSTILE[name][:200_000]
    broken = b"\n".join(whole[at : at + 900] for at in range(0, len(whole), 900))
    began = time.process_time()

    terms([(path, whole), (path, broken)], [whole, broken])

    assert time.process_time() - began < 3


@given(
    st.dictionaries(st.text(max_size=9), st.binary(max_size=400), max_size=4),
    st.lists(st.binary(max_size=99)),
)
@settings(deadline=None, derandomize=True, max_examples=60)
def test_any_bytes_give_phrases_within_their_bounds(ours, background):
    for term in terms(ours.items(), background):
        assert width(term.text) >= SHORTEST
        assert len(term.text) <= LONGEST
        assert term.text.isprintable()
