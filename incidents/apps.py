from django.apps import AppConfig


class IncidentsApp(AppConfig):
    name = "incidents"
