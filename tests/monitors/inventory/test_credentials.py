"""Credentials are found by their form, and what only looks like one is not."""

from time import process_time

import pytest

from monitors.inventory import credentials
from monitors.inventory.confidence import Confidence
from tests.monitors.inventory.minted import Mint, issued, spoiled

ISSUED = issued(Mint(1))
SPOILED = list(spoiled(Mint(2)))


@pytest.mark.parametrize(("name", "line", "secret"), ISSUED, ids=[name for name, _, _ in ISSUED])
def test_every_form_is_found_where_it_stands(name, line, secret):
    content = f"// first line\n{line}".encode()

    found = credentials.find(content)

    assert [(one.name, content[one.start : one.end], one.secret) for one in found] == [
        (name, secret.encode(), secret.encode())
    ]


@pytest.mark.parametrize(("what", "text"), SPOILED, ids=[what for what, _ in SPOILED])
def test_a_near_miss_is_not_found(what, text):
    assert credentials.find(f"const value = `{text}`;\n".encode()) == []


def test_what_is_shown_are_the_first_four_and_last_two_characters():
    token = Mint().checked("gh" + "p_")

    one = credentials.find(token.encode())[0]

    assert one.redacted == f"{token[:4]}…{token[-2:]}"
    assert len(one.digest) == 12
    assert token not in repr(one)


def test_of_a_short_password_less_is_shown_and_no_digest_to_guess_from():
    one = credentials.find(b"'postgres://app:s7Kq9z@db.acme.io/app'")[0]

    assert (one.redacted, one.digest) == ("s7…", "")


def test_of_a_private_key_only_its_kind_is_shown():
    one = credentials.find(Mint().private_key("EC ").encode())[0]

    assert one.redacted.startswith("BEGIN EC PRIVATE KEY, ")


def test_the_surer_of_two_forms_wins():
    token = Mint().checked("gh" + "p_")

    found = credentials.find(f'const secret = "{token}"'.encode())

    assert [(one.name, one.confidence) for one in found] == [("GitHub token", Confidence.HIGH)]


def test_credentials_one_after_another_are_all_found():
    mint = Mint()
    tokens = [mint.checked("np" + "m_") for _ in range(50)]

    assert [one.secret.decode() for one in credentials.find("\n".join(tokens).encode())] == tokens


@pytest.mark.slow  # half a megabyte of what costs most to look at
@pytest.mark.parametrize(
    "piece",
    [
        *(b".eyJ", b"eyJeyJeyJ.eyJ", b"s://a:", b'secret="', b"-----BEGIN PRIVATE KEY-----a", b"sk-T3BlbkFJ"),
        *(
            b"curl -u a:",
            b"token>aaaaaaaa  ",
            b"token:  |\n",
            b" basic aaaa",
            b";pwd=a1",
            b" ZXlKZXlK",
            b"9:AA",
        ),
    ],
)
def test_no_text_makes_the_search_hang(piece):
    content = piece * (500_000 // len(piece))

    before = process_time()
    credentials.find(content)

    assert process_time() - before < 20
