"""Addresses of what knows every noun."""

from django.urls import path

from portal.doors import home, promises

app_name = "doors"

urlpatterns = [
    path("", home.home, name="home"),
    path("office/", home.office, name="office"),
    path("help/", home.help_page, name="help"),
    path("janji/", promises.show, name="promises"),
]
