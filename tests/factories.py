"""Rows for tests, as the product would have made them; incidents come through their own door."""

import hashlib
import io
import zipfile
from datetime import UTC, datetime, timedelta

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from incidents import lifecycle
from incidents.models import (
    Artifact,
    Decision,
    ExposedFile,
    ExposedItem,
    Fact,
    Incident,
    Notice,
    Statement,
    Target,
    User,
)
from monitors.fingerprints import fingerprint, git_blob_id
from monitors.models import Evidence, Examination, Fingerprint, Poll, Sighting, Source, Watch, Watchlist

LEAK = {
    "src/main.ts": b"export function main(argv: string[]): number {\n  return run(parse(argv));\n}\n" * 12,
    "src/agent/loop.ts": b"export async function loop(agent) {\n  while (agent.open) await agent.step();\n}\n"
    * 9,
}


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User

    username = factory.Sequence(lambda n: f"person{n}")
    first_name = "Kim"
    last_name = factory.Sequence(lambda n: f"Nakamura-{n}")
    email = factory.LazyAttribute(lambda user: f"{user.username}@acme.example")
    password = "!"  # unusable; tests come in by force_login


class IncidentFactory(DjangoModelFactory):
    """Opened by `opened_by`, who leads it, three days after the exposure."""

    class Meta:
        model = Incident

    title = "Source of acme-cli 1.4.2 published with its source map"
    codename = "Copper Kettle"
    organisation = "Acme Ltd"
    severity = Incident.Severity.SEV1
    exposed_at = factory.LazyFunction(lambda: timezone.now() - timedelta(hours=71, minutes=41, seconds=7))
    detected_at = factory.LazyAttribute(lambda incident: incident.exposed_at + timedelta(minutes=19))
    opened_by = factory.SubFactory(UserFactory)

    @classmethod
    def _create(cls, model_class, *args, opened_by, **details):
        return lifecycle.open(by=opened_by, **details)


class WatchlistFactory(DjangoModelFactory):
    class Meta:
        model = Watchlist

    name = factory.Sequence(lambda n: f"Watchlist {n}")


class FingerprintFactory(DjangoModelFactory):
    """The index of two small files, unless told of others by `leak`."""

    class Meta:
        model = Fingerprint

    class Params:
        leak = LEAK

    watchlist = factory.SubFactory(WatchlistFactory)
    label = "acme-cli-1.4.2.tgz"
    index = factory.LazyAttribute(lambda made: fingerprint(made.leak.items()).to_bytes())
    sha256 = factory.LazyAttribute(lambda made: hashlib.sha256(made.index).hexdigest())
    files = factory.LazyAttribute(lambda made: len(made.leak))
    lines = factory.LazyAttribute(lambda made: sum(content.count(b"\n") for content in made.leak.values()))


class SourceFactory(DjangoModelFactory):
    class Meta:
        model = Source

    kind = "npm"
    name = factory.Sequence(lambda n: f"npm {n}")
    base_url = "http://127.0.0.1:9/"
    allow_private = True


class WatchFactory(DjangoModelFactory):
    class Meta:
        model = Watch

    watchlist = factory.SubFactory(WatchlistFactory)
    source = factory.SubFactory(SourceFactory)
    aim = "package"
    query = factory.Sequence(lambda n: f"@acme/cli-{n}")
    due_at = factory.LazyFunction(timezone.now)


class PollFactory(DjangoModelFactory):
    class Meta:
        model = Poll

    watch = factory.SubFactory(WatchFactory)
    at = factory.LazyFunction(timezone.now)
    ended_at = factory.LazyAttribute(lambda poll: poll.at + timedelta(seconds=2))
    outcome = Poll.Outcome.ANSWERED
    requests = 3


