"""What is told to be a credential by what stands beside it: a name, a scheme, a header."""

from __future__ import annotations

from string import ascii_lowercase

from monitors.inventory import checks
from monitors.inventory.confidence import Confidence
from monitors.inventory.forms import form

_WORDS = (
    "pass|_pwd|-pwd|pwd=|pwd:|pwd |secret|token|api_key|apikey|api-key|access_key|accesskey|access-key"
    "|private_key|privatekey|private-key|auth_key|authkey|auth-key|encryption_key|encryptionkey|encryption-key|credential"
)
_KEYWORD = (
    r"(?<!(?i:public))(?<!(?i:public_))(?<!(?i:csrf[_-]))(?i:passw(?:or)?d|passphrase|pass(?![a-z])|pwd|secret"
    r"|(?<!next)(?<!change)(?<!request)(?<!ation)(?<!output_)(?<!csrf)token"
    r"|(?:api|access|private|auth|encryption)[_-]?key|credential)"
)
# The rest of the name: not what tells where a secret is, or how long, or which.
_NAME = (
    r"(?![\w-]{0,24}?(?i:ids?|ur[il]|name|file|path|hash|endpoint|size|length|type|version)(?![A-Za-z0-9_-]))"
    r"[\w-]{0,24}"
)
_END = r"""(?:\\?["'`])?\]?"""
# `= "`, `:= "`, `=> "`, `: string = "`, `, "`; or the value of an entry: `", "value": "`, `" value="`.
_QUOTED = (
    rf"""{_END}(?:(?:\s?:?\s[Ss]tring)?\s{{0,3}}(?:=>|:{{0,3}}=|[?.+]=|:|,(?=\s?["'`]))"""
    r"""|,?\s{1,20}["']?[Vv]alue["']?\s?[:=]|\s(?=["']))\s{0,3}@?"""
    r"""(?P<quote>\\?["'`])(?P<quoted>(?![,;:)\]])[^\s"'`\\<>{}$]{12,200})(?P=quote)"""
)
# The same to the end of the line or of the text around it; in YAML it may begin on the next line.
_BARE = (
    rf"""{_END}[ \t]{{0,3}}(?:=>|:{{0,3}}=|[?+]=|:(?=[ \t]))[ \t]{{0,3}}"""
    r"""(?:[|>][+-]?[ \t]{0,3}\r?\n\s{1,40})?"""
    r"""(?P<bare>[A-Za-z0-9_+/=~@!#%^&*?.-]{12,200})(?=[ \t]*(?:[\r\n"'`]|\#|\\|\Z))"""
)
_ELEMENT = r">\s{0,80}(?P<inner>[^\s<>{}$]{8,200})\s{0,80}</"

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
        "Registry token",
        ":_authtoken=",
        r":_authToken=\s?(?P<secret>[\w.~+/=-]{20,400})",
        check=checks.is_key,
        confidence=Confidence.MEDIUM,
        alone=False,
    ),
    form(
        "Registry password",
        ":_auth=",
        r":_auth=\s?(?P<secret>[A-Za-z0-9+/]{8,400}={0,2})",
        check=checks.is_basic_header,
        confidence=Confidence.MEDIUM,
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
        "Token in a header",
        "authorization",
        r"""(?i:authorization["'`]?\s?[:=,]\s?["'`]?(?:api-?)?(?:token|key)[ =])"""
        r"""["']?(?P<secret>[\w.~+/=-]{20,500})""",
        check=checks.is_key,
        confidence=Confidence.MEDIUM,
        alone=False,
    ),
    form(
        "Password in a header",
        "basic ",
        r"(?i:basic )(?P<secret>[A-Za-z0-9+/]{12,500}={0,2})",
        check=checks.is_basic_header,
        confidence=Confidence.MEDIUM,
    ),
    form(
        "Password of a command",
        "curl ",
        r"""curl [^\n]{0,400}?(?<=\s)(?:-u|--user)[ =]{1,3}["']?[^\s"':$<>{}()]{1,64}:"""
        r"""["']?(?P<secret>[^\s"'$<>{}()\[\]]{6,128})""",
        check=checks.is_password,
        confidence=Confidence.MEDIUM,
    ),
    form(
        "Password of a connection",
        ";pwd=|;password=|; pwd=|; password=",
        r"""; ?(?i:pwd|password)=(?P<secret>[^\s;"'`<>{}()\[\]$%]{6,128})(?=[;"'`]|\Z)""",
        check=checks.is_password,
        confidence=Confidence.MEDIUM,
        alone=False,
    ),
    form(
        "Value named as a secret",
        _WORDS,
        rf"{_KEYWORD}{_NAME}(?:{_QUOTED}|{_BARE}|{_ELEMENT})",
        check=checks.is_key,
        confidence=Confidence.LOW,
        alone=False,
    ),
]
