"""Whether what looks like a credential can be one: checksum, structure, disorder, and no example."""

from __future__ import annotations

import base64
import binascii
import math
import re
import zlib
from collections import Counter

import msgspec

_BASE62 = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_PLACEHOLDER = re.compile(
    rb"example|placeholder|changeme|change[_-]me|your[_-]?|dummy|sample|redacted|insert|xxxx|\*\*\*|\.\.\.|1234567|abcdef"
    rb"|test[_-]?(?:key|token|secret|pass)|not[_-]?(?:a[_-]?)?(?:real|secret)|fake|foobar|deadbeef|<|>|\$\{|\{\{|%\(",
    re.I,
)
_WORD = re.compile(rb"[A-Z]?[a-z]{3,}|[A-Z]{4,}")
# The pairs of letters that are most common in the words of public code: 84 of 100 there, 24 by chance.
_PAIRS = frozenset(
    b"ab ac ad ag ai al am an ap ar as at au ay ba be bl ca ce ch ci ck cl co cr ct cu da de di do ds ea"
    b" ec ed ee ef eg el em en ep er es et ev ex fe fi fo ge gi gr ha he hi ho ia ic id ie if ig il im in"
    b" io ip ir is it iv iz ke la le li ll lo ls lu ly ma me mi mo mp na nc nd ne ng ni no ns nt oc od ol"
    b" om on oo op or os ot ou ov ow pa pe pi pl po pp pr pt qu ra rd re ri rm ro rr rs rt ry sa sc se sh"
    b" si so sp ss st su ta te th ti to tr ts tt tu ty ul um un up ur us ut va ve vi wa ze".split()
)
_ORDINARY = re.compile(
    rb"[A-Z]?[a-z]+(?:[A-Z][a-z]+)+\d*|(?:[a-z]+\d{0,3}|\d+)(?:[-_.:/](?:[a-z]+\d{0,3}|\d+))+|[A-Z]+(?:_[A-Z]+)+\d*"
    rb"|(?:\d+[.-])+\d+|\d{4}-\d\d-\d\d.*|[\w.]+\[.*|[\w-]+(?:\.[\w-]+)*\.(?:js|ts|json|com|org|net|io|html?)|(?:sha\d+|md5)-.*|data:.*|/.*|\w+:/.*"
)
_MANUAL_HOST = re.compile(rb"example|localhost|127\.0\.0\.1|\bhost(?:name)?\b|\.test\b|\.invalid\b", re.I)
_MANUAL_PASSWORDS = frozenset(b"password passwd pass pwd secret user postgres root admin guest".split())
ENOUGH = 3.3  # bits for each byte of a password or key that people let a machine make


def entropy(text: bytes) -> float:
    """Bits for each byte, from 0 to 8, by how often each occurs."""
    counts = Counter(text).values()
    return -sum(count / len(text) * math.log2(count / len(text)) for count in counts)


def is_random(text: bytes) -> bool:
    """Whether a machine's dice made it, and nobody wrote it to be read."""
    return entropy(text) >= min(ENOUGH, 0.75 * math.log2(max(len(text), 2))) and not is_placeholder(text)


def is_random_key(text: bytes) -> bool:
    """The same where the form is a common one: digits among the letters, and letters among the digits."""
    return len(re.findall(rb"\d", text)) > 2 and len(re.findall(rb"[A-Za-z]", text)) > 2 and is_random(text)


def is_key(text: bytes) -> bool:
    """The same where nothing but a name beside it says that it is secret: digits and letters, no words."""
    has_both = re.search(rb"\d", text) and re.search(rb"[A-Za-z]", text)
    if not has_both or _ORDINARY.fullmatch(text) or not is_random(text) or entropy(text) < ENOUGH:
        return False
    in_words = sum(len(word) for word in _WORD.findall(text) if is_word(word))
    return in_words < 0.5 * len(text)


def is_word(letters: bytes) -> bool:
    """Whether somebody could say it: of its pairs of letters, most are common ones."""
    lowered = letters.lower()
    common = sum(lowered[at : at + 2] in _PAIRS for at in range(len(lowered) - 1))
    return common >= 0.6 * (len(lowered) - 1)


