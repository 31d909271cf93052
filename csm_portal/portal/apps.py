"""The app of pages that mix the rooms."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """Pages, commands and tasks that call more than one room."""

    name = "csm_portal.portal"
    label = "portal"
