"""Credentials that nobody issued, and what looks nearly like them, made of dice when a test asks.

No whole credential stands in this file: every form is put together at run time.
"""

import base64
import json
import random
import string
import zlib

ALNUM = string.ascii_letters + string.digits
HEX = "0123456789abcdef"
URLSAFE = ALNUM + "-_"
BASE64 = ALNUM + "+/"
BASE32 = string.ascii_uppercase + "234567"
BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase


class Mint:
    """The same seed gives the same credentials."""

    def __init__(self, seed=0):
        self.dice = random.Random(seed)

    def of(self, letters, count):
        return "".join(self.dice.choices(letters, k=count))

    def digits(self, count):
        return str(self.dice.randint(1, 9)) + self.of(string.digits, count - 1)

    def checked(self, prefix):
        """Thirty characters and the checksum of them."""
        body = self.of(ALNUM, 30)
        return prefix + body + base62(zlib.crc32(body.encode()))

    def grafana(self):
        before = "gl" + "sa_" + self.of(ALNUM, 32)
        return f"{before}_{zlib.crc32(before.encode()):08x}"

    def jwt(self, alg="HS256"):
        claims = {"sub": self.of(ALNUM, 12), "iat": 1700000000}
        return ".".join([encoded({"alg": alg, "typ": "JWT"}), encoded(claims), self.of(URLSAFE, 43)])

    def aws_id(self):
        account = self.dice.randint(10**11, 10**12 - 1) << 7
        body = (account | 0x8000_0000_0000 * self.dice.randint(0, 1)).to_bytes(6, "big")
        return "AK" + "IA" + base64.b32encode(body + self.dice.randbytes(4)).decode()

    def macaroon(self):
        body = b"\x02\x01\x08" + self.dice.randbytes(90)
        return "py" + "pi-" + base64.urlsafe_b64encode(body).decode().rstrip("=")

    def private_key(self, kind="RSA "):
        lines = "\n".join(self.of(BASE64, 64) for _ in range(12))
        dashes = "-" * 5
        return f"{dashes}BEGIN {kind}PRIVATE KEY{dashes}\n{lines}\n{dashes}END {kind}PRIVATE KEY{dashes}"


def base62(number):
    digits = ""
    while number:
        number, digit = divmod(number, 62)
        digits = BASE62[digit] + digits
    return digits.rjust(6, "0")


