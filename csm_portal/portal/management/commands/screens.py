"""`manage.py screens`: pictures of every page for the README and the documentation."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from csm_portal.portal.screens.browser import NoBrowser
from csm_portal.portal.screens.shots import MOST_BYTES, NothingToShow, take_all


class Command(BaseCommand):
    help = "Draw every page in two themes and two widths, from the book of this portal (with `demo`: the sample book)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--out", type=Path, default=Path(settings.BASE_DIR) / "docs" / "screens", help="folder of the pictures")
        parser.add_argument("--only", default="", metavar="NAME", help="one screen, by its name")
        parser.add_argument("--language", choices=[code for code, _name in settings.LANGUAGES], default="en")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            written = take_all(options["out"], self.stdout.write, timezone.now(), only=options["only"], language=options["language"])
        except (NoBrowser, NothingToShow, RuntimeError) as reason:
            raise CommandError(str(reason)) from None
        self.stdout.write(f"{written / 1e6:.1f} MB in {options['out']}")
        if written > MOST_BYTES:
            raise CommandError(f"More than the {MOST_BYTES / 1e6:.0f} MB that the repository takes: lower the quality or the height.")
