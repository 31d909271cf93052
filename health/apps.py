from django.apps import AppConfig


class HealthConfig(AppConfig):
    name = "health"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make the files of this room known to `load`, and what its profiles choose by to those who change accounts."""
        from accounts.regrading import register_deciding
        from health.profile_values import named_in_profiles
        from health.targets import register_targets

        register_targets()
        register_deciding(named_in_profiles)
