"""What the text of our own files gives away."""

from time import process_time

import pytest

from monitors.inventory import Confidence, Entry, Item, Kind, Ownership, expose, exposures, take
from monitors.unpack import File
from tests.monitors.inventory.minted import Mint


def entry(path, text, ownership=Ownership.FIRST, language="TypeScript"):
    content = text if isinstance(text, bytes) else text.encode()
    return Entry(path, len(content), content.count(b"\n"), language, ownership, "", "", False, content)


def found(text, path="src/a.ts", **fields):
    """What stands in one file: kind and value."""
    return [(item.kind, item.value) for item in expose([entry(path, text, **fields)]).items]


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("if (process.env.ACME_DEBUG) {}", [(Kind.VARIABLE, "ACME_DEBUG")]),
        ("import.meta.env['VITE_KEY']", [(Kind.VARIABLE, "VITE_KEY")]),
        ("os.environ.get('ACME_HOME')", [(Kind.VARIABLE, "ACME_HOME")]),
        (
            "const { ACME_A, ACME_B: b = '1' } = process.env",
            [(Kind.VARIABLE, "ACME_A"), (Kind.VARIABLE, "ACME_B")],
        ),
        ("import.meta.env.VITE_KEY", [(Kind.VARIABLE, "VITE_KEY")]),
        ("os.environ.setdefault('ACME_HOME', x)", [(Kind.VARIABLE, "ACME_HOME")]),
        ("os.environ.pop('ACME_HOME')", [(Kind.VARIABLE, "ACME_HOME")]),
        ('os.Getenv("ACME_HOME")', [(Kind.VARIABLE, "ACME_HOME")]),
        ('os.LookupEnv("ACME_HOME")', [(Kind.VARIABLE, "ACME_HOME")]),
        ('std::env::var("ACME_HOME")?', [(Kind.VARIABLE, "ACME_HOME")]),
        ("ENV['ACME_HOME']", [(Kind.VARIABLE, "ACME_HOME")]),
        ("ENV.fetch('ACME_HOME', nil)", [(Kind.VARIABLE, "ACME_HOME")]),
        ('Environment.GetEnvironmentVariable("ACME_HOME")', [(Kind.VARIABLE, "ACME_HOME")]),
        ("$_ENV['ACME_HOME']", [(Kind.VARIABLE, "ACME_HOME")]),
        ("getenv('ACME_HOME')", [(Kind.VARIABLE, "ACME_HOME")]),
        ('System.getenv().get("ACME_HOME")', [(Kind.VARIABLE, "ACME_HOME")]),
        ("client.boolVariation('new-kettle', false)", [(Kind.FLAG, "new-kettle")]),
        ('client.StringVariation("new-kettle", "")', [(Kind.FLAG, "new-kettle")]),
        ("growth.isOn('new-kettle')", [(Kind.FLAG, "new-kettle")]),
        (
            "const flags = {'new-kettle': true, warmLid: !1}",
            [(Kind.FLAG, "new-kettle"), (Kind.FLAG, "warmLid")],
        ),
        ("const host = 'api.billing.acme.com'", [(Kind.HOST, "api.billing.acme.com")]),
        ("const host = 'api.kettle.io:8443'", [(Kind.HOST, "api.kettle.io")]),
        ("const host = 'db01.internal:5432'", [(Kind.INTERNAL_HOST, "db01.internal")]),
        ("fetch('https://qa.acme.io')", [(Kind.INTERNAL_HOST, "qa.acme.io")]),
        ("fetch('https://api-preprod.acme.co.uk')", [(Kind.INTERNAL_HOST, "api-preprod.acme.co.uk")]),
        ("fetch('https://uat.acme.co.uk')", [(Kind.INTERNAL_HOST, "uat.acme.co.uk")]),
        ("fetch('https://dev.to')", [(Kind.HOST, "dev.to")]),
        ("fetch('https://www.local.ch')", [(Kind.HOST, "www.local.ch")]),
        ("fetch('https://private-equity.com')", [(Kind.HOST, "private-equity.com")]),
        ("fetch('https://private.co.uk')", [(Kind.HOST, "private.co.uk")]),
        ("useFeatureFlag('new-kettle')", [(Kind.FLAG, "new-kettle")]),
        ("if (feature(`WARM_LID`)) {}", [(Kind.FLAG, "WARM_LID")]),
        ("await checkGate<boolean>('kettle_v2')", [(Kind.FLAG, "kettle_v2")]),
        ("const host = 'wiki.acme.corp'", [(Kind.INTERNAL_HOST, "wiki.acme.corp")]),
        ("fetch('http://10.1.2.3:8080')", [(Kind.INTERNAL_HOST, "10.1.2.3")]),
        ("fetch('https://api.staging.acme.io')", [(Kind.INTERNAL_HOST, "api.staging.acme.io")]),
        ("fetch('https://api.acme.dev')", [(Kind.HOST, "api.acme.dev")]),
        ("get('/api/v1/kettles')", [(Kind.ENDPOINT, "/api/v1/kettles")]),
        ("// ask jane.doe@acme.io", [(Kind.PERSONAL, "jane.doe@acme.io")]),
        ("/** @author Jane Doe */", [(Kind.PERSONAL, "Jane Doe")]),
        ("// TODO(jdoe): warm it", [(Kind.PERSONAL, "jdoe")]),
        ("const desk = '+44 20 7946 0321'", [(Kind.PERSONAL, "+44 20 7946 0321")]),
        ("// codename: Bluebird", [(Kind.CODE_NAME, "Bluebird")]),
        ("import x from 'left-pad'", [(Kind.DEPENDENCY, "pkg:npm/left-pad")]),
    ],
)
def test_each_kind_is_found(text, items):
    assert found(text) == items


