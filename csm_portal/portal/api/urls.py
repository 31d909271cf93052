"""Addresses under `/api/v1/` that mix the rooms."""

from django.urls import path

from accounts.api import raw_path  # noqa: F401  # registers the converter
from csm_portal.portal.api import views

urlpatterns = [
    path("headlines/", views.Headlines.as_view(), name="api-headlines"),
    path("accounts/<external_id:external_id>/timeline/", views.AccountTimeline.as_view(), name="api-account-timeline"),
    path("cuts/", views.Cuts.as_view(), name="api-cuts"),
    path("setup/", views.SetupChecks.as_view(), name="api-setup"),
]
