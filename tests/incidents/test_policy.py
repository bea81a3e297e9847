"""What browsers are told about our pages."""

import re

import pytest
from django.conf import settings


@pytest.fixture
def answer(visit, incident, lead):
    return visit(lead).get(incident.get_absolute_url())


def test_nothing_is_loaded_from_elsewhere_and_nothing_inline_runs(answer):
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))

    allowed = {name: rule for name, rule in policy.items() if rule not in {"'self'", "'none'"}}
    assert (policy["default-src"], allowed) == ("'none'", {})


def test_no_template_carries_style_or_script_in_line():
    sources = {path.name: path.read_text() for path in (settings.BASE_DIR / "templates").rglob("*.html")}

    inline = re.compile(r"\sstyle=|\son[a-z]+=\"|<style|<script(?![^>]*\ssrc=)|\|\s*safe\b", re.IGNORECASE)
    assert [name for name, text in sources.items() if inline.search(text)] == []


def test_a_page_may_not_be_framed_and_sends_no_address_abroad(answer):
    told = {
        name: answer.headers[name]
        for name in ("X-Frame-Options", "Referrer-Policy", "X-Content-Type-Options")
    }

    assert told == {
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
    }
