from django.apps import AppConfig


class MonitorsApp(AppConfig):
    name = "monitors"
