"""What tokens look like that have a form of their own, wherever they stand.

Written from the issuers' own descriptions.
"""

from __future__ import annotations

from monitors.inventory import checks
from monitors.inventory.confidence import Confidence
from monitors.inventory.forms import form

FORMS = [
    form("GitHub token", "ghp_|gho_|ghu_|ghs_|ghr_", r"gh[pousr]_[A-Za-z0-9]{36}", check=checks.has_checksum),
    form("GitHub fine-grained token", "github_pat_", r"github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}"),
    form("npm token", "npm_", r"npm_[A-Za-z0-9]{36}", check=checks.has_checksum),
    form("Package index token", "pypi-", r"pypi-[\w-]{85,250}", check=checks.is_macaroon),
    form("RubyGems key", "rubygems_", r"rubygems_[0-9a-f]{48}"),
    form("GitLab token", "glpat-|gldt-|glrt-|glcbt-|glptt-", r"gl(?:pat|dt|rt|cbt|ptt)-[\w-]{20,60}"),
    form("Docker Hub token", "dckr_pat_", r"dckr_pat_[\w-]{27}"),
    form("Artifactory key", "akcp", r"AKCp[0-9A-Za-z]{69}"),
    form("AWS key id", "akia|asia|abia|acca", r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}", check=checks.is_aws_id),
    form("Google API key", "aiza", r"AIza[\w-]{35}"),
    form("Google OAuth token", "ya29.", r"ya29\.[\w-]{30,300}"),
    form("Google OAuth secret", "gocspx-", r"GOCSPX-[\w-]{28}"),
    form("Azure storage key", "accountkey=", r"(?i:AccountKey=)(?P<secret>[A-Za-z0-9+/]{86}==)", alone=False),
    form("Slack bot token", "xoxb-", r"xoxb-\d{10,13}-\d{10,13}-[A-Za-z0-9]{24}"),
    form("Slack user token", "xoxp-|xoxa-|xoxr-|xoxs-", r"xox[pars]-(?:\d{10,13}-){2,3}[A-Za-z0-9]{24,64}"),
    form("Slack app token", "xapp-", r"xapp-\d-[A-Z0-9]{9,13}-\d{10,13}-[0-9a-f]{64}"),
    form(
        "Slack webhook",
        "hooks.slack.com/",
        r"hooks\.slack\.com/services/T[A-Z0-9]{8,12}/B[A-Z0-9]{8,12}/(?P<secret>[A-Za-z0-9]{24})",
    ),
    form(
        "Discord webhook",
        "discord.com/api|discordapp.com/api",
        r"discord(?:app)?\.com/api/webhooks/\d{17,20}/(?P<secret>[\w-]{60,72})",
    ),
    form("Stripe live key", "sk_live_|rk_live_", r"[rs]k_live_[A-Za-z0-9]{24,247}"),
    form(
        "Stripe test key",
        "sk_test_|rk_test_",
        r"[rs]k_test_[A-Za-z0-9]{24,247}",
        confidence=Confidence.MEDIUM,
    ),
    form("Stripe webhook secret", "whsec_", r"whsec_[A-Za-z0-9+/]{32,64}"),
    form("Anthropic key", "sk-ant-", r"sk-ant-(?:api|admin|oat|ort|sid)\d\d-[\w-]{80,120}"),
    form(
        "OpenAI key",
        "t3blbkfj",
        r"sk-(?:(?:proj|svcacct|admin)-)?[\w-]{16,100}T3BlbkFJ[\w-]{16,100}",
        back=120,
    ),
    form("Hugging Face token", "hf_", r"hf_[A-Za-z]{34}"),
    form("Groq key", "gsk_", r"gsk_[A-Za-z0-9]{52}"),
    form("xAI key", "xai-", r"xai-[A-Za-z0-9]{80}"),
    form("Perplexity key", "pplx-", r"pplx-[A-Za-z0-9]{48}"),
    form("Replicate token", "r8_", r"r8_[A-Za-z0-9]{37}"),
    form("SendGrid key", "sg.", r"SG\.[\w-]{22}\.[\w-]{43}"),
    form("Brevo key", "xkeysib-", r"xkeysib-[0-9a-f]{64}-[A-Za-z0-9]{16}"),
    form("DigitalOcean token", "dop_v1_|doo_v1_|dor_v1_", r"do[por]_v1_[0-9a-f]{64}"),
    form(
        "Doppler token",
        "dp.pt.|dp.st.|dp.ct.|dp.sa.",
        r"dp\.(?:pt|st|ct|sa)\.(?:[\w-]{2,35}\.)?[A-Za-z0-9]{40,44}",
    ),
    form("Linear key", "lin_api_", r"lin_api_[A-Za-z0-9]{40}"),
    form("Notion token", "ntn_", r"ntn_[A-Za-z0-9]{46}"),
    form("Figma token", "figd_", r"figd_[\w-]{40,60}"),
    form("Postman key", "pmak-", r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}"),
    form("Atlassian token", "atatt3", r"ATATT3[\w=-]{180,250}"),
    form("Shopify token", "shpat_|shpca_|shppa_|shpss_", r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}"),
    form("Databricks token", "dapi", r"dapi[0-9a-f]{32}(?:-\d)?"),
    form("Sentry token", "sntryu_", r"sntryu_[0-9a-f]{64}"),
    form("Grafana token", "glsa_", r"glsa_[A-Za-z0-9]{32}_[0-9a-f]{8}", check=checks.has_hex_checksum),
    form("New Relic key", "nrak-", r"NRAK-[A-Z0-9]{27}"),
    form("PostHog key", "phx_", r"phx_[A-Za-z0-9]{43,48}"),
    form("Vault token", "hvs.|hvb.", r"hv[sb]\.[\w-]{24,200}"),
    form("Terraform token", ".atlasv1.", r"[A-Za-z0-9]{14}\.atlasv1\.[\w-]{60,70}", back=14),
    form("Supabase token", "sbp_", r"sbp_[0-9a-f]{40}"),
    form("Netlify token", "nfp_", r"nfp_[A-Za-z0-9]{36}"),
    form("Alibaba key id", "ltai", r"LTAI[A-Za-z0-9]{20}"),
    form("Mailgun key", "key-", r"key-[0-9a-f]{32}", confidence=Confidence.MEDIUM),
    form("age key", "age-secret-key-1", r"AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}"),
    form(
        "JSON Web Token",
        ".eyj",
        r"eyJ[\w-]{8,600}\.eyJ[\w-]{8,4000}\.[\w-]{16,1500}",
        check=checks.is_jwt,
        confidence=Confidence.MEDIUM,
        back=604,
    ),
    form(
        "Private key",
        "-----begin ",
        r"-----BEGIN (?:[A-Z]{2,9} )?PRIVATE KEY(?: BLOCK)?-----[^-]{48,7000}"
        r"-----END (?:[A-Z]{2,9} )?PRIVATE KEY(?: BLOCK)?-----",
        check=checks.is_private_key,
        alone=False,
    ),
]
