"""`manage.py sample DIR`: writes an invented book of customers as files that `load` reads."""

from __future__ import annotations

import argparse
import sys

from django.core.management.base import BaseCommand, CommandParser

from csm_portal.portal.sample.options import add_options, run


class Command(BaseCommand):
    help = "Write an invented sample book of customers; the same seed writes the same bytes."
    requires_system_checks = []  # writes files only: no database is needed

    def add_arguments(self, parser: CommandParser) -> None:
        add_options(parser)

    def handle(self, *args: object, **options: object) -> None:
        code = run(argparse.Namespace(**options), self.stdout.write, self.stderr.write)
        if code:
            sys.exit(code)
