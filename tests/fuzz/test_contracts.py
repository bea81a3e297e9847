"""What `make fuzz` holds the engine to, on a few hundred inputs; each found case is in `cases`."""

from pathlib import Path

import pytest

from tests.fuzz import repositories, strategies
from tests.fuzz.registry import PLAIN
from tests.fuzz.run import mutations
from tests.fuzz.seeds import seeds

FEW = {"bundles": 20, "repeated": 20}  # of inputs, where each takes a while
pytestmark = pytest.mark.slow  # hundreds of inputs each
CASES = sorted(Path(__file__).with_name("cases").glob("*/*"))


def test_whole_archives_however_damaged_give_files_or_a_sentence():
    strategies.archives_hold()


def test_whole_maps_give_files_or_a_sentence():
    strategies.maps_hold()


def test_repositories_that_git_would_not_write_give_files_or_a_sentence():
    repositories.repositories_hold()


@pytest.mark.parametrize("contract", PLAIN)
def test_seeds_and_what_becomes_of_them_keep_the_contract(contract):
    for content, _ in zip(mutations(seeds(contract), seed=1), range(FEW.get(contract, 150)), strict=False):
        PLAIN[contract](content)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}-{case.name}")
def test_cases_found_before_stay_mended(case):
    PLAIN[case.parent.name](case.read_bytes())
