"""The crash story, shorter than `make bench-main` tells it."""

import os

import pytest

from tests.stories.crash import Figures, crash, fresh_database

pytestmark = pytest.mark.story

SHORT = {"polls": 100, "kills": 5, "seed": 31}


def _is_sound(figures: Figures) -> bool:
    return (figures.lost, figures.twice, figures.failed, figures.whole) == (0, 0, 0, True)


def test_killing_the_worker_loses_nothing_and_repeats_nothing():
    assert _is_sound(crash(**SHORT))


def test_nor_does_it_over_postgresql_and_redis():
    database, broker = os.environ.get("DATABASE_URL", ""), os.environ.get("CELERY_BROKER_URL", "")
    if not database.startswith("postgres") or not broker:
        pytest.skip("needs DATABASE_URL of a PostgreSQL server and CELERY_BROKER_URL")

    with fresh_database(database) as settings:
        assert _is_sound(crash(**SHORT, **settings, CELERY_BROKER_URL=broker))
