"""Flags, variables, hosts, addresses and people: what else than credentials a text gives away.

These are guesses from how people write code; each says how good a guess it is.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from ipaddress import ip_address
from operator import attrgetter
from string import ascii_lowercase
from typing import NamedTuple

from monitors.inventory.confidence import Confidence

AHEAD = 600  # bytes looked at behind a word
NEAR = 16  # bytes before a word that are tried one by one
MOST = 20_000  # of one file


class Kind(StrEnum):
    """In the order of how soon somebody has to look."""

    CREDENTIAL = "credential"
    PERSONAL = "personal"
    INTERNAL_HOST = "internal_host"
    FLAG = "flag"
    CODE_NAME = "code_name"
    ENDPOINT = "endpoint"
    HOST = "host"
    VARIABLE = "variable"
    DEPENDENCY = "dependency"


class Sign(NamedTuple):
    kind: Kind
    value: bytes
    what: str
    start: int
    end: int
    confidence: Confidence


class _Rule(NamedTuple):
    """The group `value` is what counts. One of `words` begins at most `back` bytes after the match does."""

    kind: Kind
    what: str
    words: list[bytes]
    pattern: re.Pattern[bytes]
    confidence: Confidence
    back: int
    check: Callable[[bytes], bool]


def _is_any(value: bytes) -> bool:
    return True


def _rule(
    kind: Kind,
    what: str,
    words: str,
    pattern: str,
    confidence: Confidence,
    *,
    back: int = 0,
    check: Callable[[bytes], bool] = _is_any,
) -> _Rule:
    anchors = [word.encode() for word in words.split("|")]
    return _Rule(kind, what, anchors, re.compile(pattern.encode()), confidence, back, check)


_LOW, _MEDIUM, _HIGH = Confidence.LOW, Confidence.MEDIUM, Confidence.HIGH
_QUOTED = r"""["'`](?P<value>{})["'`]"""
_AFTER_HOST = (b'"', b"'", b"`", b":", b"/")
_PRIVATE_SUFFIX = r"(?:internal|corp|intranet|lan|local|private)"
_NAMES = frozenset(b"Name Names This The None Null True False String".split())


def _is_codename(value: bytes) -> bool:
    return value not in _NAMES


_RULES = [
    _rule(
        Kind.VARIABLE,
        "",
        ".env",
        r"""(?:process|import\.meta|Bun)\.env(?:\??\.|\[["'`])(?P<value>[A-Za-z_]\w{1,80})""",
        _HIGH,
        back=12,
    ),
    _rule(
        Kind.VARIABLE,
        "",
        "environ|getenv|deno.env|env::var|lookupenv|getenvironmentvariable|env[|env.fetch",
        # Python; C, Go and PHP, Java; Deno; Rust; Go; C#; Ruby, PHP.
        r"""(?:environ(?:\.(?:get|pop|setdefault)\(|\[)|[gG]etenv(?:\(\)\.(?:get|getOrDefault))?\(|Deno\.env\.get\("""
        r"""|env::var(?:_os)?\(|LookupEnv\(|GetEnvironmentVariable\(|(?<![\w.$])(?:ENV\.fetch\(|(?:\$_)?ENV\[))"""
        r"""\s?["'](?P<value>[A-Za-z_]\w{1,80})["']""",
        _HIGH,
        back=2,
    ),
    _rule(
        Kind.FLAG,
        "",
        "feature|gate|experiment|isenabled|variation|flag|ison(",
        r"(?:feature|(?<![a-z])gate|Feature|Gate|[eE]xperiment|[iI]sEnabled|[vV]ariation|(?<=[.>])isOn(?=\()|(?:[a-z]|Feature)Flag|Flag(?=Enabled))"
        r"(?:[A-Z_]\w{0,60})?(?:<[^<>()]{1,60}>)?\(\s{0,40}" + _QUOTED.format(r"[A-Za-z][\w.:-]{2,79}"),
        _MEDIUM,
        back=7,
    ),
    _rule(
        Kind.FLAG,
        "",
        "feature_|flag_|experiment_",
        r"(?<![A-Za-z0-9_])(?P<value>(?:FEATURE|FEATURE_FLAG|FLAG|EXPERIMENT)_[A-Z][A-Z0-9_]{2,60})(?![A-Za-z0-9])",
        _LOW,
    ),
    _rule(
        Kind.INTERNAL_HOST,
        "",
        ".internal|.corp|.intranet|.lan|.local|.private",
        r"""(?<=[/@"'`\s])(?P<value>(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,6}"""
        + _PRIVATE_SUFFIX
        + r"""(?:\.[a-z]{2,10}){0,2})(?=[/:"'`])(?!["'`]\))""",
        _MEDIUM,
        back=128,
        check=lambda value: not value.startswith(b"this.") and _inner(value) is not None,
    ),
    _rule(
        Kind.ENDPOINT,
        "path",
        "/api/|/v1/|/v2/|/v3/|/graphql|/internal/|/admin/|/oauth/|/webhook",
        _QUOTED.format(r"/[A-Za-z][\w./:{}$@-]{2,200}"),
        _MEDIUM,
        back=120,
    ),
    _rule(
        Kind.PERSONAL,
        "author",
        "@author",
        r"@author[ \t:]{1,4}(?P<value>[A-Z][^\n\r*<(@,\"'{}]{2,60})",
        _MEDIUM,
    ),
    _rule(
        Kind.PERSONAL,
        "author",
        "author",
        r"""author["']?[ \t]{0,4}:[ \t]{0,4}["']?(?P<value>[A-Z][a-z]+ [A-Z][^\n\r*<("',{}]{2,60})""",
        _MEDIUM,
    ),
    _rule(
        Kind.PERSONAL,
        "name in a remark",
        "todo(|fixme(|hack(|xxx(",
        r"(?:TODO|FIXME|HACK|XXX)\((?P<value>@?[a-z][a-z0-9._-]{1,30})\)",
        _LOW,
    ),
    _rule(
        Kind.CODE_NAME,
        "",
        "codename|code name|code-name",
        r"""(?:[cC]ode[ -]?[nN]ame|CODENAME)d?["']?[ \t]{0,4}(?:is|was|as|for|of|=|:)?"""
        r"""[ \t]{0,4}["'`]?(?P<value>[A-Z][\w-]{2,30})""",
        _LOW,
        check=_is_codename,
    ),
]
_BY_WORD: dict[bytes, list[_Rule]] = defaultdict(list)
for _each in _RULES:
    for _word in _each.words:
        _BY_WORD[_word].append(_each)
_SCHEMES = [f"{letter}://".encode() for letter in ascii_lowercase]
# Those in which a name of three parts is seldom that of a member or of a text.
_LONG_ENDINGS = [b".com", b".net", b".org", b".cloud"]
_SHORT_ENDINGS = b".ai .at .au .ca .ch .cn .de .eu .fr .io .jp .nl .uk .us".split()
_ENDINGS = frozenset([*_LONG_ENDINGS, *(end + sign for end in _SHORT_ENDINGS for sign in _AFTER_HOST)])
WORDS = [*_BY_WORD, *_SCHEMES, *_ENDINGS]


def read(content: bytes, places: Iterable[tuple[int, bytes]], *, name: str = "") -> list[Sign]:
    """What the content shows, in its order, at most MOST; `places` is where the WORDS stand in it."""
    found = set()
    for sign in _all(content, places, name):
        found.add(sign)
        if len(found) == MOST:
            break
    return sorted(found, key=attrgetter("start", "kind"))


def _all(content: bytes, places: Iterable[tuple[int, bytes]], name: str) -> Iterator[Sign]:
    for at, word in places:
        if reader := _READERS.get(word):
            yield from reader(content, at)
        for rule in _BY_WORD.get(word, ()):
            match = _around(rule, content, at)
            if match and match.start() <= at < match.end() and rule.check(match["value"]):
                yield Sign(rule.kind, match["value"], rule.what, *match.span("value"), rule.confidence)
    yield from _mail(content)
    yield from _phones(content)
    if name == ".env" or name.startswith(".env."):
        yield from _settings(content)


def _around(rule: _Rule, content: bytes, at: int) -> re.Match[bytes] | None:
    """The first match that begins up to `back` bytes before the word."""
    first = max(0, at - rule.back)
    if rule.back > NEAR:
        return rule.pattern.search(content, first, at + AHEAD)
    # Searching would go on behind the word, at a cost that a hostile file can choose.
    matches = (rule.pattern.match(content, start, at + AHEAD) for start in range(first, at + 1))
    return next((match for match in matches if match), None)


_ADDRESS = re.compile(
    rb"(?:https?|wss?|grpcs?|redis|postgres(?:ql)?|mysql|mongodb(?:\+srv)?|amqps?|kafka|s3|ftp|ssh)://"
    rb"(?:[^\s/@\"'`<>]{1,200}@)?(?P<host>[A-Za-z0-9](?:[\w.-]{0,251}[A-Za-z0-9])?)(?P<port>:\d{1,5})?"
    rb"(?P<path>/[\w.~/%:@+$,=-]{0,250})?"
)
_PUBLIC = re.compile(
    rb"(?:^|\.)(?:w3\.org|github\.com|githubusercontent\.com|mozilla\.org|wikipedia\.org|stackoverflow\.com"
    rb"|schema\.org|json-schema\.org|apache\.org|gnu\.org|opensource\.org|creativecommons\.org|ietf\.org"
    rb"|rfc-editor\.org|whatwg\.org|nodejs\.org|typescriptlang\.org|reactjs\.org|react\.dev|chromium\.org|webkit\.org"
    rb"|ecma-international\.org|unicode\.org|xmlsoap\.org|openxmlformats\.org|medium\.com|googlesource\.com)$"
)
_TAUGHT = re.compile(
    rb"(?:^|\.)(?:example(?:\.(?:com|org|net|edu))?|test|invalid|localhost|foo|bar|your-?\w+\.\w+)$", re.I
)
_INNER_LABELS = frozenset(
    b"dev int internal intranet corp lan local priv private preprod qa stage staging stg uat".split()
)
_INNER_ENDS = frozenset(b"internal intranet corp lan local private".split())
_SECOND_LEVEL = frozenset(b"ac co com edu gov ne net or org".split())


def _inner(host: bytes) -> Confidence | None:
    """How sure it is that only the owner's own network knows this name; None where nothing says so.

    What somebody registered, as dev.to or local.ch, is a name and no place in a network.
    """
    labels = host.lower().split(b".")
    if labels[-1] in _INNER_ENDS:
        return _HIGH if len(labels) > 1 else None
    has_third = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL
    below = labels[: -3 if has_third else -2]
    if not _INNER_LABELS.isdisjoint(below):
        return _HIGH
    parts = [part for label in below for part in label.split(b"-")]
    return None if _INNER_LABELS.isdisjoint(parts) else _MEDIUM


def _address(content: bytes, before: int) -> Iterator[Sign]:
    """The host of an address, and the address without who asks and what for."""
    match, at = None, before + 1
    for start in range(at - 2, max(-1, at - 13), -1):
        if match := _ADDRESS.match(content, start, at + AHEAD):
            break
    if match is None or _TAUGHT.search(match["host"]) or _PUBLIC.search(match["host"].lower()):
        return
    host = match["host"].lower()
    if (judged := _host(host)) is None:
        return
    yield Sign(judged[0], host, "", *match.span("host"), judged[1])
    if len(match["path"] or b"") > 1:
        scheme = content[match.start() : at + 3]
        value = scheme + host + (match["port"] or b"") + match["path"].rstrip(b"$,")
        yield Sign(Kind.ENDPOINT, value, "address", *match.span("path"), _HIGH)


def _host(host: bytes) -> tuple[Kind, Confidence] | None:
    """None for what is the same everywhere: the machine itself, numbers that are no address."""
    try:
        number = ip_address(host.decode())
    except ValueError:
        if b"." in host:
            inner = _inner(host)
            return (Kind.INTERNAL_HOST, inner) if inner else (Kind.HOST, _MEDIUM)
        is_name = re.search(rb"[a-z].*[-\d]|[-\d].*[a-z]", host)
        return (Kind.INTERNAL_HOST, _HIGH) if is_name else None
    if number.is_loopback or number.is_unspecified:
        return None
    return (Kind.INTERNAL_HOST, _HIGH) if number.is_private else (Kind.HOST, _MEDIUM)


_BEFORE_ENDING = re.compile(rb"""["'`]((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){0,5}[a-z0-9-]{1,63})\Z""")
_ENDING = re.compile(rb"""(?P<end>\.[a-z]{2,5})(?P<port>:\d{2,5})?(?=["'`/])""")
_REVERSED = (b"com.", b"org.", b"net.", b"io.", b"java.", b"javax.")  # names of packages


def _bare_host(content: bytes, at: int) -> Iterator[Sign]:
    """A quoted host of three labels or more, or with a port, that no scheme says to be one."""
    head, tail = _BEFORE_ENDING.search(content, max(0, at - 200), at), _ENDING.match(content, at, at + 16)
    if head is None or tail is None or head[1].startswith(_REVERSED):
        return
    host = head[1] + tail["end"]
    is_told = _TAUGHT.search(host) or _PUBLIC.search(host) or not (b"." in head[1] or tail["port"])
    if not is_told:
        kind = Kind.INTERNAL_HOST if _inner(host) else Kind.HOST
        yield Sign(kind, host, "", head.start(1), tail.end("end"), _LOW)


_APART = re.compile(rb"\{(?P<names>[^{}]{1,300})\}\s{0,3}=\s{0,3}(?:process|import\.meta|Bun)\Z")
_APART_NAME = re.compile(rb"[{,]\s{0,40}([A-Za-z_]\w{1,80})")


def _taken_apart(content: bytes, at: int) -> Iterator[Sign]:
    """Variables that are taken out of `process.env` by their names: `const {A, B: b} = process.env`."""
    found = _APART.search(content, max(0, at - 330), at)
    if found and content[at + 4 : at + 5] not in (b".", b"["):
        for name in _APART_NAME.finditer(content, found.start(), found.end("names")):
            yield Sign(Kind.VARIABLE, name[1], "", *name.span(1), _HIGH)


_TABLE = re.compile(rb"(?i:flags)[\"']?(?:\s?:\s?[\w<>, ]{1,60})?\s{0,3}[=:]\s{0,3}\{(?P<body>[^{}]{1,4000})")
_TABLE_KEY = re.compile(
    rb"""[,{]\s{0,40}["']?([A-Za-z][\w.:-]{2,79})["']?\s{0,3}:\s{0,3}(?:[tT]rue|[fF]alse|![01])\b""",
    re.M,
)


def _table_of_flags(content: bytes, at: int) -> Iterator[Sign]:
    """What is on or off in `flags = {...}`."""
    if found := _TABLE.match(content, at):
        for key in _TABLE_KEY.finditer(content, found.start("body") - 1, found.end("body")):
            yield Sign(Kind.FLAG, key[1], "", *key.span(1), _LOW)


_READERS: dict[bytes, Callable[[bytes, int], Iterator[Sign]]] = {
    **dict.fromkeys(_SCHEMES, _address),
    **dict.fromkeys(_ENDINGS, _bare_host),
    b".env": _taken_apart,
    b"flag": _table_of_flags,
}

_AT = re.compile(rb"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,5}[A-Za-z]{2,24}(?![\w.-])")
_LOCAL = re.compile(rb"(?<![\w.%+/:$-])[A-Za-z0-9][\w.%+-]{0,63}\Z")
_NO_DOMAIN = re.compile(
    rb"\.(?:png|jpe?g|gif|svg|webp|js|ts|tsx|jsx|mjs|cjs|json|css|html?|md|map|py|vue|local|prototype|length)$",
    re.I,
)
_NOBODY = re.compile(rb"^(?:no-?reply|git|user|username|foo|bar|name|you|someone|test|me|email|mail)$", re.I)


def _mail(content: bytes) -> Iterator[Sign]:
    for match in _AT.finditer(content):
        local = _LOCAL.search(content, max(0, match.start() - 65), match.start())
        if local is None or _NO_DOMAIN.search(match[0]) or _NOBODY.match(local[0]):
            continue
        domain = match[0][1:].lower()
        if not _TAUGHT.search(domain) and not domain.endswith(b"users.noreply.github.com"):
            value = content[local.start() : match.end()]
            yield Sign(Kind.PERSONAL, value, "e-mail address", local.start(), match.end(), _HIGH)


_PHONE = re.compile(rb"\+[1-9]\d{0,2}[ .-]?\(?\d{2,4}\)?(?:[ .-]?\d{2,4}){2,4}(?![\w.*/+-])")
_BEFORE_PHONE = frozenset(bytes([byte]) for byte in b" \t\n\"'`>:(") | {b""}


def _phones(content: bytes) -> Iterator[Sign]:
    for match in _PHONE.finditer(content):
        digits = re.sub(rb"\D", b"", match[0])
        before = content[match.start() - 1 : match.start()]
        if (
            before in _BEFORE_PHONE
            and 9 <= len(digits) <= 15
            and b"555" not in digits
            and len(set(digits)) > 4
        ):
            yield Sign(Kind.PERSONAL, match[0], "telephone number", *match.span(), _LOW)


_SETTING = re.compile(rb"^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w{1,80})[ \t]*=", re.M)


def _settings(content: bytes) -> Iterator[Sign]:
    for match in _SETTING.finditer(content):
        yield Sign(Kind.VARIABLE, match[1], "", *match.span(1), _HIGH)