@pytest.mark.parametrize(
    "text",
    [
        "navigate('/home'); delegate('x'); aggregate('name')",
        "see https://github.com/acme/kettle and https://www.w3.org/TR/",
        "fetch('http://localhost:3000/x'); fetch('http://127.0.0.1/x'); 'https://example.com/a'",
        "import x from './kettle'; import fs from 'node:fs'; import path from 'path'",
        "@Component({}) class A {}; 'logo@2x.png'; 'user@example.com'; 'git@github.com:a/b'",
        "a + +1 + 2000; x = '+1 555 010 9999'",
        "this.internal.value; config.local",
        "x = 'com.acme.net'; t('settings.page.title'); x = 'a.com'; fs.open(p, {flags: {mode: 'utf8'}})",
        "comparison('abc'); const env = { ENV: x }; my.ENV['abc']; '.local.ch'",
    ],
)
def test_ordinary_code_gives_nothing_away(text):
    assert found(text) == []


def test_a_host_is_surely_internal_where_a_whole_label_says_so():
    hosts = ["api.staging.acme.io", "api-staging.acme.io", "wiki.corp"]
    items = expose([entry("src/a.ts", "".join(f"fetch('https://{host}');\n" for host in hosts))]).items

    assert [(item.value, item.confidence.value) for item in items] == [
        ("api.staging.acme.io", "high"),
        ("api-staging.acme.io", "medium"),
        ("wiki.corp", "high"),
    ]


def test_an_address_keeps_neither_its_query_nor_who_asks():
    items = found("fetch('https://jane:s7Kq9zLm2@hooks.acme.io:8443/in/box?token=tq8Zp1#top')")

    assert items[1:] == [
        (Kind.ENDPOINT, "https://hooks.acme.io:8443/in/box"),
        (Kind.HOST, "hooks.acme.io"),
    ]
    assert "s7Kq9zLm2" not in repr(items)


