"""A key without a form of its own is known by its service's name, when the name says that it is a key."""

import pytest

from monitors.inventory import Confidence, credentials
from tests.bench.tokens.notation import made
from tests.monitors.inventory.minted import Mint

LINES = [
    ("Airtable key", 'airtableApiKey: "<<key<alnum:14>>>"'),
    ("Algolia key", "ALGOLIA_ADMIN_KEY=<<<hex:32>>>"),
    ("Alibaba secret", "ALIYUN_ACCESS_KEY_SECRET=<<<alnum:30>>>"),
    ("Asana secret", "asana_client_secret: <<<hex:32>>>"),
    ("Atlassian key", 'JIRA_API_TOKEN = "<<<lower:20><hex:4>>>"'),
    ("Atlassian key", "confluence_token: '<<<lower:20><hex:4>>>'"),
    ("Bitbucket secret", 'bitbucketSecret = "<<<alnum:32>>>"'),
    ("Cloudflare key", "CLOUDFLARE_API_KEY=<<<hex:37>>>"),
    ("Codecov token", "CODECOV_TOKEN: <<<uuid>>>"),
    ("Cohere key", "COHERE_API_KEY=<<<alnum:40>>>"),
    ("Confluent key", 'confluentApiKey = "<<<upper:16>>>"'),
    ("Contentful token", "contentful_delivery_token: <<<url:43>>>"),
    ("Datadog key", "DATADOG_APP_KEY=<<<hex:40>>>"),
    ("Datadog key", "DD_API_KEY: <<<hex:32>>>"),
    ("Discord secret", 'discord_client_secret = "<<<alnum:32>>>"'),
    ("Drone token", "DRONE_TOKEN=<<<alnum:32>>>"),
    ("Dropbox key", "dropbox_app_key: <<<lower:15>>>"),
    ("Facebook secret", "FACEBOOK_APP_SECRET=<<<hex:32>>>"),
    ("Fastly key", "fastly_api_key = '<<<alnum:32>>>'"),
    ("FreshBooks token", "freshbooks_token = '<<<hex:64>>>'"),
    ("GoCardless token", 'gocardlessToken = "<<live_<alnum:40>>>"'),
    ("Heroku key", "<herokuApiKey><<<uuid>>></herokuApiKey>"),
    ("HubSpot key", 'hubspot_key := "<<pat-na1-<uuid>>>"'),
    ("Intercom token", "INTERCOM_ACCESS_TOKEN ?= '<<<alnum:60>>>'"),
    ("JFrog key", 'jfrog_api_key: "<<<alnum:73>>>"'),
    ("JFrog key", "ARTIFACTORY_PASSWORD=<<<alnum:64>>>"),
    ("LaunchDarkly key", "LAUNCHDARKLY_SDK_KEY=<<sdk-<uuid>>>"),
    ("LinkedIn secret", 'linkedinClientSecret: string = "<<<alnum:16>>>"'),
    ("Mailgun signing key", "mailgun_signing_key: <<<hex:32>-<hex:8>-<hex:8>>>"),
    ("Mattermost token", "mattermost_token = '<<<lower:26>>>'"),
    ("MessageBird key", "MESSAGEBIRD_KEY=<<<alnum:25>>>"),
    ("Netlify token", "NETLIFY_AUTH_TOKEN=<<<alnum:43>>>"),
    ("New Relic licence", "NEW_RELIC_LICENSE_KEY=<<<hex:36>NRAL>>"),
    ("Okta token", "OKTA_API_TOKEN: <<00<alnum:40>>>"),
    ("Plaid secret", "PLAID_SECRET=<<<hex:30>>>"),
    ("RapidAPI key", 'rapidapi_key = "<<<lower:50>>>"'),
    ("Sendbird token", "sendbird_api_token: '<<<hex:40>>>'"),
    ("Sentry legacy token", "SENTRY_AUTH_TOKEN=<<<hex:64>>>"),
    ("Snyk token", "SNYK_TOKEN=<<<uuid>>>"),
    ("Sonar token", "-Dsonar.login=<<<hex:40>>>"),
    ("Squarespace key", "squarespace_api_key: <<<uuid>>>"),
    ("Sumo Logic access key", 'sumo_access_key = "<<<alnum:64>>>"'),
    ("Travis token", "TRAVIS_TOKEN=<<<alnum:22>>>"),
    ("Twilio auth token", "twilio_auth_token = '<<<hex:32>>>'"),
    ("Twitch token", 'twitchToken = "<<<lower:30>>>"'),
    ("Twitter key", "TWITTER_CONSUMER_SECRET=<<<alnum:50>>>"),
    ("Vault legacy token", "VAULT_TOKEN=<<s.<alnum:24>>>"),
    ("Zendesk token", "zendesk_token: <<<alnum:40>>>"),
]


@pytest.mark.parametrize(("name", "line"), LINES, ids=[line[:24] for _, line in LINES])
def test_it_is_found_beside_the_name_of_its_service(name, line):
    text, secret = made(line, Mint(9))

    found = credentials.find(f"{text}\n".encode())

    assert [(one.name, one.confidence, one.secret.decode()) for one in found] == [
        (name, Confidence.MEDIUM, secret)
    ]


@pytest.mark.parametrize(("name", "line"), LINES, ids=[line[:24] for _, line in LINES])
def test_one_that_is_filled_in_later_is_none(name, line):
    text, secret = made(line, Mint(9))

    filled = text.replace(secret, "x" * len(secret))

    assert credentials.find(f"{filled}\n".encode()) == []


@pytest.mark.parametrize(
    "line",
    [
        "HEROKU_APP_ID=<uuid>",
        "datadog_monitor_id: <hex:32>",
        "algolia_index_key_name = '<hex:32>'",
        "snyk_policy: <uuid>",
        "facebook_pixel = '<hex:32>'",
        "vault_token_url: s.<alnum:24>",
        "DATADOG_API_KEY=<hex:64>",
        "twilio_auth_token = settings.twilio_auth_token_2",
    ],
)
def test_what_the_service_names_without_a_key_is_none(line):
    found = credentials.find(f"{made(line, Mint(9))[0]}\n".encode())

    assert [one for one in found if one.confidence is not Confidence.LOW] == []
