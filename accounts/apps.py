from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make the files of this room known to `load`."""
        from accounts.loading.targets import register_targets

        register_targets()