class SightingFactory(DjangoModelFactory):
    """A live, whole copy that nobody has judged yet."""

    class Meta:
        model = Sighting

    watchlist = factory.SubFactory(WatchlistFactory)
    source = factory.SubFactory(SourceFactory)
    host = "code.example"
    native_id = factory.Sequence(lambda n: f"mirror-{n}/agent-cli")
    title = factory.LazyAttribute(lambda sighting: sighting.native_id)
    version = "0.3.1"
    url = factory.LazyAttribute(lambda sighting: f"https://{sighting.host}/{sighting.native_id}")
    digest = factory.Sequence(lambda n: f"sha512-{n}")
    klass = Sighting.Class.COPY
    score = 1.0
    files = 2
    lines = 63
    share_files = 1.0
    share_lines = 1.0
    evidence_sha256 = "77d0" * 16
    first_seen_at = factory.LazyFunction(lambda: timezone.now() - timedelta(minutes=20))
    last_checked_at = factory.LazyAttribute(lambda sighting: sighting.first_seen_at + timedelta(minutes=16))
    examined_at = factory.SelfAttribute("last_checked_at")

    class Params:
        confirmed = factory.Trait(triage=Sighting.Triage.CONFIRMED)
        dismissed = factory.Trait(triage=Sighting.Triage.DISMISSED)
        unrelated = factory.Trait(
            klass=Sighting.Class.UNRELATED, score=0.0, files=0, lines=0, share_files=0.0, share_lines=0.0
        )
        impostor = factory.Trait(
            klass=Sighting.Class.IMPOSTOR, score=0.0, files=0, lines=0, share_files=0.0, share_lines=0.0,
            evidence_sha256="", warnings=["executable: Setup.exe (runs on Windows)"],
        )  # fmt: skip
        returned = factory.Trait(returns=1)
        gone = factory.Trait(
            gone_at=factory.LazyAttribute(lambda sighting: sighting.last_checked_at), gone_reason="404"
        )


class ExaminationFactory(DjangoModelFactory):
    """Of a whole copy."""

    class Meta:
        model = Examination

    watchlist = factory.SubFactory(WatchlistFactory)
    key = factory.Sequence(lambda n: f"tree:{n:040x}")
    klass = Sighting.Class.COPY
    score = 1.0
    files = 2
    lines = 63
    share_files = 1.0
    share_lines = 1.0
    evidence_sha256 = "77d0" * 16
    examined_at = factory.LazyFunction(timezone.now)


class EvidenceFactory(DjangoModelFactory):
    """Of what a `sighting` holds."""

    class Meta:
        model = Evidence

    examination = factory.SubFactory(ExaminationFactory)
    theirs = factory.Sequence(lambda n: f"lib/tools/bash-{n}.js")
    ours = factory.Sequence(lambda n: f"src/tools/BashTool{n}.ts")
    kind = Evidence.Kind.BLOB
    share = 1.0
    lines = 40

    @classmethod
    def _create(cls, model_class, *args, sighting=None, **details):
        if sighting is not None:
            if sighting.examination is None:
                sighting.examination = ExaminationFactory(watchlist=sighting.watchlist)
                sighting.save(update_fields=["examination"])
            details["examination"] = sighting.examination
        return super()._create(model_class, *args, **details)


class ArtifactFactory(DjangoModelFactory):
    """Received and waiting for a worker; `ready=True` for one that was taken in."""

    class Meta:
        model = Artifact

    incident = factory.SubFactory(IncidentFactory)
    added_by = factory.SelfAttribute("incident.opened_by")
    kind = Artifact.Kind.PURL
    locator = "pkg:npm/%40acme/cli@1.4.2"
    name = factory.SelfAttribute("locator")
    due_at = factory.LazyFunction(timezone.now)

    class Params:
        ready = factory.Trait(
            stage=Artifact.Stage.READY,
            ready_at=factory.LazyFunction(timezone.now),
            due_at=None,
            size=61_234_567,
            sha256="9f2c" * 16,
        )
        failed = factory.Trait(
            stage=Artifact.Stage.FAILED,
            failed_in=Artifact.Stage.UNPACKING,
            error="The archive ends in the middle of a file. Upload it again.",
            due_at=None,
        )


