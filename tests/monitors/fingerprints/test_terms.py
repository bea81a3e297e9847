import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitors.fingerprints.terms import LONGEST, SHORTEST, Kind, Term, fitted, terms

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
        "der Kessel kocht über wenn niemand schaut",
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
    texts = [f"the {word} kettle boils over quickly" for word in ("copper", "iron", "glass", "steel")]
    ours = {
        "a.ts": "".join(f"// {text} a\n" for text in texts).encode(),
        "b.ts": b"// only one thing is said in this file\n",
    }

    first, second, third = [term.path for term in terms(ours.items())]
    assert {first, second} == {"a.ts", "b.ts"}
    assert third == "a.ts"


def test_a_phrase_is_fitted_between_words():
    term = Term("ask the kettle supervisor before every pour", Kind.COMMENT, "a.ts", 1, 1)

    assert fitted(term, most=30) == '"ask the kettle supervisor"'
    assert fitted(term, most=256) == f'"{term.text}"'


@given(
    st.dictionaries(st.text(max_size=9), st.binary(max_size=400), max_size=4),
    st.lists(st.binary(max_size=99)),
)
@settings(deadline=None, derandomize=True, max_examples=60)
def test_any_bytes_give_phrases_within_their_bounds(ours, background):
    for term in terms(ours.items(), background):
        assert SHORTEST <= len(term.text) <= LONGEST
        assert term.text.isascii()
        assert term.text.isprintable()
