"""Addresses of agencies, their members and invitations."""

from django.urls import path

from portal.agencies import views

app_name = "agencies"
urlpatterns = [
    path("agencies/", views.index, name="index"),
    path("office/agencies/", views.new, name="new"),
    path("agencies/<slug:slug>/", views.show, name="show"),
    path("agencies/<slug:slug>/description/", views.description, name="description"),
    path("agencies/<slug:slug>/members/", views.members, name="members"),
    path("agencies/<slug:slug>/members/<int:pk>/", views.member, name="member"),
    path("agencies/<slug:slug>/invitations/<int:pk>/", views.invitation, name="invitation"),
    path("invitations/<str:token>/", views.acceptance, name="acceptance"),
]