def test_a_credential_is_nowhere_whole():
    token = Mint().checked("gh" + "p_")
    text = f"// codename: {token}\nconst a = feature('{token}')\nget('/api/{token}/x')\n"

    items = expose([entry("a.ts", text)]).items

    assert [(item.kind, item.value, item.line, item.times) for item in items] == [
        (Kind.CREDENTIAL, f"{token[:4]}…{token[-2:]}", 1, 3)
    ]
    assert token not in repr(items)


def test_a_value_is_told_once_with_its_first_place_and_how_often():
    files = [entry("a.ts", "\n\nprocess.env.KETTLE"), entry("b.ts", "process.env.KETTLE\nprocess.env.KETTLE")]

    assert expose(files).items == [
        Item(Kind.VARIABLE, "KETTLE", "", "a.ts", 3, Confidence.HIGH, times=3),
    ]


def test_of_what_was_shipped_on_purpose_only_credentials_count():
    token = Mint().checked("np" + "m_")

    items = found(f"//a:_authToken={token}\nprocess.env.A", ".npmrc", ownership=Ownership.SHIPPED)

    assert [kind for kind, _ in items] == [Kind.CREDENTIAL]


def test_other_peoples_code_is_not_looked_at():
    assert found("process.env.A // a@acme.io", "node_modules/a/a.js", ownership=Ownership.THIRD) == [
        (Kind.DEPENDENCY, "pkg:npm/a")
    ]


def test_a_manifest_is_surer_than_an_import():
    files = [
        File("src/a.ts", b"import a from '@acme/lid'\nimport b from 'spout/deep'\n"),
        File("package.json", b'{\n"dependencies": {\n"@acme/lid": "1.2.3",\n"handle": "^2.0.0"}}'),
    ]

    items = expose(take(files).entries).items

    assert [(item.value, item.path, item.line, item.confidence) for item in items] == [
        ("pkg:npm/%40acme/lid@1.2.3", "package.json", 3, Confidence.HIGH),
        ("pkg:npm/handle", "package.json", 4, Confidence.HIGH),
        ("pkg:npm/spout", "src/a.ts", 2, Confidence.LOW),
    ]


def test_settings_of_an_environment_file_are_variables():
    assert found("# ours\nexport ACME_HOME=/srv\nPORT = 80\n", ".env.production", language="INI") == [
        (Kind.VARIABLE, "ACME_HOME"),
        (Kind.VARIABLE, "PORT"),
    ]


def test_what_is_beyond_the_bounds_is_counted(monkeypatch):
    monkeypatch.setattr(exposures, "PER_FILE", 2)
    monkeypatch.setattr(exposures, "PER_KIND", 3)
    files = [entry(f"{name}.ts", " ".join(f"process.env.{name}{n}" for n in range(4))) for name in "ab"]

    whole = expose(files)

    assert [item.value for item in whole.items] == ["a0", "a1", "b0"]
    assert whole.left_out == {"variable": 5}


@pytest.mark.slow  # a quarter of a megabyte of what costs most to look at
@pytest.mark.parametrize(
    "piece",
    [
        b"gateFlag<a<",
        b"feature(",
        b"a://",
        b"a.b.internal",
        b'"/api/',
        b"+1 1",
        b'"a.com',
        b"flags={",
        b"{a}=process.env",
        b"env['",
    ],
)
def test_no_text_makes_the_reading_hang(piece):
    before = process_time()

    expose([entry("a.ts", piece * (250_000 // len(piece)))])

    assert process_time() - before < 10


@pytest.mark.parametrize("codec", ["cp1251", "koi8_r", "utf-16"])
def test_what_an_older_editor_wrote_is_shown_as_it_was_meant(codec):
    text = "// никогда не поднимай крышку горячего чайника\n" * 9 + "/** @author Ivan Чайкин */\n"

    items = expose([entry("a.ts", text.encode(codec))]).items

    assert [(item.value, item.line) for item in items] == [("Ivan Чайкин", 10)]


def test_text_in_utf_16_is_read_too():
    assert found("process.env.KETTLE".encode("utf-16")) == [(Kind.VARIABLE, "KETTLE")]
