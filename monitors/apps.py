from django.apps import AppConfig
from django.conf import settings

from monitors.sources.base import Adapter


class MonitorsApp(AppConfig):
    name = "monitors"

    def ready(self) -> None:
        """The sources know no Django, so they are told."""
        Adapter.unpacking = settings.UNPACK_LIMITS
