"""Addresses under `/api/v1/` that mix the rooms."""

from django.urls import path

from csm_portal.portal.api import views

urlpatterns = [
    path("headlines/", views.Headlines.as_view(), name="api-headlines"),
    path("cuts/", views.Cuts.as_view(), name="api-cuts"),
    path("setup/", views.SetupChecks.as_view(), name="api-setup"),
]
