from django.apps import AppConfig


class HealthConfig(AppConfig):
    name = "health"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make the files of this room known to `load`."""
        from health.targets import register_targets

        register_targets()
