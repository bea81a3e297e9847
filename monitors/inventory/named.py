"""What is told to be a credential by what stands beside it: a name, a scheme, a header."""

from __future__ import annotations

from string import ascii_lowercase

from monitors.inventory import checks
from monitors.inventory.confidence import Confidence
from monitors.inventory.forms import form

_KEYWORD = (
    r"(?i:passw(?:or)?d|passphrase|secret|(?<!next)(?<!change)(?<!request)(?<!ation)(?<!output_)token|api[_-]?key|access[_-]?key|private[_-]?key|auth[_-]?key"
    r"|encryption[_-]?key|credential)"
)
_SET = r"""[\w-]{0,24}["'`]?\]?\s{0,3}(?:=>|:=|[:=])\s{0,3}"""

FORMS = [
    form(
        "AWS secret key",
        "secret",
        r"""(?i:secret_?(?:access_?)?key)["'`]?\s{0,3}[:=]\s{0,3}["'`]?(?P<secret>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])""",
        alone=False,
    ),
    form(
        "Password in an address",
        "|".join(f"{letter}://" for letter in ascii_lowercase),
        r"(?<=[a-z])://[^\s:/@\"'`<>{}$\\]{0,64}:(?P<secret>[^\s:/@\"'`<>{}$\\]{4,128})@[\w.-]{1,253}",
        check=checks.is_basic_auth,
        confidence=Confidence.MEDIUM,
        early=1,
        alone=False,
    ),
    form(
        "Bearer token",
        "bearer ",
        r"(?i:bearer )(?P<secret>[A-Za-z0-9_.~+/-]{20,500})",
        check=checks.is_key,
        confidence=Confidence.MEDIUM,
    ),
    form(
        "Value named as a secret",
        "passw|passphrase|secret|token|api_key|apikey|api-key|access_key|accesskey|private_key|privatekey|auth_key"
        "|authkey|encryption_key|encryptionkey|credential",
        rf"""{_KEYWORD}{_SET}(?P<quote>["'`])(?P<secret>[^\s"'`\\<>{{}}$]{{12,200}})(?P=quote)""",
        check=checks.is_key,
        confidence=Confidence.LOW,
        alone=False,
    ),
]
