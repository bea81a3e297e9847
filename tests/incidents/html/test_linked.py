import pytest

from incidents import html


def test_an_https_address_becomes_a_link_that_says_nothing_of_us():
    said = html.linked("See https://example.com/advisory?id=1&lang=en for more.")

    assert said == (
        'See <a href="https://example.com/advisory?id=1&amp;lang=en" rel="nofollow noopener noreferrer">'
        "https://example.com/advisory?id=1&amp;lang=en</a> for more."
    )


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '<a href="javascript:alert(1)">x</a>',
        "<img src=x onerror=alert(1)>",
        '"><svg/onload=alert(1)>',
        "<a href='https://example.org'>our site</a>",
    ],
)
def test_markup_is_shown_and_never_obeyed(text):
    said = html.linked(text)

    assert "<script" not in said
    assert "<img" not in said
    assert "<svg" not in said
    assert ">our site</a>" not in said
    assert '<a href="javascript' not in said


@pytest.mark.parametrize(
    "text", ["http://example.com/x", "example.com", "javascript:alert(1)", "kim@example.com"]
)
def test_nothing_else_becomes_a_link(text):
    assert html.linked(text) == text
