"""`manage.py source NAME`: prints a new write key of the source, once."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.keys import new_write_key


class Command(BaseCommand):
    help = "Make a source, or give an existing one a new write key. The key is shown once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")

    def handle(self, *_args: Any, **options: Any) -> None:
        if not options["name"].strip():
            raise CommandError("A source needs a name.")
        made = new_write_key(options["name"])
        # The key alone on standard output, so that `KEY=$(manage.py source …)` works.
        self.stdout.write(made.key)
        self.stderr.write(f"Write key of {made.source.name}, shown once." + (" The key before no longer works." if made.replaced else ""))
