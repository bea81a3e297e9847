"""What a generator wrote into a project is in everybody's projects."""

import pytest

from monitors import leaks
from monitors.fingerprints import NOTHING
from monitors.fingerprints.scaffolds import KEPT, scaffolds
from monitors.inventory import take
from monitors.matching import Class, match_files
from monitors.unpack import File
from tests.monitors.matching.conftest import source

# As create-react-app writes it.
REPORT = b"""import { ReportHandler } from 'web-vitals';

const reportWebVitals = (onPerfEntry?: ReportHandler) => {
  if (onPerfEntry && onPerfEntry instanceof Function) {
    import('web-vitals').then(({ getCLS, getFID, getFCP, getLCP, getTTFB }) => {
      getCLS(onPerfEntry);
      getFID(onPerfEntry);
      getFCP(onPerfEntry);
      getLCP(onPerfEntry);
      getTTFB(onPerfEntry);
    });
  }
};

export default reportWebVitals;
"""


@pytest.fixture
def leak():
    return [File("src/reportWebVitals.ts", REPORT, ""), File("src/ours.ts", source("ours"), "")]


def test_a_file_that_a_generator_wrote_is_no_sign_of_the_leak(leak):
    index = leaks.index(leak).index

    [found] = match_files([index], [("app/reportWebVitals.ts", REPORT.replace(b"\n", b"\r\n"))])

    assert [file.path for file in index.files] == ["src/ours.ts"]
    assert found.klass == Class.UNRELATED


def test_the_inventory_says_that_it_is_public_already(leak):
    entries = leaks.known(take(leak).entries, NOTHING)

    assert [entry.ownership.value for entry in entries] == ["shipped", "first"]


def test_what_is_kept_of_scaffolds_is_small():
    assert KEPT.stat().st_size <= 300_000
    assert len(scaffolds().texts) > 1000
