"""`manage.py token EMAIL`: prints a new API token of the user, once."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.people import Refused, new_token


class Command(BaseCommand):
    help = "Print a new API token of a user. It is shown once; send it as `Authorization: Bearer TOKEN`."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            token = new_token(options["email"])
        except Refused as error:
            raise CommandError(str(error)) from None
        # The token alone on standard output, so that `TOKEN=$(manage.py token …)` works.
        self.stdout.write(token)
        self.stderr.write("Shown once. It sees what this user sees: Authorization: Bearer TOKEN")
