"""Addresses of the obvious site."""

from django.urls import path

from bench.reference import views

urlpatterns = [
    path("threads/<int:pk>/", views.thread, name="thread"),
    path("comments/<int:pk>/", views.comment, name="comment"),
    path("comments/<int:pk>/opinion/", views.opinion, name="opinion"),
]
