"""`manage.py demo`: the whole portal on this machine."""

import sys
from argparse import ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from csm_portal.embedded import demo


def port(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise ArgumentTypeError(f"{text!r} is not a port; give a number from 1 to 65535")
    return int(text)


class Command(BaseCommand):
    """Starts servers, worker, beat and web; loads the sample book the first time."""

    help = "Run the whole portal here: its servers, a sample book the first time, worker, beat and web. Ctrl-C stops everything."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=port, default=demo.FIRST_PORT, help="port to serve on; the next free one when it is taken")
        parser.add_argument("--fresh", action="store_true", help="remove what this PORTAL_HOME holds and start over")
        parser.add_argument("--accounts", type=int, help="size of the sample book, up to 10,000 accounts")
        parser.add_argument("--empty", action="store_true", help="serve what has been loaded, without the sample book")

    def handle(self, *args: Any, **options: Any) -> None:
        sys.exit(demo.run(demo.Options(options["port"], options["fresh"], options["empty"], options["accounts"])))
