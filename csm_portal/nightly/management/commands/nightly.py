"""`manage.py nightly`: compute and publish in the foreground."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from csm_portal.lib.clock import last_closed_day, local_today
from csm_portal.nightly import foresee
from csm_portal.nightly.build import Result, build, utc_now
from csm_portal.nightly.catch_up import owed_nights
from csm_portal.nightly.facts import NoDefinitionError
from csm_portal.nightly.gate import HeldError, give_up_held, held_run, publish_held
from csm_portal.nightly.ledger import NightBusyError
from csm_portal.nightly.verify import ImplausibleError
from health.lab.restate_history import is_stale, restate
from health.models import Run


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CommandError(f"{text!r} is no day; write it as YYYY-MM-DD.") from None


def _yesterday() -> date:
    return last_closed_day(datetime.now(UTC), zone=settings.TIME_ZONE, pinned=settings.PORTAL_AS_OF)


class Command(BaseCommand):
    # The pages' addresses say nothing about a night, and reading them costs as much as a small one.
    requires_system_checks: list[str] = []
    help = "Compute and publish as of a day, or the history of a span. Without arguments: yesterday, and any missed day before it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--as-of", type=_day, metavar="DATE", help="the last day to compute, YYYY-MM-DD")
        parser.add_argument("--from", type=_day, metavar="DATE", dest="first", help="first day of a span of history")
        parser.add_argument("--to", type=_day, metavar="DATE", help="last day of the span, included")
        parser.add_argument("--full", action="store_true", help="compute every account, also of a day that is built again for a few")
        held = parser.add_mutually_exclusive_group()
        held.add_argument("--publish-held", action="store_true", help="publish the night that waits because too many scores moved")
        held.add_argument("--give-up-held", action="store_true", help="drop that night; readers keep the one before it")

    def handle(self, *_args: Any, **options: Any) -> None:
        as_of, first, last = options["as_of"], options["first"], options["to"]
        if options["publish_held"] or options["give_up_held"]:
            if as_of or first or last:
                raise CommandError("A held night is decided on as it is: give no day with it.")
            self._decide(publish=options["publish_held"])
            return
        if as_of and (first or last):
            raise CommandError("Give either --as-of or --from and --to, not both.")
        if (first is None) != (last is None):
            raise CommandError("A span needs both --from and --to.")
        if first and first > last:
            raise CommandError(f"--from {first} is after --to {last}; the span would be empty.")
        self._refuse_future(last or as_of)
        began = time.monotonic()
        try:
            self._build([last or as_of] if last or as_of else self._owed(), first, began, full=options["full"])
            self._follow()
        except (NightBusyError, NoDefinitionError, ImplausibleError, RuntimeError) as problem:
            raise CommandError(str(problem)) from problem

    def _build(self, days: list[date], first: date | None, began: float, *, full: bool) -> None:
        """Each day in turn. One that is held is replaced by the next; the last one's is the command's failure."""
        for day in days:
            try:
                self._report(build(day, first=first, full=full, say=self._say), time.monotonic() - began)
            except HeldError as held:
                if day == days[-1]:
                    raise
                self.stdout.write(f"{day}: {held}")

    def _decide(self, *, publish: bool) -> None:
        run = held_run()
        if run is None:
            raise CommandError("No night is held.")
        try:
            decided = (publish_held if publish else give_up_held)(run.pk, None, utc_now)
            if publish:
                self._follow()
        except (NightBusyError, RuntimeError) as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(f"{'Published' if publish else 'Given up'}: the night as of {decided.as_of}.")

    def _follow(self) -> None:
        """What a publication brings with it: history by today's definition, and what it makes foresee."""
        self._restate()
        foresee.run_here(self._today(), self._say, utc_now)

    def _restate(self) -> None:
        """History by today's definition, where what is kept of it is of another one or of an earlier month."""
        latest = Run.objects.latest_published()
        if latest is not None and is_stale(latest.as_of):
            self.stdout.write("Recomputing history with today's definition")
            done = restate(latest.as_of, self._say)
            self.stdout.write(f"Recomputed: {done.months:,} account-months, {done.scores:,} health scores of month ends")

    def _refuse_future(self, day: date | None) -> None:
        if day is not None and day > _yesterday() + timedelta(days=1):
            raise CommandError(f"{day} has not happened yet; the latest day to compute is {_yesterday()}.")

    def _today(self) -> date:
        return local_today(datetime.now(UTC), zone=settings.TIME_ZONE, pinned=settings.PORTAL_AS_OF)

    def _owed(self) -> list[date]:
        latest = Run.objects.latest_published()
        return owed_nights(latest.as_of if latest else None, _yesterday())

    def _say(self, line: str) -> None:
        self.stdout.write(f"  {line}")
        self.stdout.flush()

    def _report(self, result: Result, seconds: float) -> None:
        counts = result.run.counts
        self.stdout.write(
            f"Published as of {result.run.as_of}: {counts['days']} days graded, {counts['account_days']:,} account-days, "
            f"{counts['periods']:,} weeks and months, {counts['scores']:,} health scores; "
            f"{result.run.late_days} account-days done again, {counts['levels_changed']} levels changed; {seconds:.1f} s"
        )
        if result.run.faults:
            self.stdout.write(
                f"Partial: {result.run.faults} accounts could not be computed and keep their last good figures; /data/ names them and why."
            )