def is_placeholder(text: bytes) -> bool:
    """Whether it is written for readers of a manual, or filled in later."""
    return bool(_PLACEHOLDER.search(text)) or len(set(text)) < 5


def has_checksum(token: bytes) -> bool:
    """Whether the last six characters are the CRC-32 of what follows the prefix, in base 62.

    https://github.blog/2021-04-05-behind-githubs-new-authentication-token-formats/
    """
    body = token.rpartition(b"_")[2]
    return base62(zlib.crc32(body[:-6]), width=6) == body[-6:]


def has_hex_checksum(token: bytes) -> bool:
    """The same in eight hexadecimal digits, after the last underscore, of all before it."""
    before, _, last = token.rpartition(b"_")
    return last == b"%08x" % zlib.crc32(before)


def base62(number: int, *, width: int) -> bytes:
    digits = b""
    while number:
        number, digit = divmod(number, 62)
        digits = _BASE62[digit : digit + 1] + digits
    return digits.rjust(width, b"0")


def is_jwt(token: bytes) -> bool:
    """Whether header and claims are JSON objects, and the header names an algorithm that signs."""
    parts = token.split(b".")
    header, claims = _json(parts[0]), _json(parts[1])
    signs = isinstance(header, dict) and str(header.get("alg", "none")).lower() != "none"
    return signs and isinstance(claims, dict) and bool(parts[2])


def is_encoded_jwt(token: bytes) -> bool:
    """Whether it is such a token, once more in base64."""
    try:
        decoded = base64.b64decode(token + b"=" * (-len(token) % 4))
    except (binascii.Error, ValueError):
        return False
    return decoded.count(b".") == 2 and is_jwt(decoded)


def is_macaroon(token: bytes) -> bool:
    """Whether what follows the prefix is base64 of a version-2 macaroon, as package indexes hand out."""
    body = token.partition(b"-")[2]
    try:
        return base64.urlsafe_b64decode(body + b"=" * (-len(body) % 4))[:2] == b"\x02\x01"
    except (binascii.Error, ValueError):
        return False


def is_aws_id(token: bytes) -> bool:
    """Whether it is no key of Amazon's manual, and names an account when decoded."""
    if token.endswith(b"EXAMPLE") or is_placeholder(token):
        return False
    account = int.from_bytes(base64.b32decode(token[4:])[:6], "big") & 0x7FFFFFFFFF80
    return 0 < account >> 7 < 10**12


def is_private_key(block: bytes) -> bool:
    """Whether there is a key's worth of base64 between the lines."""
    body = re.sub(rb"-----[^-]*-----|\\[nr]|[\s\"'+,]|^\w+:.*$", b"", block)
    return len(body) >= 48 and entropy(body) > 4 and not is_placeholder(body[:200].replace(b"/", b""))


def is_password(text: bytes) -> bool:
    """Whether it is no manual's, no variable's, and not one word."""
    is_taught = text.lower() in _MANUAL_PASSWORDS or is_placeholder(text)
    return not is_taught and not text.isalpha() and not text.isdigit() and not _ORDINARY.fullmatch(text)


def is_basic_header(text: bytes) -> bool:
    """Whether it is a name and a password in base64."""
    try:
        user, _, password = base64.b64decode(text + b"=" * (-len(text) % 4)).partition(b":")
    except (binascii.Error, ValueError):
        return False
    return (
        password.isascii()
        and (user + password).decode("ascii", "replace").isprintable()
        and is_password(password)
    )


def is_basic_auth(url: bytes) -> bool:
    """Whether the password of the address is one, and the host no example."""
    userinfo, _, host = url.partition(b"://")[2].rpartition(b"@")
    user, _, password = userinfo.partition(b":")
    is_taught = _MANUAL_HOST.search(host)
    plain = password.lower()
    return not (plain in _MANUAL_PASSWORDS or plain == user.lower() or is_taught or is_placeholder(password))


def _json(part: bytes) -> object:
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4)))
    except (binascii.Error, ValueError, msgspec.DecodeError, RecursionError):
        return None
