"""Addresses of proposals and of the texts written together."""

from django.urls import path

from proposals.views import freezings, proposals, supports

app_name = "proposals"

urlpatterns = [
    path("consultations/<slug:slug>/proposals/", proposals.index, name="index"),
    path("consultations/<slug:slug>/proposals/new/", proposals.new, name="new"),
    path("proposals/<int:pk>/", proposals.show, name="show"),
    path("proposals/<int:pk>/edit/", proposals.edit, name="edit"),
    path("proposals/<int:pk>/text/", proposals.text, name="text"),
    path("proposals/<int:pk>/supports/", supports.supports, name="supports"),
    path("proposals/<int:pk>/freezing/", freezings.freezing, name="freezing"),
]
