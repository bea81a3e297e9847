from incidents.management.lookups import incident_called
from monitors.management.answers import Answering


class Command(Answering):
    help = "List where the leak was found: each place, what it holds, whether it still stands."

    def add_arguments(self, parser):
        parser.add_argument("ref", help="such as LK-2026-001")
        parser.add_argument(
            "--all", action="store_true", help="also what holds nothing of ours, or was dismissed"
        )

    def answer(self, *, ref, **options):
        sightings = incident_called(ref).watchlist.sightings
        shown = sightings.all() if options["all"] else sightings.hits()
        return [described(sighting) for sighting in shown.prefetch_related("examination__evidence")]

    def lines(self, answer):
        for one in answer:
            stands = f"gone ({one['gone_reason']})" if one["gone_reason"] else one["state"]
            share = f"{one['files']} files, {one['share_lines']:.0%} of lines"
            yield f"{one['id']}  {one['class']:<9}  {share}  {stands}  {one['triage']}  {one['url']}"
            yield from (f"    do not open: {warning}" for warning in one["warnings"])
        yield f"{len(answer)} in all"


def described(sighting):
    plain = (
        "host native_id path title version url digest score files lines share_files share_lines skipped "
        "triage first_seen_at last_checked_at gone_at gone_reason returns last_error evidence_sha256 "
        "reason remark is_ours warnings"
    )
    return {
        "id": sighting.pk,
        "state": sighting.state,
        "class": sighting.klass,
        **{name: getattr(sighting, name) for name in plain.split()},
        "earlier": sighting.earlier_id,
        "evidence": [
            {"ours": one.ours, "theirs": one.theirs, "kind": one.kind, "share": one.share, "lines": one.lines}
            for one in (sighting.examination.evidence.all() if sighting.examination else [])
        ],
    }
