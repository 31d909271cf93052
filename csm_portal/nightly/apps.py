from django.apps import AppConfig


class NightlyConfig(AppConfig):
    name = "csm_portal.nightly"
