"""`manage.py user EMAIL --role csm|manager|admin [--team T] [--password-stdin]`: makes a user, or changes role and team."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.people import Refused, make_user
from accounts.types import Role


class Command(BaseCommand):
    help = "Make a user, or give an existing one another role and team. A generated password is printed once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--role", required=True, choices=[role.value for role in Role])
        parser.add_argument("--team", default="", help="Team of the user, `EMEA/DACH` for a team in a team; a manager manages it.")
        parser.add_argument("--password-stdin", action="store_true", help="Read the password from standard input.")

    def handle(self, *_args: Any, **options: Any) -> None:
        password = sys.stdin.readline().rstrip("\r\n") if options["password_stdin"] else None
        try:
            made = make_user(options["email"], Role(options["role"]), team=options["team"], password=password)
        except Refused as error:
            raise CommandError(str(error)) from None
        user = made.user
        place = f" of {user.team}" if user.team else ""
        self.stdout.write(f"{'Made' if made.created else 'Changed'} {user.email}: {user.role}{place}.")
        if made.password:
            self.stdout.write(f"Password (shown once): {made.password}")