class ExposedFileFactory(DjangoModelFactory):
    class Meta:
        model = ExposedFile

    artifact = factory.SubFactory(ArtifactFactory, ready=True)
    number = factory.Sequence(lambda n: n)
    path = factory.Sequence(lambda n: f"src/tools/Tool{n}.ts")
    size = 1234
    lines = 41
    language = "TypeScript"
    ownership = "first"
    why = "recovered from a source map"
    origin = "cli.js.map"
    blob = factory.LazyAttribute(lambda made: git_blob_id(made.path.encode()))
    sha256 = factory.LazyAttribute(lambda made: hashlib.sha256(made.path.encode()).hexdigest())


class ExposedItemFactory(DjangoModelFactory):
    class Meta:
        model = ExposedItem

    artifact = factory.SubFactory(ArtifactFactory, ready=True)
    number = factory.Sequence(lambda n: n)
    kind = "flag"
    value = factory.Sequence(lambda n: f"kettle-{n}")
    path = "src/main.ts"
    file = 0
    line = 1
    confidence = "medium"


class FactFactory(DjangoModelFactory):
    """Numbered from 100, clear of the questions that opening an incident asks."""

    class Meta:
        model = Fact

    incident = factory.SubFactory(IncidentFactory)
    number = factory.Sequence(lambda n: 100 + n)
    sentence = "1,906 of our own source files can be read"
    by = factory.SelfAttribute("incident.opened_by")

    class Params:
        verified = factory.Trait(state=Fact.State.VERIFIED, source="exposure inventory")
        disputed = factory.Trait(state=Fact.State.DISPUTED, source="a scan")


class StatementFactory(DjangoModelFactory):
    """A draft; `published=True` for one that went out word for word."""

    class Meta:
        model = Statement

    incident = factory.SubFactory(IncidentFactory)
    number = factory.Sequence(lambda n: n + 1)
    title = "What happened to acme-cli 1.4.2"
    body = "On 31 March, version 1.4.2 was published with a debug file.\n\nWe withdrew it."
    drafted_by = factory.SelfAttribute("incident.opened_by")
    edited_by = factory.SelfAttribute("drafted_by")

    class Params:
        published = factory.Trait(
            published_at=factory.LazyFunction(timezone.now),
            published_by=factory.SelfAttribute("drafted_by"),
            published_title=factory.SelfAttribute("title"),
            published_text=factory.SelfAttribute("body"),
        )


class NoticeFactory(DjangoModelFactory):
    """Waiting for its targets to be visited; `drafted=True` for one with its texts."""

    class Meta:
        model = Notice

    incident = factory.SubFactory(IncidentFactory)
    number = factory.Sequence(lambda n: n + 1)
    host = "code.example"
    drafted_by = factory.SelfAttribute("incident.opened_by")
    due_at = factory.LazyFunction(timezone.now)

    class Params:
        drafted = factory.Trait(
            state=Notice.State.DRAFT,
            drafted_at=factory.LazyFunction(timezone.now),
            due_at=None,
            form="1. Are you the copyright holder?\n\nYes.\n",
            letter="To whom it may concern,\n\nI act for Acme Ltd.\n",
        )


class TargetFactory(DjangoModelFactory):
    class Meta:
        model = Target

    notice = factory.SubFactory(NoticeFactory, drafted=True)
    sighting = factory.SubFactory(SightingFactory, confirmed=True)
    outcome = Target.Outcome.NAMED
    checked_at = factory.LazyFunction(timezone.now)
    url = factory.LazyAttribute(lambda target: target.sighting.url)
    klass = factory.LazyAttribute(lambda target: target.sighting.klass)
    files = factory.LazyAttribute(lambda target: target.sighting.files)
    share_files = factory.LazyAttribute(lambda target: target.sighting.share_files)
    evidence_sha256 = factory.LazyAttribute(lambda target: target.sighting.evidence_sha256)


class DecisionFactory(DjangoModelFactory):
    class Meta:
        model = Decision

    incident = factory.SubFactory(IncidentFactory)
    question = "Rotate the candidate key now, before it is confirmed?"
    asked_by = factory.SelfAttribute("incident.opened_by")


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def tree_of(files: dict[str, bytes]) -> bytes:
    """A stored tree: a zip whose entries are named by number."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number, content in files.items():
            archive.writestr(number, content)
    return packed.getvalue()
