from django.urls import path

from monitors.views import hooks, sources

urlpatterns = [
    path("hooks/github/<int:pk>", hooks.github, name="hook-github"),
    path("sources/", sources.page, name="sources"),
    path("sources/add/", sources.add, name="source-add"),
    path("sources/<int:pk>/", sources.edit, name="source-edit"),
    path("sources/<int:pk>/check/", sources.check, name="source-check"),
]