def encoded(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def plain_forms(mint):
    """By name: each form that is a prefix and dice."""
    of = mint.of
    return {
        "GitHub fine-grained token": "github" + "_pat_" + of(ALNUM, 22) + "_" + of(ALNUM, 59),
        "RubyGems key": "ruby" + "gems_" + of(HEX, 48),
        "GitLab token": "gl" + "pat-" + of(URLSAFE, 19) + "k",
        "Docker Hub token": "dckr" + "_pat_" + of(URLSAFE, 26) + "k",
        "Artifactory key": "AK" + "Cp" + of(ALNUM, 69),
        "Google API key": "AI" + "za" + of(URLSAFE, 34) + "k",
        "Google OAuth token": "ya" + "29." + of(URLSAFE, 100) + "k",
        "Google OAuth secret": "GOC" + "SPX-" + of(URLSAFE, 27) + "k",
        "Stripe live key": "sk" + "_live_" + of(ALNUM, 24),
        "Stripe test key": "rk" + "_test_" + of(ALNUM, 99),
        "Stripe webhook secret": "wh" + "sec_" + of(ALNUM, 32),
        "Anthropic key": "sk" + "-ant-" + "api03-" + of(URLSAFE, 93) + "AA",
        "OpenAI key": "sk" + "-proj-" + of(URLSAFE, 58) + "T3Blbk" + "FJ" + of(URLSAFE, 57) + "k",
        "Hugging Face token": "h" + "f_" + of(string.ascii_letters, 34),
        "Groq key": "gs" + "k_" + of(ALNUM, 52),
        "xAI key": "xa" + "i-" + of(ALNUM, 80),
        "Perplexity key": "pp" + "lx-" + of(ALNUM, 48),
        "Replicate token": "r" + "8_" + of(ALNUM, 37),
        "SendGrid key": "S" + "G." + of(URLSAFE, 22) + "." + of(URLSAFE, 42) + "k",
        "Brevo key": "xkey" + "sib-" + of(HEX, 64) + "-" + of(ALNUM, 16),
        "DigitalOcean token": "dop" + "_v1_" + of(HEX, 64),
        "Doppler token": "dp." + "pt." + of(ALNUM, 43),
        "Linear key": "lin" + "_api_" + of(ALNUM, 40),
        "Notion token": "nt" + "n_" + of(ALNUM, 46),
        "Figma token": "fi" + "gd_" + of(URLSAFE, 39) + "k",
        "Postman key": "PM" + "AK-" + of(HEX, 24) + "-" + of(HEX, 34),
        "Atlassian token": "ATA" + "TT3" + of(URLSAFE, 185) + "k",
        "Shopify token": "shp" + "at_" + of(HEX, 32),
        "Databricks token": "da" + "pi" + of(HEX, 32),
        "Sentry token": "sntr" + "yu_" + of(HEX, 64),
        "New Relic key": "NR" + "AK-" + of(string.ascii_uppercase + string.digits, 27),
        "PostHog key": "ph" + "x_" + of(ALNUM, 43),
        "Vault token": "hv" + "s." + of(URLSAFE, 90) + "k",
        "Terraform token": of(ALNUM, 14) + ".atlas" + "v1." + of(URLSAFE, 66) + "k",
        "Supabase token": "sb" + "p_" + of(HEX, 40),
        "Netlify token": "nf" + "p_" + of(ALNUM, 36),
        "Alibaba key id": "LT" + "AI" + of(ALNUM, 20),
        "Mailgun key": "ke" + "y-" + of(HEX, 32),
        "age key": "AGE-SECRET" + "-KEY-1" + of("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58),
        "Slack bot token": "xo" + "xb-" + mint.digits(12) + "-" + mint.digits(13) + "-" + of(ALNUM, 24),
        "Slack user token": "xo" + "xp-" + "-".join(mint.digits(12) for _ in range(3)) + "-" + of(HEX, 32),
        "Slack app token": "xa" + "pp-1-A" + of(BASE32, 10) + "-" + mint.digits(13) + "-" + of(HEX, 64),
    }


def structured_forms(mint):
    """By name: each form with a checksum or a structure, or told by what stands beside it."""
    return {
        "GitHub token": mint.checked("gh" + mint.dice.choice("pousr") + "_"),
        "npm token": mint.checked("np" + "m_"),
        "Package index token": mint.macaroon(),
        "Grafana token": mint.grafana(),
        "AWS key id": mint.aws_id(),
        "JSON Web Token": mint.jwt(),
        "Private key": mint.private_key(mint.dice.choice(["RSA ", "EC ", "", "OPENSSH "])),
    }


def beside(mint):
    """By name: the text around, and the secret in it."""
    of = mint.of
    aws, azure = of(BASE64, 40), of(BASE64, 86) + "=="
    password, hook, webhook = of(ALNUM, 18), of(ALNUM, 24), of(URLSAFE, 68)
    bearer, named = of(ALNUM, 40), of(ALNUM, 32)
    return {
        "AWS secret key": (f'aws_secret_access_key = "{aws}"', aws),
        "Azure storage key": (f"AccountName=acme;AccountKey={azure};Endpoint", azure),
        "Password in an address": (f'"postgres://app:{password}@db.acme.io:5432/app"', password),
        "Slack webhook": (
            f'"https://hooks.slack.com/services/T{of(BASE32, 9)}/B{of(BASE32, 10)}/{hook}"',
            hook,
        ),
        "Discord webhook": (f'"https://discord.com/api/webhooks/{mint.digits(18)}/{webhook}"', webhook),
        "Bearer token": (f'Authorization: "Bearer {bearer}"', bearer),
        "Value named as a secret": (f'const clientSecret = "{named}";', named),
    }


def issued(mint):
    """One of each form: its name, a line of source with it, and the credential itself."""
    alone = plain_forms(mint) | structured_forms(mint)
    lines = [(name, f'const value = "{token}"; // used below\n', token) for name, token in alone.items()]
    return lines + [(name, f"{text}\n", secret) for name, (text, secret) in beside(mint).items()]


def spoiled(mint):
    """Near misses: cut short, a checksum that is wrong, glued to a word, written for a manual."""
    of = mint.of
    for name, token in plain_forms(mint).items():
        yield f"{name}, cut short", token[:16]
        yield f"{name}, glued to a word", f"x{token}"
        yield f"{name}, all of one character", token[: len(token) // 4] + "x" * (len(token) * 3 // 4)
    for name, token in structured_forms(mint).items():
        yield f"{name}, cut short", token[: len(token) // 4]
    for prefix in ("gh" + "p_", "np" + "m_"):
        token = mint.checked(prefix)
        yield f"{prefix}, with a wrong checksum", token[:-1] + ("a" if token[-1] != "a" else "b")
    yield "AWS key id of the manual", "AK" + "IA" + "IOSFODNN7" + "EXAMPLE"
    yield "JWT that is not signed", mint.jwt(alg="none")
    yield "JWT that holds no JSON", f"eyJ{of(URLSAFE, 30)}.eyJ{of(URLSAFE, 60)}.{of(URLSAFE, 43)}"
    yield "header of a private key alone", "-" * 5 + "BEGIN RSA PRIVATE KEY" + "-" * 5
    yield "address of a manual", "postgres://user:password@localhost:5432/db"
    yield "address with a variable", "https://${USER}:${PASSWORD}@host.acme.io"
    yield "password of a manual", 'password = "your-password-here"'
    yield "name of a setting", 'tokenKey: "settings.account.accessToken"'
    yield "name of a variable", 'secret = "MY_CLIENT_SECRET_NAME"'
    yield "hash of a package", f'"integrity": "sha512-{of(BASE64, 86)}=="'
    yield "git commit", f'"resolved": "{of(HEX, 40)}"'
    yield "next page", f'nextToken: "{of(ALNUM, 40)}"'
    yield "point in time", 'passwordLastUsed: "2016-09-08T21:47:36Z"'
    yield "translation", 'password: "Enter-the-password-of-account-2"'
