"""Addresses of what knows every noun."""

from django.urls import URLPattern

app_name = "doors"
urlpatterns: list[URLPattern] = []
