from django.urls import path

from monitors.views import sources

urlpatterns = [
    path("sources/", sources.page, name="sources"),
    path("sources/add/", sources.add, name="source-add"),
    path("sources/<int:pk>/", sources.edit, name="source-edit"),
]
