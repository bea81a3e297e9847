"""What manifests name becomes package URLs, but for what no registry is to be asked for."""

from time import process_time

import pytest

from monitors.inventory import Kind, expose
from monitors.inventory.manifests import named
from tests.monitors.inventory.test_exposures import entry


def purls(tree):
    items = expose([entry(path, text) for path, text in tree.items()]).items
    return [item.value for item in items if item.kind is Kind.DEPENDENCY]


PYPROJECT = """
[build-system]
requires = ["setuptools"]
[project]
dependencies = ["httpx[http2]>=0.27; python_version > '3.9'", "attrs==24.2.0", "ours @ file:///x"]
[project.optional-dependencies]
docs = ["sphinx"]
[dependency-groups]
dev = ["pytest", {include-group = "docs"}]
[tool.poetry.dependencies]
python = "^3.12"
rich = {version = "13.7.1"}
kettle = {path = "../kettle"}
[tool.uv.sources]
lid = {workspace = true}
[tool.poetry.group.test.dependencies]
lid = "*"
"""
CARGO = """
[dependencies]
serde = "=1.0.210"
tokio = { version = "1", features = ["full"] }
json = { package = "serde_json", version = "1" }
kettle = { path = "../kettle", version = "0.1" }
[target.'cfg(unix)'.dependencies]
nix = "0.29"
"""
POM = """<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<project><groupId>io.acme</groupId><artifactId>app</artifactId><dependencies>
<dependency><groupId>org.slf4j</groupId><artifactId>slf4j-api</artifactId><version>2.0.16</version>
<exclusions><exclusion><groupId>a</groupId><artifactId>b</artifactId></exclusion></exclusions></dependency>
<!-- <dependency><groupId>c</groupId><artifactId>d</artifactId></dependency> -->
<dependency><groupId>io.acme</groupId><artifactId>lid</artifactId></dependency>
<dependency><groupId>${project.groupId}</groupId><artifactId>spout</artifactId></dependency>
<dependency><groupId>junit</groupId><artifactId>junit</artifactId><version>${v}</version></dependency>
</dependencies></project>"""
GO = """module acme.io/kettle
require github.com/pkg/errors v0.9.1
require (
\tgolang.org/x/net v0.30.0
\tgolang.org/x/sys v0.26.0 // indirect
\tacme.io/lid v1.0.0
)
replace acme.io/lid => ../lid
"""
GEMFILE = """source 'https://gems.example'
gem "rails", "7.2.1"
gem 'puma', '~> 6.4', require: false
gem "lid", path: "../lid"
"""
GEMFILE_LOCK = """PATH
  remote: ../lid
  specs:
    lid (0.1.0)

GEM
  specs:
    rack (3.1.7)
    rails (7.2.1)
      rack (>= 3)

DEPENDENCIES
  lid!
  rails (~> 7.2)

PLATFORMS
  ruby
"""


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("pyproject.toml", PYPROJECT, "httpx attrs@24.2.0 setuptools sphinx pytest rich@13.7.1"),
        ("Pipfile", '[packages]\nflask = "==3.0.3"\nlid = {path = "."}', "flask@3.0.3"),
        ("setup.cfg", "[options]\ninstall_requires =\n  six==1.16.0\n  lid @ file:///x", "six@1.16.0"),
        ("requirements.txt", "-r x.txt\n--index-url y\nDjango==5.1\nlid @ git+ssh://g/l\n", "django@5.1"),
        ("Cargo.toml", CARGO, "serde@1.0.210 tokio serde_json nix"),
        ("pom.xml", POM, "org.slf4j/slf4j-api@2.0.16 junit/junit"),
        ("go.mod", GO, "github.com/pkg/errors@v0.9.1 golang.org/x/net@v0.30.0"),
        ("Gemfile", GEMFILE, "rails@7.2.1 puma"),
        ("Gemfile.lock", GEMFILE_LOCK, "rails@7.2.1"),
        ("composer.json", '{"require": {"php": ">=8", "monolog/monolog": "3.7.0"}}', "monolog/monolog@3.7.0"),
    ],
)
def test_each_manifest_names_its_first_level(path, text, expected):
    found = [purl.partition("/")[2] for purl in purls({path: text})]

    assert sorted(found) == sorted(expected.split())


@pytest.mark.parametrize(
    "codec", ["utf-8", "utf-8-sig", "utf-16"], ids=["plain", "with a mark", "in two bytes each"]
)
def test_a_manifest_is_read_in_any_unicode(codec):
    assert purls({"package.json": '{"dependencies": {"ky": "1.7.2"}}'.encode(codec)}) == ["pkg:npm/ky@1.7.2"]


@pytest.mark.parametrize(
    ("version", "found"),
    [
        ("1.7.2", ["pkg:npm/ky@1.7.2"]),
        ("npm:lodash@4.17.21", ["pkg:npm/lodash@4.17.21"]),
        ("npm:@acme/open@^1", ["pkg:npm/%40acme/open"]),
        ("catalog:", ["pkg:npm/ky"]),
        ("workspace:*", []),
        ("file:../ky", []),
        ("link:../ky", []),
        ("git+ssh://git@acme.io/ky.git", []),
        ("acme/ky", []),
    ],
)
def test_what_a_manifest_takes_from_elsewhere_is_offered_to_no_registry(version, found):
    manifest = f'{{"name": "app", "dependencies": {{"ky": "{version}"}}}}'

    assert purls({"package.json": manifest, "src/a.ts": "import ky from 'ky'"}) == found


def test_what_is_private_in_one_manifest_is_private_in_all_and_our_own_names_are():
    tree = {
        "package.json": '{"name": "root", "dependencies": {"lid": "1.0.0", "spout": "^1", "ky": "1.7.2"}}',
        "packages/lid/package.json": '{"name": "lid", "dependencies": {"spout": "workspace:^"}}',
    }

    assert purls(tree) == ["pkg:npm/ky@1.7.2"]


def test_a_lock_file_knows_the_version():
    lock = (
        '{"packages": {"": {"dependencies": {"ky": "^1", "lid": "*"}}, "node_modules/lid": {"link": true},'
        ' "node_modules/ky": {"version": "1.7.2"}, "node_modules/deep": {"version": "2.0.0"}}}'
    )

    assert purls({"package.json": '{"dependencies": {"ky": "^1"}}', "package-lock.json": lock}) == [
        "pkg:npm/ky@1.7.2"
    ]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("pyproject.toml", "a = " + "[" * 100_000),
        ("pyproject.toml", "[" + "a." * 60_000 + "a]\n" + "".join(f"b{at}=1\n" for at in range(15_000))),
        ("pom.xml", "<dependency><groupId>" * 100_000),
        ("pom.xml", "<exclusions>" * 100_000),
        ("pom.xml", "<!--" * 200_000),
        ("Gemfile", "gem 'a'" * 200_000),
        ("go.mod", "a.b " * 300_000),
        ("go.mod", "a.b" + "/a" * 500_000),
        ("setup.cfg", "[options]\ninstall_requires =" + "\n a" * 100_000),
        ("package.json", '{"dependencies": ' * 1000),
        ("requirements.txt", "a [" * 100_000),
    ],
)
def test_no_manifest_makes_the_reading_hang(path, text):
    began = process_time()

    list(named(path, text))

    assert process_time() - began < 5
