"""How a token's form is written in the corpus, and how one is made of it when it is asked for.

`glpat-<url:20>` is a prefix and twenty dice of an alphabet, `<hex:32>` thirty-two hexadecimal digits,
`<pad:x:20>` twenty times that letter; `<uuid>`, `<jwt>` and the other names of MADE have a structure.
What stands between `<<` and `>>` is the secret; without them all of it is. So no file holds a whole token.
"""

import base64
import re
import string
import zlib

from tests.monitors.inventory.minted import ALNUM, BASE32, BASE64, HEX, URLSAFE, Mint, base62

ALPHABETS = {
    "alnum": ALNUM,
    "azure": ALNUM + "_~.",
    "base32": BASE32,
    "base64": BASE64,
    "bech": "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L",
    "digits": string.digits,
    "dna": "ACGT",
    "hex": HEX,
    "upperhex": HEX.upper(),
    "letters": string.ascii_letters,
    "lower": string.ascii_lowercase + string.digits,
    "mixedhex": HEX + "ABCDEF",
    "upper": string.ascii_uppercase + string.digits,
    "url": URLSAFE,
}
MADE = {
    "awsid": Mint.aws_id,
    "awsmanual": lambda _: "AK" + "IA" + "IOSFODNN7" + "EXAMPLE",
    "basic": lambda mint: base64.b64encode(f"jane:{mint.of(ALNUM, 14)}".encode()).decode(),
    "b64jwt": lambda mint: base64.b64encode(mint.jwt().encode()).decode(),
    "dashes": lambda _: "-" * 5,
    "jwt": Mint.jwt,
    "jwtnone": lambda mint: mint.jwt(alg="none"),
    "macaroon": Mint.macaroon,
    "pgp": lambda mint: mint.private_key("PGP ").replace(" KEY-", " KEY BLOCK-"),
    "uuid": lambda mint: "-".join(mint.of(HEX, count) for count in (8, 4, 4, 4, 12)),
}
CHECKED = {
    "crc": lambda before: base62(zlib.crc32(before.rpartition("_")[2].encode())),
    "hexcrc": lambda before: f"{zlib.crc32(before[:-1].encode()):08x}",
}
PLACE = re.compile(r"<(?P<what>[a-z][a-z0-9]*)(?::(?P<of>[^<>:]*))?(?::(?P<count>\d+))?>")


def made(form: str, mint: Mint) -> tuple[str, str]:
    """A text with a token of this form, and the secret in it."""
    before, opens, rest = form.partition("<<")
    if not opens or not rest.startswith(("<", *ALNUM)):
        return (text := _filled(form, mint)), text
    secret, _, after = rest.rpartition(">>")
    token = _filled(secret, mint)
    return _filled(before, mint) + token + _filled(after, mint), token


def blank(form: str) -> str:
    """The same as a manual would print it: an x for each die."""
    return PLACE.sub(lambda place: "x" * int(place["of"] if (place["of"] or "").isdigit() else 24), form)


def _filled(form: str, mint: Mint) -> str:
    text, end = "", 0
    for place in PLACE.finditer(form):
        text += form[end : place.start()]
        text += _placed(place, text, mint)
        end = place.end()
    return text + form[end:]


def _placed(place: re.Match[str], before: str, mint: Mint) -> str:
    what, of = place["what"], place["of"] or ""
    if what in ALPHABETS and of.isdigit():
        return mint.of(ALPHABETS[what], int(of))
    if what == "pad":
        return of * int(place["count"])
    if what == "pem":
        return mint.private_key(of)
    if what == "b64":
        return base64.b64encode(mint.dice.randbytes(int(of))).decode()
    if what in CHECKED:
        return CHECKED[what](before)
    return MADE[what](mint) if what in MADE else place[0]
