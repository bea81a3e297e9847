"""Lists of names that everybody copies from the same standards are told from code of ours."""

import time

import pytest

from monitors.fingerprints import fingerprint, letters, sequence
from monitors.fingerprints.tables import are_tables, letters_in, lists, without
from tests.monitors.fingerprints.test_index import LEDGER

NAMES = [f"stat_{chr(97 + n // 26)}{chr(97 + n % 26)}_total" for n in range(40)]


def listed(line: str = "  '{}',\n", *, opening: str = "export const FUNCTIONS = [\n", names=NAMES) -> bytes:
    return (opening + "".join(line.format(name) for name in names) + "];\n").encode()


def stretches(content: bytes) -> list[bytes]:
    return [content[start:end] for start, end in lists(content)]


@pytest.mark.parametrize(
    "line",
    [
        "  '{}',\n",
        '  "{0}": "{0}",\n',
        "  | `{}`\n",
        "  {0}: '#a1b2c3 {0}',\n",
        "  ['{}', 17],\n",
        "  // https://acme.example\n  '{}', /* of late */\n",
        "  '{} of all',\n",
    ],
)
def test_short_strings_in_a_row_are_a_list(line):
    assert len(lists(listed(line))) == 1


@pytest.mark.parametrize(
    "content",
    [
        listed(names=NAMES[:23]),
        listed("  call('{}', total);\n"),
        listed("  'The total {} of what was booked',\n"),
        listed("  {{ name: '{}', type: 'text' }},\n"),
        listed("  '{}',\n", names=["always", "the", "same"] * 20),
        LEDGER,
    ],
)
def test_code_sentences_and_records_are_none(content):
    assert lists(content) == []


def test_a_list_begins_and_ends_with_its_names():
    content = LEDGER + listed() + LEDGER

    assert stretches(content) == [listed()[len("export const FUNCTIONS = [\n  ") : -len(";\n")]]


def test_what_is_left_are_the_lines_around_it():
    content = LEDGER + listed() + LEDGER

    left = without(content, lists(content))

    assert left == LEDGER + b"export const FUNCTIONS = [\n  \n;\n" + LEDGER
    assert without(LEDGER, []) == LEDGER


def test_a_list_is_found_again_among_the_letters():
    content = LEDGER + listed() + LEDGER + listed()

    spans = list(letters_in(content, lists(content)))

    assert [letters(content)[start:end] for start, end in spans] == [letters("".join(NAMES).encode())] * 2


def test_windows_are_tables_where_a_quarter_of_them_are_digits():
    texts = [letters(LEDGER), b"0123456789" * 20]

    tables = are_tables(texts, chosen := sequence(texts))

    assert tables.tolist() == [owner == 1 for owner in chosen.owners.tolist()]


def test_an_index_holds_what_stands_around_a_list_and_nothing_of_it():
    whole = fingerprint([("src/functions.ts", LEDGER + listed() + LEDGER)])
    without_list = fingerprint([("src/ledger.ts", LEDGER)])

    assert len(fingerprint([("src/functions.ts", listed())]).grams.keys) == 0
    assert len(fingerprint([("src/functions.ts", listed())]).words.keys) == 0
    assert set(without_list.grams.keys.tolist()) <= set(whole.grams.keys.tolist())
    assert set(without_list.words.keys.tolist()) <= set(whole.words.keys.tolist())


@pytest.mark.parametrize(
    "content", [b"'a'/*", b"'abc', ", b"'", b"'a',\"b\",`", b"'a'\n//x\n", b"'a' b:", b"'ab'," * 23 + b";"]
)
def test_a_hostile_file_takes_no_longer_than_a_long_one(content):
    began = time.process_time()

    lists(content * (200_000 // len(content)))

    assert time.process_time() - began < 2
