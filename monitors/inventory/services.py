"""Keys without a form of their own, told by the name of the service that issued them and by their length.

Written from the services' own descriptions. The name beside must also say that it is a key of some kind:
an account, an application or an index of the same service is no secret.
"""

from __future__ import annotations

from monitors.inventory import checks
from monitors.inventory.confidence import Confidence
from monitors.inventory.forms import Form, form

_HEX = "[0-9a-f]"
_UUID = f"{_HEX}{{8}}-(?:{_HEX}{{4}}-){{3}}{_HEX}{{12}}"
_NAME = (
    r"(?=[\w. -]{0,40}?(?i:key|token|secret|auth|pass|pwd|cred|login))"
    r"(?![\w. -]{0,40}?(?i:ids?|ur[il]|name|file|path|hash|endpoint|version)(?![\w.-]))"
    r"[\w.-]{0,40}"
)
_SET = (
    r"""(?:\\?["'`])?\]?(?:\s?:?\s[Ss]tring)?\s{0,3}(?:=>|:{0,3}=|[?.+]=|[:,>])\s{0,3}"""
    r"""(?:[|>][+-]?\s{1,40})?\s{0,40}@?(?:\\?["'`])?"""
)


def _key(service: str, shape: str, *, words: str = "", after: int = 0, what: str = "key") -> Form:
    """The form of its keys. `after`: letters of the name to skip, where many an ordinary word begins so."""
    words = words or service.lower()
    return form(
        f"{service} {what}",
        "|".join(word[after:] for word in words.split("|")),
        rf"(?i:{words}){_NAME}{_SET}(?P<secret>{shape})(?![A-Za-z0-9_=/+-])",
        check=checks.is_key,
        confidence=Confidence.MEDIUM,
        early=-after,
        alone=False,
    )


FORMS = [
    _key("Airtable", "key[A-Za-z0-9]{14}"),
    _key("Algolia", _HEX + "{32}"),
    _key("Alibaba", "[A-Za-z0-9]{30}", words="alibaba|aliyun", what="secret"),
    _key("Asana", _HEX + "{32}", what="secret"),
    _key("Atlassian", f"[a-z0-9]{{20}}{_HEX}{{4}}", words="atlassian|jira"),
    _key("Atlassian", f"[a-z0-9]{{20}}{_HEX}{{4}}", words="confluence", after=2),
    _key("Bitbucket", r"[\w=-]{64}|[A-Za-z0-9]{32}", what="secret"),
    _key("Cloudflare", rf"[\w-]{{40}}|{_HEX}{{37}}", after=5),
    _key("Codecov", f"{_UUID}|[a-z0-9]{{32}}", after=3, what="token"),
    _key("Cohere", "[A-Za-z0-9]{40}"),
    _key("Confluent", "[A-Z0-9]{16}|[A-Za-z0-9+/]{64}", after=2),
    _key("Contentful", r"[\w=-]{43}|CFPAT-[\w-]{43}", after=6, what="token"),
    _key("Datadog", f"{_HEX}{{40}}|{_HEX}{{32}}", after=3),
    _key("Datadog", f"{_HEX}{{40}}|{_HEX}{{32}}", words="dd_api_|dd_app_"),
    _key("Discord", rf"{_HEX}{{64}}|[\w=-]{{32}}", what="secret"),
    _key("Drone", "[A-Za-z0-9]{32}", words="drone_|droneci", what="token"),
    _key("Dropbox", r"[a-z0-9]{15}|[a-z0-9]{11}A{10}[\w=-]{43}", after=3),
    _key("Facebook", _HEX + "{32}", after=3, what="secret"),
    _key("Fastly", r"[\w-]{32}", after=2),
    _key("FreshBooks", _HEX + "{64}", after=4, what="token"),
    _key("GoCardless", r"live_[\w=-]{40}", what="token"),
    _key("Heroku", _UUID),
    _key("HubSpot", f"{_UUID}|pat-[a-z]{{2}}\\d-{_UUID}"),
    _key("Intercom", r"[\w=-]{60}", after=4, what="token"),
    _key("JFrog", "[a-zA-Z0-9]{73}|[a-zA-Z0-9]{64}", words="jfrog"),
    _key("JFrog", "[a-zA-Z0-9]{73}|[a-zA-Z0-9]{64}", words="artifactory", after=3),
    _key("LaunchDarkly", rf"(?:api|sdk)-{_UUID}|[\w=-]{{40}}", after=4),
    _key("LinkedIn", "[A-Za-z0-9]{16}", after=3, what="secret"),
    _key("Mailgun", f"{_HEX}{{32}}-{_HEX}{{8}}-{_HEX}{{8}}", after=3, what="signing key"),
    _key("Mattermost", "[a-z0-9]{26}", after=5, what="token"),
    _key("MessageBird", "[A-Za-z0-9]{25}", after=5),
    _key("Netlify", r"[\w=-]{40,46}", what="token"),
    _key(
        "New Relic",
        "[A-Za-z0-9]{64}|[0-9a-fA-F]{36}NRAL",
        words="newrelic|new_relic|new-relic",
        after=2,
        what="licence",
    ),
    _key("Okta", r"00[\w=-]{40}", what="token"),
    _key("Plaid", _HEX + "{30}", after=1, what="secret"),
    _key("RapidAPI", r"[a-z0-9_-]{50}", after=4),
    _key("Sendbird", _HEX + "{40}", after=3, what="token"),
    _key("Sentry", _HEX + "{64}", what="legacy token"),
    _key("Snyk", _UUID, what="token"),
    _key("Sonar", rf"(?:sq[apu]_)?{_HEX}{{40}}|[\w=-]{{40}}", what="token"),
    _key("Squarespace", _UUID),
    _key("Sumo Logic", "[A-Za-z0-9]{64}", words="sumo", what="access key"),
    _key("Travis", "[A-Za-z0-9_-]{22}", after=2, what="token"),
    _key("Twilio", _HEX + "{32}", what="auth token"),
    _key("Twitch", "[a-z0-9]{30}", what="token"),
    _key(
        "Twitter",
        r"A{20,24}[A-Za-z0-9%]{60,120}|\d{15,25}-[A-Za-z0-9]{20,40}|[A-Za-z0-9]{25}|[A-Za-z0-9]{45,50}",
    ),
    _key("Vault", r"s\.[A-Za-z0-9]{24}", what="legacy token"),
    _key("Zendesk", "[A-Za-z0-9]{40}", what="token"),
]
