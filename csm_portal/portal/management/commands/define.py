"""`manage.py define FILE.toml [--check]`: publishes definitions kept as a file."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.definitions import Change
from csm_portal.lib.checked import DefinitionError
from csm_portal.portal.first_run import work
from health.lab.publish_definitions import publish_draft, read_draft
from health.models import Run


class Command(BaseCommand):
    help = "Publish the definitions of a file: what counts, from which day. Unchanged content makes no new version."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="TOML with the sections of docs/reference/definition.md.")
        parser.add_argument("--check", action="store_true", help="Only validate, and show what would change.")
        parser.add_argument("--confirm-logins-only", action="store_true", help="Publish although logins are the only key actions.")

    def handle(self, *_args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            draft = read_draft(path.read_text(encoding="utf-8-sig"))
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}", returncode=2) from None
        except UnicodeDecodeError:
            raise CommandError(f"{path} is not UTF-8 text", returncode=2) from None
        except DefinitionError as error:
            lines = "\n".join(f"{path}: {problem}" for problem in error.problems)
            raise CommandError(f"{lines}\nNothing was published.") from None
        for warning in draft.warnings:
            self.stderr.write(f"Warning: {warning}.")
        for change in draft.changes:
            self.stdout.write(_in_words(change, would=options["check"]))
        if options["check"]:
            return
        if draft.logins_only and draft.new and not options["confirm_logins_only"]:
            remedy = "Name an action that shows value, or add --confirm-logins-only"
            raise CommandError(f"Nothing was published: the only key actions are logins. {remedy}.")
        now = datetime.now(UTC)
        if publish_draft(draft, at=now) and Run.objects.latest_published() is not None:
            # History by today's definition is no longer what is kept of it.
            work.order_restate(now)


def _in_words(change: Change, *, would: bool) -> str:
    name = f"[{change.section.name}]"
    if not change.is_new:
        return f"{name} unchanged: version {change.version} from {change.effective_from}"
    what = ", ".join(change.keys) or "only the day it holds from"
    return f"{name} {'would become ' if would else ''}version {change.version} from {change.effective_from}: {what}"
