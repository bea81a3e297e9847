"""A secret is told by what stands beside it, in all the ways in which settings and code write that down."""

import pytest

from monitors.inventory import Confidence, credentials
from tests.bench.tokens.notation import made
from tests.monitors.inventory.minted import Mint

MEDIUM, LOW = Confidence.MEDIUM, Confidence.LOW
NAMED = "Value named as a secret"


@pytest.mark.parametrize(
    ("name", "confidence", "line"),
    [
        (NAMED, LOW, "API_TOKEN=<<<alnum:24>>>"),
        (NAMED, LOW, "export DB_PASSWORD=<<<alnum:16>>>"),
        (NAMED, LOW, "password: <<<alnum:16>>>  # of the kettle"),
        (NAMED, LOW, "secret: |\n  <<<lower:32>>>"),
        (NAMED, LOW, 'var apiToken string = "<<<lower:24>>>"'),
        (NAMED, LOW, 'const apiToken: string = "<<<lower:24>>>"'),
        (NAMED, LOW, 'TOKEN ?= "<<<alnum:24>>>"'),
        (NAMED, LOW, '$token .= "<<<alnum:24>>>";'),
        (NAMED, LOW, 'setting("api_token", "<<<uuid>>>")'),
        (NAMED, LOW, '{\\"api_token\\": \\"<<<alnum:24>>>\\"}'),
        (NAMED, LOW, '{"name": "API_TOKEN", "value": "<<<alnum:24>>>"}'),
        (NAMED, LOW, '<add key="ClearTextPassword" value="<<<alnum:16>>>" />'),
        (NAMED, LOW, "<password>\n  <<<alnum:16>>>\n</password>"),
        (NAMED, LOW, "curl -H 'X-Api-Key: <<<uuid>>>' acme.io"),
        (NAMED, LOW, "db_pass = '<<<alnum:16>>>'"),
        (NAMED, LOW, "pwd: <<<alnum:16>>>"),
        (NAMED, LOW, "run --api-key '<<<hex:40>>>'"),
        (NAMED, LOW, "token = <<s.<alnum:24>>>"),
        ("Registry token", MEDIUM, "//registry.acme.io/:_authToken=<<<uuid>>>"),
        ("Registry password", MEDIUM, "//registry.acme.io/:_auth=<<<basic>>>"),
        ("Token in a header", MEDIUM, '"Authorization: Token <<<hex:40>>>"'),
        ("Password in a header", MEDIUM, '"Authorization: Basic <<<basic>>>"'),
        ("Password of a command", MEDIUM, "curl -s --user 'api:<<<alnum:16>>>' acme.io"),
        ("Password of a command", MEDIUM, "curl -u api:<<<alnum:16>>> acme.io"),
        ("Password of a connection", MEDIUM, '"Server=db;Uid=app;Pwd=<<<alnum:14>>>;Pooling=true"'),
    ],
)
def test_it_is_found_and_nothing_around_it(name, confidence, line):
    text, secret = made(line, Mint(4))

    found = credentials.find(f"{text}\n".encode())

    assert [(one.name, one.confidence, one.secret.decode()) for one in found] == [(name, confidence, secret)]


@pytest.mark.parametrize(
    "line",
    [
        "API_TOKEN=\nAPI_URL2=https://acme.io",
        "token = readToken2(settings)",
        "password: ${PASSWORD}",
        "const token = this.token2.value",
        "arn:aws:secretsmanager:eu-west-1:123412341234:secret:Kettle-a1b2c3",
        '"private_key_id": "<hex:40>"',
        "credentialsId: '<uuid>'",
        'publicToken = "<alnum:40>"',
        "csrf_token=<alnum:40>",
        "keyVaultToStoreSecrets: prod2-eu-1208358310",
        'tokenType: "exchangeCaptchaV3Token"',
        "passwordFile=/run/secrets/db2-password",
        "curl -u alice:password acme.io",
        'curl -u "$NAME:$PASSWORD" acme.io',
        "Authorization: Basic dGhlIGtldHRsZSBib2lscw==",
        "Server=db;Uid=app;Pwd={password};",
        "let a=1;password=e.password;",
        "bypass = isPassive2(passThrough)",
        "//registry.acme.io/:_authToken=${NPM_TOKEN}",
        'the pass ",b=a[0],c=q7Zk2mX9fLp4vT" and',
    ],
)
def test_what_is_no_secret_is_not_found(line):
    assert credentials.find(f"{made(line, Mint(4))[0]}\n".encode()) == []


def test_a_token_that_begins_a_file_is_found():
    text, secret = made("hf_<letters:34>", Mint(2))

    assert [one.secret.decode() for one in credentials.find(text.encode())] == [secret]
