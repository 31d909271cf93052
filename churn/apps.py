from django.apps import AppConfig


class ChurnConfig(AppConfig):
    name = "churn"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make the files of this room known to `load`."""
        from churn.targets import register_targets

        register_targets()
