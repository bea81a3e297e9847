"""By ids alone, a place is taken for mostly ours only where nothing there is hidden from view."""

import pytest

from monitors import examinations
from monitors.fingerprints import git_blob_id, git_tree_ids
from monitors.models import Sighting
from monitors.sources.base import Candidate
from tests import factories
from tests.factories import LEAK

OURS = git_tree_ids({path: git_blob_id(content) for path, content in LEAK.items()})
README = git_blob_id(b"# Mine")


@pytest.mark.parametrize(
    ("trees", "entries", "is_mostly_ours"),
    [
        ({"": OURS[""]}, {}, True),
        ({"": "f" * 40, "src": OURS["src"]}, {}, True),
        ({"": "f" * 40, "src": OURS["src"]}, {"README.md": README}, False),  # two of three
        ({"": "f" * 40, "vendored": OURS["src"], "mine": "a" * 40}, {"README.md": README}, False),
        ({"": "f" * 40, "vendored": OURS["src"], "mine": "a" * 40}, {"mine/a.ts": README}, False),
    ],
)
def test_what_lies_in_folders_that_nobody_listed_is_not_taken_for_ours(db, trees, entries, is_mostly_ours):
    place = Candidate("code.example", "1", "", "a/b", "", "", "f" * 40, trees=trees, entries=entries)

    found = examinations.by_ids(place, [factories.FingerprintFactory()]).examination

    assert Sighting(**found.holds).is_mostly_ours is is_mostly_ours


def test_where_a_folder_was_not_listed_its_content_is_read_later(db):
    trees = {"": "f" * 40, "vendored": OURS["src"], "mine": "a" * 40}
    place = Candidate("code.example", "1", "", "a/b", "", "", "f" * 40, trees=trees)

    found = examinations.by_ids(place, [factories.FingerprintFactory()]).examination

    assert (found.klass, found.due_at is not None) == ("copy", True)
