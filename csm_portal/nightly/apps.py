from django.apps import AppConfig


class NightlyConfig(AppConfig):
    name = "csm_portal.nightly"

    def ready(self) -> None:
        """Pages may order work without knowing who does it."""
        from csm_portal.nightly import hands
        from csm_portal.portal.first_run import work

        work.connect(hands.wake, hands.do)
