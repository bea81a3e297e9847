from django.apps import AppConfig


class ConfigApp(AppConfig):
    name = "config"

    def ready(self) -> None:
        # Importing registers the system checks; they need loaded settings.
        __import__("config.checks")
