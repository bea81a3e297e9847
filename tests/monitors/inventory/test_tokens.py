"""Each issuer's token is known by its own form, wherever it stands; short of it nothing is said."""

import pytest

from monitors.inventory import credentials
from tests.bench.tokens.notation import made
from tests.monitors.inventory.minted import Mint

FORMS = [
    ("GitLab token", "glpat-<url:27>.01.<lower:9>"),
    ("GitLab token", "glft-<url:20>"),
    ("GitLab token", "glagent-<url:50>"),
    ("GitLab runner registration token", "GR1348941<url:20>"),
    ("GitLab session", "_gitlab_session=<<<hex:32>>>"),
    ("Artifactory reference token", "cmVmd<alnum:59>"),
    ("Clojars token", "CLOJARS_<lower:60>"),
    ("ReadMe key", "rdme_<lower:70>"),
    ("Octopus Deploy key", "API-<upper:26>"),
    ("Prefect token", "pnu_<alnum:36>"),
    ("Pulumi token", "pul-<hex:40>"),
    ("Sourcegraph token", "sgp_<hex:16>_<hex:40>"),
    ("Sourcegraph token", "sgp_<hex:40>"),
    ("Amazon Bedrock key", "ABSK<base64:128>"),
    ("Azure client secret", "<alnum:3>8Q~<azure:34>"),
    ("Slack bot token", "xoxb-<digits:10>-<alnum:24>"),
    ("Slack user token", "xoxe-<digits:13>-<digits:13>-<digits:13>-<hex:32>"),
    ("Slack user token", "xoxr-2-<digits:9>-<digits:11>-<digits:13>-<hex:18>"),
    ("Slack configuration token", "xoxe.xoxp-1-<upper:166>"),
    ("Slack refresh token", "xoxe-1-<upper:146>"),
    ("Slack webhook", "https://hooks.slack.com/workflows/T<upper:9>/A<upper:9>/<digits:18>/<<<alnum:24>>>"),
    (
        "Teams webhook",
        "https://acme.webhook.office.com/webhookb2/<<<uuid>@<uuid>/IncomingWebhook/<hex:32>/<uuid>>>",
    ),
    ("Telegram bot token", "<digits:9>:AA<url:33>"),
    ("Telegram bot token", "bot<<<digits:10>:AA<url:33>>>"),
    ("Stripe live key", "sk_prod_<alnum:51>"),
    ("Hugging Face organisation token", "api_org_<letters:34>"),
    ("Adobe client secret", "p8e-<alnum:32>"),
    ("1Password secret key", "A3-<upper:6>-<upper:6>-<upper:5>-<upper:5>-<upper:5>-<upper:5>"),
    ("1Password service account", "ops_eyJ<base64:400>"),
    ("Cloudflare origin key", "v1.0-<hex:24>-<hex:146>"),
    ("Defined Networking key", "dnkey-<url:26>-<url:52>"),
    ("Fly.io token", "fo1_<url:43>"),
    ("Fly.io token", "fm2_<base64:160>"),
    ("Harness key", "pat.<url:22>.<alnum:24>.<alnum:20>"),
    ("Heroku key", "HRKU-AA<url:58>"),
    ("Infracost key", "ico-<alnum:32>"),
    ("OpenShift token", "sha256~<url:43>"),
    ("Scalingo token", "tk-us-<url:48>"),
    ("Yandex key", "AQVN<url:36>"),
    ("ClickHouse key", "4b1d<alnum:38>"),
    ("Dropbox token", "sl.<url:135>"),
    ("Frame.io token", "fio-u-<url:64>"),
    ("MaxMind key", "<alnum:6>_<alnum:29>_mmk"),
    ("PlanetScale key", "pscale_tkn_<url:43>"),
    ("Azure storage key", 'AccountKey="<<<base64:86>==>>"'),
    ("Square token", "sq0csp-<url:43>"),
    ("Aiven password", "AVNS_<url:19>"),
    ("PuTTY key", "Private-Lines: 2\n<<<base64:64>\n<base64:40>>>"),
    ("Typeform token", "tfp_<lower:44>_<lower:14>"),
    ("Duffel token", "duffel_live_<url:43>"),
    ("EasyPost key", "EZAK<alnum:54>"),
    ("Facebook token", "EAAC<alnum:160>"),
    ("Flutterwave key", "FLWSECK-<hex:32>-X"),
    ("Lob key", "live_<hex:35>"),
    ("Plaid token", "access-production-<uuid>"),
    ("Shippo token", "shippo_live_<hex:40>"),
    ("Square token", "EAAA<url:60>"),
    ("Square token", "sq0atp-<url:22>"),
    ("Mailchimp key", "<hex:32>-us12"),
    ("Twilio key", "SK<hex:32>"),
    ("Dynatrace token", "dt0c01.<upper:24>.<upper:64>"),
    ("Grafana Cloud token", "glc_<base64:120>"),
    ("Grafana key", "eyJrIjoi<alnum:100>"),
    ("Sentry organisation token", "sntrys_eyJ<alnum:120>=_<base64:43>"),
    ("SettleMint token", "sm_pat_<alnum:16>"),
    ("Intra 42 secret", "s-s4t2ud-<hex:64>"),
    ("New Relic insert key", "NRII-<url:32>"),
    ("JSON Web Token in base64", "<b64jwt>"),
]
NAMES = [f"{name}, {form[:12]}" for name, form in FORMS]


@pytest.mark.parametrize(("name", "form"), FORMS, ids=NAMES)
def test_a_token_is_found_in_code_and_on_a_line_of_its_own(name, form):
    text, secret = made(form, Mint(5))

    for content in (f'connect("{text}")\n', f"{text}\n", f"- {text}  # ours\n"):
        assert [(one.name, one.secret.decode()) for one in credentials.find(content.encode())] == [
            (name, secret)
        ]


@pytest.mark.parametrize(("name", "form"), FORMS, ids=NAMES)
def test_a_third_of_a_token_is_none(name, form):
    text, secret = made(form, Mint(6))

    third = text.replace(secret, secret[: len(secret) // 3])

    assert [one for one in credentials.find(f'connect("{third}")'.encode()) if one.name == name] == []


@pytest.mark.parametrize(("name", "form"), FORMS, ids=NAMES)
def test_a_token_within_a_longer_word_is_none(name, form):
    text, secret = made(form, Mint(7))

    within = text.replace(secret, f"{secret}{'0' * 400}")

    assert [one.name for one in credentials.find(within.encode()) if one.secret.decode() == secret] == []


@pytest.mark.parametrize(
    "text",
    [
        "EAAA<letters:10>",
        "<base64:80>EAAM<alnum:120>",
        "<base64:30>EZAK<base64:54>",
        "<hex:20>4b1d<hex:40>",
        "4b1d<pad:a:38>",
        "API-<pad:A:26>",
        "glc_texture_compression_astc",
        "sha256:<hex:64>",
        "TASK<hex:32>",
        "latest_<hex:35>",
        "archive_<hex:35>",
        "<digits:9>:AA<url:20>",
        "~~~8Q~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~",
        "ZXlK<alnum:100>",
    ],
)
def test_what_only_begins_like_a_token_is_none(text):
    assert credentials.find(f'connect("{made(text, Mint(8))[0]}")'.encode()) == []
