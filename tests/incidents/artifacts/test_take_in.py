import io
import json
import tarfile

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from incidents import artifacts
from incidents.models import Artifact
from monitors.fingerprints.identity import Identity
from monitors.fingerprints.names import Key
from monitors.models import Background
from tests import factories

MAIN = "export function main(argv: string[]): number {\n  return run(parse(argv));\n}\n" * 12
LODASH = "/** @license MIT */\nmodule.exports = function debounce() {}\n" * 12


def source_map(**sources):
    return json.dumps(
        {
            "version": 3,
            "file": "cli.js",
            "sources": [name.replace("__", "/") for name in sources],
            "sourcesContent": list(sources.values()),
            "mappings": "",
        }
    ).encode()


def tarball(**files):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name.replace("__", "/"))
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


PACKAGE = tarball(
    package__README=b"# acme-cli\n",
    package__cli=b"(()=>{run()})();\n//# sourceMappingURL=cli.js.map\n",
    **{
        "package/cli.js.map": source_map(
            **{"../src/main.ts": MAIN, "../node_modules/lodash/debounce.js": LODASH}
        )
    },
)


def take_in(incident, lead, content, name="acme-cli-1.4.2.tgz"):
    artifact = artifacts.accept(incident, by=lead, upload=ContentFile(content, name=name))
    assert artifact.claim(at=timezone.now())
    artifacts.take_in(artifact)
    artifact.refresh_from_db()
    return artifact


def test_a_package_with_a_map_gives_its_own_sources_away(incident, lead):
    artifact = take_in(incident, lead, PACKAGE)

    owners = {file.path: file.ownership for file in artifact.files.all()}
    assert (artifact.stage, artifact.error) == (Artifact.Stage.READY, "")
    assert owners["src/main.ts"] == "first"
    assert owners["node_modules/lodash/debounce.js"] == "third"
    assert sorted(owners.values()).count("first") == 1


def test_the_index_knows_by_which_name_the_leak_goes(incident, lead):
    artifact = take_in(incident, lead, PACKAGE)

    identity = Identity.from_bytes(bytes(artifact.fingerprint.open().parts.identity))
    assert identity.knows(Key.NAME, "acme-cli")


def test_a_lone_map_is_called_by_what_got_out_beside_it_and_by_its_owner(incident, lead):
    incident.organisation = "Zorblax Robotics, Inc."
    incident.codename = "Bluebird"
    incident.save()
    artifacts.accept(incident, by=lead, locator="pkg:npm/%40acme/launch-desk@1.2.3")
    artifacts.accept(incident, by=lead, locator="https://example.org/mirrored-elsewhere.tgz")

    artifact = take_in(incident, lead, source_map(**{"../src/main.ts": MAIN}), name="cli.js.map")

    identity = Identity.from_bytes(bytes(artifact.fingerprint.open().parts.identity))
    names = ["launch-desk", "acme-launch-desk", "zorblax-robotics", "bluebird", "mirrored-elsewhere"]
    assert [identity.knows(Key.NAME, name) for name in names] == [True, True, True, False, False]


def test_an_owner_with_a_name_like_a_word_lends_it_to_nothing(incident, lead):
    incident.organisation = "Apple Inc."
    incident.save()

    artifact = take_in(incident, lead, source_map(**{"../src/main.ts": MAIN}), name="cli.js.map")

    assert Identity.from_bytes(bytes(artifact.fingerprint.open().parts.identity)).names == frozenset()


def test_only_our_own_files_are_looked_for(incident, lead):
    take_in(incident, lead, PACKAGE)

    index = incident.watchlist.fingerprints.get().open()
    assert [(file.path, file.lines) for file in index.files] == [("src/main.ts", 36)]


def test_what_stands_in_third_party_code_too_is_no_sign_of_ours(incident, lead):
    helper = "export const debounce = (wait, call) => later(wait, call);\n" * 12
    mixed = {"../src/main.ts": MAIN, "../src/copied.ts": helper, "../node_modules/tool/debounce.js": helper}

    take_in(incident, lead, tarball(**{"package/cli.js.map": source_map(**mixed)}))

    index = incident.watchlist.fingerprints.get().open()
    assert {file.path: file.is_telling for file in index.files} == {
        "src/main.ts": True,
        "src/copied.ts": False,
    }


def test_what_is_out_is_on_the_record_and_a_fact_to_quote(incident, lead):
    artifact = take_in(incident, lead, PACKAGE)

    sentence = "1 of our own files, 36 lines, can be read from acme-cli-1.4.2.tgz"
    fact = incident.facts.get(topic=f"inventory-{artifact.pk}")
    assert (fact.sentence, fact.state) == (sentence, "verified")
    assert artifact.sha256[:12] in fact.source
    assert [event.kind for event in incident.events.all()] == [
        "opened",
        "artifact_received",
        "artifact_ready",
    ]


def test_the_text_of_each_file_can_be_read_again(incident, lead):
    artifact = take_in(incident, lead, PACKAGE)

    assert artifacts.content_of(artifact.files.get(path="src/main.ts")) == MAIN.encode()


