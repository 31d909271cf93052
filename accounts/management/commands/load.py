"""`python3 manage.py load DIR`: files of interfaces section 2, straight or through a mapping."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.loading.load import load_folder
from accounts.loading.mapping import MappingError
from accounts.loading.plan import BadUse
from accounts.policy import DEFAULT_SOURCE


class Command(BaseCommand):
    # They read every page and route of the portal, none of which a load needs; the web and CI run them.
    requires_system_checks = ()
    help = "Load every known file of a folder. Exit 0: all files read (rejects included); 1: a file refused whole; 2: bad use."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", metavar="DIR", type=Path)
        parser.add_argument("--map", metavar="FILE", type=Path, help="mapping (TOML) for files with other names or columns")
        parser.add_argument(
            "--rejects", metavar="DIR", type=Path, help="folder for rejected and flagged rows (default: PORTAL_HOME/rejects/<run>/)"
        )
        parser.add_argument("--dry-run", action="store_true", help="do all of it and keep nothing")
        parser.add_argument("--source", metavar="NAME", default=DEFAULT_SOURCE, help="origin of the rows; message ids are unique inside it")

    def handle(self, *args: Any, **options: Any) -> None:
        mapping: Path | None = options["map"]
        if mapping is not None and not mapping.is_file():
            raise CommandError(f"{mapping} is no file", returncode=2)
        if not options["source"].strip():
            raise CommandError("--source needs a name", returncode=2)
        try:
            report = load_folder(
                options["folder"],
                mapping=mapping,
                rejects=options["rejects"] or Path(settings.PORTAL_HOME) / "rejects" / "{run}",
                dry_run=options["dry_run"],
                source=options["source"].strip(),
                on=settings.PORTAL_AS_OF or timezone.localdate(),
                say=self.stderr.write,
            )
        except MappingError as error:
            raise CommandError("\n".join(f"{mapping}: {problem}" for problem in error.problems), returncode=2) from error
        except BadUse as error:
            raise CommandError(str(error), returncode=2) from error
        self.stdout.write("\n".join(report.lines()))
        if report.exit_code:
            sys.exit(report.exit_code)
