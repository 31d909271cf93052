"""`manage.py test`: the whole suite with pytest, on servers of its own; with `--faults`, the fault suite at full size and its table."""

import os
import signal
import sys
from typing import Any

from django.core.management.base import BaseCommand

from csm_portal.embedded.demo import ROOT

FAULTS = "--faults"


def _workers() -> str:
    """One process more than there are cores, from three on: the process tests wait more than they compute."""
    return str(min(max(3, (os.cpu_count() or 2) + 1), 8))


class Command(BaseCommand):
    """Replaces this process by pytest, so that signals and exit code are pytest's own."""

    help = (
        "Run the test suite against a real PostgreSQL and Valkey that it starts itself. Arguments go to pytest. With --wide: what the "
        "usual run leaves out, every page in a browser, whole portals, real books, more examples of laws. With --faults: the fault "
        "suite at full size (about an hour), one check after another, and its table; with --faults --small the same checks in minutes."
    )
    requires_system_checks = []

    def run_from_argv(self, argv: list[str]) -> None:
        # By file, so that what a module starts is started once.
        chosen = ("-n", "--numprocesses", "--pdb", "--collect-only", "--co")
        workers = (
            [] if any(one.startswith(chosen) for one in argv[2:]) else ["-n", _workers(), "--dist", "loadfile", "--no-loadscope-reorder"]
        )
        arguments = [sys.executable, "-m", "pytest", *workers, *argv[2:]]
        if FAULTS in argv:
            arguments = [sys.executable, "-m", "tests.faults.run", *(one for one in argv[2:] if one != FAULTS)]
        # The run brings its own home, servers and key; nothing of a portal that lives here may reach it.
        for name in ("DATABASE_URL", "REDIS_URL", "PORTAL_HOME", "PORTAL_AS_OF", "SECRET_KEY", "DJANGO_SETTINGS_MODULE"):
            os.environ.pop(name, None)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        os.chdir(ROOT)
        sys.stdout.flush()
        os.execv(sys.executable, arguments)

    def handle(self, *args: Any, **options: Any) -> None:
        self.run_from_argv(["manage.py", "test"])
