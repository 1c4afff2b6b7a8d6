"""Addresses of consultations, discussions, comments and opinions."""

from django.urls import path

from consultations.views import comments, consultations, opinions, threads

app_name = "consultations"

urlpatterns = [
    path("agencies/<slug:slug>/consultations/new/", consultations.new, name="new"),
    path("consultations/<slug:slug>/", consultations.show, name="show"),
    path("consultations/<slug:slug>/edit/", consultations.edit, name="edit"),
    path("consultations/<slug:slug>/preview/", consultations.preview, name="preview"),
    path("consultations/<slug:slug>/publication/", consultations.publication, name="publication"),
    path("consultations/<slug:slug>/threads/", threads.threads, name="threads"),
    path("threads/<int:pk>/", threads.show, name="thread"),
    path("threads/<int:pk>/comments/", comments.comments, name="comments"),
    path("threads/<int:pk>/opinions/", opinions.opinions, name="opinions"),
    path("comments/<int:pk>/", comments.show, name="comment"),
    path("comments/<int:pk>/replies/", comments.replies, name="replies"),
    path("comments/<int:pk>/edit/", comments.edit, name="edit_comment"),
    path("comments/<int:pk>/revisions/", comments.revisions, name="revisions"),
]
