"""Addresses of the moderators' room."""

from django.urls import path

from portal.moderation.views import decisions

app_name = "moderation"

urlpatterns = [
    path("", decisions.index, name="index"),
    path("<slug:noun>/<int:pk>/hiding/", decisions.hiding, name="hiding"),
    path("<slug:noun>/<int:pk>/approval/", decisions.approval, name="approval"),
]
