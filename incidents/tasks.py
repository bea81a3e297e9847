"""Nudges: each looks at one row whose lease the tick took for it."""

from datetime import datetime

from celery import shared_task

from incidents import artifacts, intake, publications, takedowns
from incidents.models import Artifact, Notice, Publication


@shared_task
def unpack_artifact(pk: int, lease: str) -> None:
    for artifact in Artifact.objects.select_related("incident").filter(
        pk=pk, due_at=datetime.fromisoformat(lease)
    ):
        artifacts.take_in(artifact)


@shared_task
def draft_notice(pk: int, lease: str) -> None:
    for notice in Notice.objects.select_related("incident").filter(
        pk=pk, due_at=datetime.fromisoformat(lease)
    ):
        takedowns.write(notice)


@shared_task
def fetch_publication(pk: int, lease: str) -> None:
    for publication in Publication.objects.select_related("artifact__incident", "asked_by").filter(
        pk=pk, due_at=datetime.fromisoformat(lease)
    ):
        publications.fetch(publication)


@shared_task
def read_changes() -> None:
    intake.read()
