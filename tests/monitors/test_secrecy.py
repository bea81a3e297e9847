import time

import pytest

from monitors import secrecy
from monitors.inventory import credentials, take
from monitors.secrecy import OWN_NAME, Secrecy, Secret, own_names, told_by
from monitors.unpack import File
from tests.monitors.inventory.minted import Mint, beside, issued


def entries(**contents):
    files = [
        File(path.replace("__", "/"), content.encode(), "cli.js.map") for path, content in contents.items()
    ]
    return take(files).entries


@pytest.mark.parametrize(("name", "line", "secret"), issued(Mint(3)), ids=lambda value: str(value)[:20])
def test_no_byte_of_a_credential_is_left_and_each_is_known_again(name, line, secret):
    ours = entries(src__a=f"// the kettle is watched closely\n{line}")

    scan = secrecy.scan(ours)

    [(_, masked)] = scan.masked(ours)
    assert secret.encode()[4:-4] not in masked
    assert b"the kettle is watched closely" in masked
    assert Secrecy(scan.secrets).why_not(f"we found {secret} here") == "a possible credential"


@pytest.mark.parametrize("part", [slice(8, 30), slice(0, 24), slice(20, None)])
def test_a_part_of_a_credential_is_known_too(part):
    token = Mint(5).checked("gh" + "p_")
    scan = secrecy.scan(entries(src__a=f"const token = '{token}';\n"))

    assert Secrecy(scan.secrets).why_not(f"begins with {token[part]} or so") == "a possible credential"


def test_a_credential_is_known_by_its_digest_alone():
    secret = beside(Mint(4))["Value named as a secret"][1]
    digest = credentials.find(f'const clientSecret = "{secret}";'.encode())[0].digest

    safe = Secrecy([], [digest, ""])

    assert safe.why_not(f"lid {secret} lid") == "a possible credential"
    assert safe.why_not("the kettle supervisor refused to pour") == ""


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("personal", "kim.nakamura@acme.io", "as nakamura said the lid stays shut"),
        ("personal", "Kim Nakamura", "KIM-NAKAMURA said that the lid stays shut"),
        ("internal_host", "wiki.acme.corp", "see the wiki acme corp about lids"),
        ("host", "api.kettle.example", "goes through api-kettle-example first"),
        ("endpoint", "/api/v2/pour", "posts to api v2 pour when it is hot"),
        ("code_name", "Snowfall", "a remark about snowfall as a plan"),
        ("code_name", "Snowfall", "enablesnowfallforall"),
        ("code_name", "Fog", "enableFogForEverybody"),
        ("flag", "tengu_copper_lid", "when tenguCopperLid is on"),
        ("flag", "Lid2", "when Lid2 is on for all"),
        ("variable", "KETTLE_BOIL_TOKEN", "reads kettleBoilToken from the desk"),
        ("variable", "LID", "reads LID from the desk first"),
    ],
)
def test_what_an_item_tells_is_known_however_it_is_written(kind, value, text):
    assert Secrecy(told_by(kind, value)).why_not(text) == secrecy.WHAT[kind]


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("variable", "LID", "lift the lid before you pour"),
        ("code_name", "Fog", "as foggy as a kettle on the boil"),
        ("personal", "support@acme.io", "support for kettles without a lid"),
        ("dependency", "pkg:npm/kettle@1.0.0", "the kettle supervisor refused to pour"),
    ],
)
def test_what_tells_nothing_is_not_refused(kind, value, text):
    assert Secrecy(told_by(kind, value)).why_not(text) == ""


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Acme Ltd", "the acme kettle is on the boil"),
        ("@acme/cli", "startAcmeLoopAgain"),
        ("Copper Kettle", "a kettle of iron is on the boil"),
        ("kettle-orm", "newKettleOrmDriver"),
        ("Open Base, Inc.", "said by open base about lids"),
    ],
)
def test_our_own_names_are_not_told(name, text):
    assert Secrecy(own_names([name])).why_not(text) == OWN_NAME


def test_of_our_names_the_words_that_everybody_uses_may_be_told():
    safe = Secrecy(own_names(["@acme/server", "core", "Open Base, Inc.", ""]))

    assert safe.why_not("the server opens the base and tells the core") == ""


def test_credentials_that_were_shipped_are_known_and_third_party_code_is_not_read():
    token = Mint(6).checked("gh" + "p_")
    ours = entries(**{"node_modules/tool/a.js": f"const t = '{token}';\n", "src/a.ts": "x\n"})

    assert secrecy.scan(ours).secrets == []


def test_a_file_that_holds_too_much_to_list_offers_nothing(monkeypatch):
    monkeypatch.setattr("monitors.inventory.signs.MOST", 2)
    ours = entries(src__a="// a@acme.io b@acme.io c@acme.io\n// the kettle supervisor refused to pour\n")

    assert list(secrecy.scan(ours).masked(ours)) == []


def test_many_secrets_cost_a_phrase_little():
    safe = Secrecy(
        [Secret(f"secret-number-{number}-{'x' * (number % 60)}", "a secret") for number in range(40_000)]
    )
    began = time.process_time()

    for _ in range(300):
        safe.why_not("the kettle supervisor refused to pour before the lid is shut, so we stop here")

    assert time.process_time() - began < 3


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Ёлка", "никогда не поднимай крышку, как говорит елка Ёлка"),
        ("小米", "水壶是小米团队在上周写的东西"),
        ("Кириллов", "как сказал Кириллов, крышку не поднимать"),
    ],
)
def test_a_name_is_known_in_any_script(name, text):
    assert Secrecy(own_names([name])).why_not(text) == OWN_NAME
    assert Secrecy(own_names([name])).why_not("never lift a hot lid") == ""
