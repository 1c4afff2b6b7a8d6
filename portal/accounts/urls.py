"""Addresses of a person's own things."""

from django.urls import path

from portal.accounts import views

app_name = "accounts"
urlpatterns = [
    path("me/", views.me, name="me"),
]
