"""What credentials look like: who issues them, the word each holds, the form, and what else must be true.

Written from the issuers' own descriptions. A form without a fixed word is not here: what cannot be found by a
word would have to be tried at every byte.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from string import ascii_letters, ascii_lowercase, digits
from typing import NamedTuple

from monitors.inventory import checks
from monitors.inventory.anchors import WIDTH
from monitors.inventory.confidence import Confidence

LONGEST = 8192  # bytes of a credential


class Form(NamedTuple):
    """One of the `words`, in lower case, begins at most `back` bytes after the credential, or `early` before.

    The group `secret` of the pattern is what nobody may see; all of the match where there is none.
    """

    name: str
    words: tuple[bytes, ...]
    pattern: re.Pattern[bytes]
    check: Callable[[bytes], bool]
    confidence: Confidence
    back: int
    early: int

    def find(self, content: bytes, at: int) -> re.Match[bytes] | None:
        """The credential whose word begins at `at`."""
        start = at + self.early
        if self.back:
            before = content[max(0, at - self.back) : at]
            start = at - len(before) + len(before.rstrip(_RUN))
        return self.pattern.match(content, start, at + LONGEST)


_RUN = (ascii_letters + digits + "_-").encode()  # what the credential before its word is made of
_BEFORE = "\"'`=: >(\n"  # what stands before a word too short to be looked up alone
_LOW, _MEDIUM, _HIGH = Confidence.LOW, Confidence.MEDIUM, Confidence.HIGH


def _form(
    name: str,
    words: str,
    pattern: str,
    *,
    check: Callable[[bytes], bool] = checks.is_random,
    confidence: Confidence = _HIGH,
    back: int = 0,
    early: int = 0,
    alone: bool = True,
) -> Form:
    edges = r"(?<![A-Za-z0-9_])(?:{})(?![A-Za-z0-9_])" if alone else "{}"
    compiled = re.compile(edges.format(pattern).encode())
    wanted = words.split("|")
    if any(len(word) < WIDTH for word in wanted):
        wanted, early = [before + word for word in wanted for before in _BEFORE], 1
    return Form(name, tuple(map(str.encode, wanted)), compiled, check, confidence, back, early)


_KEYWORD = (
    r"(?i:passw(?:or)?d|passphrase|secret|(?<!next)(?<!change)(?<!request)(?<!ation)(?<!output_)token|api[_-]?key|access[_-]?key|private[_-]?key|auth[_-]?key"
    r"|encryption[_-]?key|credential)"
)
_SET = r"""[\w-]{0,24}["'`]?\]?\s{0,3}(?:=>|:=|[:=])\s{0,3}"""

FORMS = [
    _form(
        "GitHub token", "ghp_|gho_|ghu_|ghs_|ghr_", r"gh[pousr]_[A-Za-z0-9]{36}", check=checks.has_checksum
    ),
    _form("GitHub fine-grained token", "github_pat_", r"github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}"),
    _form("npm token", "npm_", r"npm_[A-Za-z0-9]{36}", check=checks.has_checksum),
    _form("Package index token", "pypi-", r"pypi-[\w-]{85,250}", check=checks.is_macaroon),
    _form("RubyGems key", "rubygems_", r"rubygems_[0-9a-f]{48}"),
    _form("GitLab token", "glpat-|gldt-|glrt-|glcbt-|glptt-", r"gl(?:pat|dt|rt|cbt|ptt)-[\w-]{20,60}"),
    _form("Docker Hub token", "dckr_pat_", r"dckr_pat_[\w-]{27}"),
    _form("Artifactory key", "akcp", r"AKCp[0-9A-Za-z]{69}"),
    _form(
        "AWS key id", "akia|asia|abia|acca", r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}", check=checks.is_aws_id
    ),
    _form(
        "AWS secret key",
        "secret",
        r"""(?i:secret_?(?:access_?)?key)["'`]?\s{0,3}[:=]\s{0,3}["'`]?(?P<secret>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])""",
        alone=False,
    ),
    _form("Google API key", "aiza", r"AIza[\w-]{35}"),
    _form("Google OAuth token", "ya29.", r"ya29\.[\w-]{30,300}"),
    _form("Google OAuth secret", "gocspx-", r"GOCSPX-[\w-]{28}"),
    _form(
        "Azure storage key", "accountkey=", r"(?i:AccountKey=)(?P<secret>[A-Za-z0-9+/]{86}==)", alone=False
    ),
    _form("Slack bot token", "xoxb-", r"xoxb-\d{10,13}-\d{10,13}-[A-Za-z0-9]{24}"),
    _form("Slack user token", "xoxp-|xoxa-|xoxr-|xoxs-", r"xox[pars]-(?:\d{10,13}-){2,3}[A-Za-z0-9]{24,64}"),
    _form("Slack app token", "xapp-", r"xapp-\d-[A-Z0-9]{9,13}-\d{10,13}-[0-9a-f]{64}"),
    _form(
        "Slack webhook",
        "hooks.slack.com/",
        r"hooks\.slack\.com/services/T[A-Z0-9]{8,12}/B[A-Z0-9]{8,12}/(?P<secret>[A-Za-z0-9]{24})",
    ),
    _form(
        "Discord webhook",
        "discord.com/api|discordapp.com/api",
        r"discord(?:app)?\.com/api/webhooks/\d{17,20}/(?P<secret>[\w-]{60,72})",
    ),
    _form("Stripe live key", "sk_live_|rk_live_", r"[rs]k_live_[A-Za-z0-9]{24,247}"),
    _form("Stripe test key", "sk_test_|rk_test_", r"[rs]k_test_[A-Za-z0-9]{24,247}", confidence=_MEDIUM),
    _form("Stripe webhook secret", "whsec_", r"whsec_[A-Za-z0-9+/]{32,64}"),
    _form("Anthropic key", "sk-ant-", r"sk-ant-(?:api|admin|oat|ort|sid)\d\d-[\w-]{80,120}"),
    _form(
        "OpenAI key",
        "t3blbkfj",
        r"sk-(?:(?:proj|svcacct|admin)-)?[\w-]{16,100}T3BlbkFJ[\w-]{16,100}",
        back=120,
    ),
    _form("Hugging Face token", "hf_", r"hf_[A-Za-z]{34}"),
    _form("Groq key", "gsk_", r"gsk_[A-Za-z0-9]{52}"),
    _form("xAI key", "xai-", r"xai-[A-Za-z0-9]{80}"),
    _form("Perplexity key", "pplx-", r"pplx-[A-Za-z0-9]{48}"),
    _form("Replicate token", "r8_", r"r8_[A-Za-z0-9]{37}"),
    _form("SendGrid key", "sg.", r"SG\.[\w-]{22}\.[\w-]{43}"),
    _form("Brevo key", "xkeysib-", r"xkeysib-[0-9a-f]{64}-[A-Za-z0-9]{16}"),
    _form("DigitalOcean token", "dop_v1_|doo_v1_|dor_v1_", r"do[por]_v1_[0-9a-f]{64}"),
    _form(
        "Doppler token",
        "dp.pt.|dp.st.|dp.ct.|dp.sa.",
        r"dp\.(?:pt|st|ct|sa)\.(?:[\w-]{2,35}\.)?[A-Za-z0-9]{40,44}",
    ),
    _form("Linear key", "lin_api_", r"lin_api_[A-Za-z0-9]{40}"),
    _form("Notion token", "ntn_", r"ntn_[A-Za-z0-9]{46}"),
    _form("Figma token", "figd_", r"figd_[\w-]{40,60}"),
    _form("Postman key", "pmak-", r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}"),
    _form("Atlassian token", "atatt3", r"ATATT3[\w=-]{180,250}"),
    _form("Shopify token", "shpat_|shpca_|shppa_|shpss_", r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}"),
    _form("Databricks token", "dapi", r"dapi[0-9a-f]{32}(?:-\d)?"),
    _form("Sentry token", "sntryu_", r"sntryu_[0-9a-f]{64}"),
    _form("Grafana token", "glsa_", r"glsa_[A-Za-z0-9]{32}_[0-9a-f]{8}", check=checks.has_hex_checksum),
    _form("New Relic key", "nrak-", r"NRAK-[A-Z0-9]{27}"),
    _form("PostHog key", "phx_", r"phx_[A-Za-z0-9]{43,48}"),
    _form("Vault token", "hvs.|hvb.", r"hv[sb]\.[\w-]{24,200}"),
    _form("Terraform token", ".atlasv1.", r"[A-Za-z0-9]{14}\.atlasv1\.[\w-]{60,70}", back=14),
    _form("Supabase token", "sbp_", r"sbp_[0-9a-f]{40}"),
    _form("Netlify token", "nfp_", r"nfp_[A-Za-z0-9]{36}"),
    _form("Alibaba key id", "ltai", r"LTAI[A-Za-z0-9]{20}"),
    _form("Mailgun key", "key-", r"key-[0-9a-f]{32}", confidence=_MEDIUM),
    _form("age key", "age-secret-key-1", r"AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}"),
    _form(
        "JSON Web Token",
        ".eyj",
        r"eyJ[\w-]{8,600}\.eyJ[\w-]{8,4000}\.[\w-]{16,1500}",
        check=checks.is_jwt,
        confidence=_MEDIUM,
        back=604,
    ),
    _form(
        "Private key",
        "-----begin ",
        r"-----BEGIN (?:[A-Z]{2,9} )?PRIVATE KEY(?: BLOCK)?-----[^-]{48,7000}"
        r"-----END (?:[A-Z]{2,9} )?PRIVATE KEY(?: BLOCK)?-----",
        check=checks.is_private_key,
        alone=False,
    ),
    _form(
        "Password in an address",
        "|".join(f"{letter}://" for letter in ascii_lowercase),
        r"(?<=[a-z])://[^\s:/@\"'`<>{}$\\]{0,64}:(?P<secret>[^\s:/@\"'`<>{}$\\]{4,128})@[\w.-]{1,253}",
        check=checks.is_basic_auth,
        confidence=_MEDIUM,
        early=1,
        alone=False,
    ),
    _form(
        "Bearer token",
        "bearer ",
        r"(?i:bearer )(?P<secret>[A-Za-z0-9_.~+/-]{20,500})",
        check=checks.is_key,
        confidence=_MEDIUM,
    ),
    _form(
        "Value named as a secret",
        "passw|passphrase|secret|token|api_key|apikey|api-key|access_key|accesskey|private_key|privatekey|auth_key"
        "|authkey|encryption_key|encryptionkey|credential",
        rf"""{_KEYWORD}{_SET}(?P<quote>["'`])(?P<secret>[^\s"'`\\<>{{}}$]{{12,200}})(?P=quote)""",
        check=checks.is_key,
        confidence=_LOW,
        alone=False,
    ),
]