def test_a_truncated_archive_is_a_sentence_with_its_stage_and_the_upload_is_kept(incident, lead):
    content = PACKAGE[: len(PACKAGE) // 2]

    artifact = take_in(incident, lead, content)

    assert (artifact.stage, artifact.failed_in) == (Artifact.Stage.FAILED, Artifact.Stage.UNPACKING)
    assert artifact.error.endswith(".")
    with artifact.upload.open() as kept:
        assert kept.read() == content
    assert incident.events.last().kind == "artifact_failed"


def test_a_failed_one_can_be_tried_again(incident, lead):
    artifact = take_in(incident, lead, PACKAGE[:200])

    artifacts.retry(artifact, by=lead)

    artifact.refresh_from_db()
    assert (artifact.stage, artifact.error, artifact.due_at is not None) == (Artifact.Stage.WAITING, "", True)


def test_it_is_given_up_when_workers_keep_dying_over_it(incident, lead):
    artifact = artifacts.accept(incident, by=lead, upload=ContentFile(PACKAGE, name="a.tgz"))
    Artifact.objects.update(attempts=artifacts.TRIES)
    artifact.refresh_from_db()
    artifact.claim(at=timezone.now())

    artifacts.take_in(artifact)

    artifact.refresh_from_db()
    assert artifact.stage == Artifact.Stage.FAILED
    assert "A worker died over it 3 times" in artifact.error


def test_a_worker_that_lost_its_lease_writes_nothing(incident, lead, monkeypatch):
    artifact = artifacts.accept(incident, by=lead, upload=ContentFile(PACKAGE, name="a.tgz"))
    artifact.claim(at=timezone.now())
    Artifact.objects.update(due_at=timezone.now())

    artifacts.take_in(artifact)

    artifact.refresh_from_db()
    assert (artifact.stage, artifact.files.count()) == (Artifact.Stage.WAITING, 0)


def test_watches_that_had_nothing_to_compare_with_are_asked_again(incident, lead, shelf):
    watch = factories.WatchFactory(watchlist=incident.watchlist, due_at=None, cursor={"seen": "all"})

    take_in(incident, lead, PACKAGE)

    watch.refresh_from_db()
    assert (watch.cursor, watch.due_at is not None) == ({}, True)


@pytest.mark.parametrize(
    ("locator", "kind"),
    [
        ("pkg:npm/%40acme/cli@1.4.2", "purl"),
        ("pkg:pypi/acme@1.0", "purl"),
        ("https://files.example/leak.zip", "url"),
        ("https://code.example/acme/cli.git", "git"),
        ("git+https://code.example/acme/cli", "git"),
    ],
)
def test_an_address_is_recognised(locator, kind):
    assert artifacts.recognise(locator) == kind


@pytest.mark.parametrize(
    ("locator", "advice"),
    [
        ("acme-cli", "Give a package URL"),
        ("ftp://files.example/leak.zip", "Give a package URL"),
        ("file:///etc/passwd", "Give a package URL"),
        ("pkg:npm/acme", "Add the version"),
        ("pkg:cargo/acme@1", "upload the file instead"),
        ("pkg:", "Write it as"),
    ],
)
def test_what_is_no_address_is_refused_with_what_to_write(locator, advice):
    with pytest.raises(artifacts.NotReady, match=advice):
        artifacts.recognise(locator)


def test_a_file_that_is_too_big_is_refused_before_it_is_stored(incident, lead, settings):
    settings.ARTIFACT_BYTES = 10

    with pytest.raises(artifacts.NotReady, match="ARTIFACT_MIB"):
        artifacts.accept(incident, by=lead, upload=ContentFile(PACKAGE, name="a.tgz"))
    assert not incident.artifacts.exists()


def test_a_strangers_file_name_never_becomes_a_path(incident, lead):
    upload = ContentFile(PACKAGE, name="a.tgz")
    upload.name = "../../\u202e..\\evil\x00.tgz"

    artifact = artifacts.accept(incident, by=lead, upload=upload)

    assert ".." not in artifact.upload.name
    assert artifact.upload.name.endswith(f"{artifact.sha256}.bin")
    assert "\u202e" not in artifact.name


def test_public_code_beside_one_leak_is_no_sign_of_the_next(incident, lead):
    helper = "export const debounce = (wait, call) => later(wait, call);\n" * 12
    beside = {"../src/main.ts": MAIN, "../node_modules/tool/debounce.js": helper}
    pasted = {"../src/other.ts": MAIN.replace("main", "other"), "../src/copied.ts": helper}
    take_in(incident, lead, tarball(**{"package/cli.js.map": source_map(**beside)}))

    second = take_in(
        incident, lead, tarball(**{"package/cli.js.map": source_map(**pasted)}), name="second.tgz"
    )

    assert [file.path for file in second.fingerprint.open().files] == ["src/other.ts"]
    copied = second.files.get(path="src/copied.ts")
    assert (copied.ownership, copied.why) == ("shipped", "public already: it stands in published code")
    assert Background.objects.count() == 1
