"""Addresses of what a person is told."""

from django.urls import path

from portal.notifications import views

app_name = "notifications"

urlpatterns = [
    path("me/notifications/", views.index, name="index"),
]
