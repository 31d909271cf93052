"""After a night is published: what it makes foresee and do. Each step may be killed and repeated; a step done again changes nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from accounts.models import JobRun
from churn.acting.plays import begin_by_rule
from churn.acting.refresh import refresh_items
from churn.as_of import read_basis
from csm_portal.nightly import foreseeing, jobs
from csm_portal.nightly.ledger import Say
from health.models import Run

JOB = "foresee"


@dataclass(frozen=True, slots=True)
class Moment:
    """The as-of day that was published, the portal's day on which people read it, and the clock of rows (never part of a figure)."""

    as_of: date
    today: date
    now: datetime
    narrowed: foreseeing.Narrowed = field(default_factory=foreseeing.Narrowed)


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its name in the progress, and the work; it returns how many rows it wrote."""

    name: str
    work: Callable[[Moment], int]


def _likelihood(moment: Moment) -> int:
    from churn.likelihood.tell import tell  # brings numpy, which the beat never needs

    return tell(moment.as_of, moment.narrowed.about)


def _alarms(moment: Moment) -> int:
    from churn.alarms.giving import give, give_again

    known = moment.narrowed
    if known.about is not None:
        again = give_again(moment.as_of, moment.now, known.about, known.counted)
        if again is not None:
            return again
        known.counted.clear()
    return give(moment.as_of, moment.now, known.counted)


def _items(moment: Moment) -> int:
    return refresh_items(moment, moment.narrowed.about)


def _plays(moment: Moment) -> int:
    return begin_by_rule(moment.today, moment.now)


def _rules(moment: Moment) -> int:
    from churn.rules.night import search_rules

    return search_rules(moment.as_of)


def _rule_matches(moment: Moment) -> int:
    from churn.rules.night import match_rules

    return match_rules(moment.as_of, moment.narrowed.about)


def _calibration(moment: Moment) -> int:
    from csm_portal.portal.calibration.kept import kept_fits

    basis = read_basis()
    if basis is None or basis.as_of != moment.as_of:
        return 0
    return sum(len(fits) for fits in kept_fits(basis, same_as=moment.narrowed.same_as).values())


def _monday(moment: Moment) -> int:
    from csm_portal.portal.monday.night import make_and_order

    return make_and_order(moment.as_of, moment.today, moment.now)


def _packs(moment: Moment) -> int:
    from csm_portal.portal.qbr.night import freeze_opened

    # A night about a few accounts follows one of the same day, which has frozen what was to be.
    return freeze_opened(moment.as_of, moment.today) if moment.narrowed.about is None else 0


# In this order: the day's list reads what the others found.
STEPS: Sequence[Step] = (
    Step("likelihood", _likelihood),
    Step("alarms", _alarms),
    Step("rules", _rules),
    Step("rule matches", _rule_matches),
    Step("items", _items),
    Step("plays by rule", _plays),
    Step("monday", _monday),
    Step("calibration", _calibration),
    Step("packs", _packs),
)


def foresee(moment: Moment, say: Say, steps: Sequence[Step] | None = None) -> dict[str, int]:
    """Do every step as of a published day; rows written by step. A newer publication is another call: this one keeps to its day."""
    counts: dict[str, int] = {}
    for step in STEPS if steps is None else steps:
        began = time.monotonic()
        counts[step.name] = step.work(moment)
        say(f"{step.name}: {counts[step.name]:,} rows in {time.monotonic() - began:.1f} s")
    return counts


def owe(now: datetime) -> JobRun | None:
    """Write down that the latest published run is to be foreseen, unless it was written before; None before the first run."""
    latest = Run.objects.latest_published()
    if latest is None:
        return None
    # By run, not by day: a day built again for late data is foreseen again.
    job, _made = JobRun.objects.get_or_create(job=JOB, key=str(latest.pk), period=latest.as_of.isoformat(), defaults={"due_at": now})
    return job


def work(job: JobRun, today: date, say: Say, clock: Callable[[], datetime]) -> str:
    """What a worker does with the row: all steps, as of its day; the lines that told of them are what stays on the row."""
    lines: list[str] = []

    def tell(line: str) -> None:
        lines.append(line)
        say(line)

    as_of = date.fromisoformat(job.period)
    run = Run.objects.filter(pk=int(job.key)).first()
    narrowed = foreseeing.narrowed(run, today)
    if narrowed.about is not None:
        tell(f"about {len(narrowed.about):,} accounts that changed")
    foresee(Moment(as_of, today, clock(), narrowed), tell)
    foreseeing.note(run, today, narrowed)
    return "; ".join(lines)


def run_here(today: date, say: Say, clock: Callable[[], datetime]) -> None:
    """The same in this process, for the command that builds in the foreground. Raises RuntimeError with the step's error."""
    job = owe(clock())
    claimed = job and jobs.claim(job.pk, clock())
    if claimed and not jobs.run_claimed(claimed, lambda row: work(row, today, say, clock), clock):
        claimed.refresh_from_db()
        raise RuntimeError(f"The night is published, but not all that follows from it: {claimed.error} A worker will try again.")
