"""The report on past renewals for what a user may see, and the renewals behind its numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from churn.calibration.observations import LEAD_DAYS, Observation, foreseeable, has_short_terms, read_observations
from churn.calibration.observations_sql import SNAPSHOT_DAYS
from churn.calibration.tables import Judged
from csm_portal.lib.versions import changes

if TYPE_CHECKING:
    from accounts.models import User
    from churn.as_of import Basis
    from churn.calibration.expected import Told, TwoNumbers
    from churn.calibration.report import Report

    Fits = Mapping[str, Mapping[date, TwoNumbers]]

# The leak warning looks so many days further back, and the leak test so many days ahead.
LEAK_DAYS = 60
LEADS = (30, 60, 90, 120, 180)
DUES, SNAPSHOTS = "due", "snapshot"


# Misses named on the page, the dearest first; the list behind names all.
NAMED = 25


@dataclass(frozen=True, slots=True)
class Miss:
    """A renewal that went against its band: `score` 0 … 100 as it was shown, `amount` the MRR due (None: no rate)."""

    external_id: str
    name: str
    product: str
    ends_on: date
    owner_id: int | None
    score: float | None
    amount: float | None
    churn_type: str
    regrettable: bool | None


@dataclass(frozen=True, slots=True)
class Calibration:
    """The report as of a day for one lead. `kind`: `due`, or `snapshot` where accounts with shorter terms are judged.

    `short_terms`: there are accounts of the second kind. Those that end before `closed_before` are decided; `coming` are the due days of
    the open ones. `health_changes`: the first due months (of looks: months of deciding) whose health is of another version, with it.
    """

    as_of: date
    closed_before: date
    lead: int
    kind: str
    short_terms: bool
    report: Report
    coming: list[date]
    green_lost: list[Miss]
    red_renewed: list[Miss]
    health_version: int | None
    health_changes: list[tuple[date, int]]


def calibration(
    user: User | None, basis: Basis, *, lead: int = LEAD_DAYS, kind: str = "", shift: int = 0, fits: Fits | None = None
) -> Calibration:
    """The report for the accounts a user may see (None: all). Two statements, more without `fits` or where nobody has a renewal.

    `kind` empty: renewals where there are any, else the weekly looks at accounts with shorter terms. `shift` reads health so many days
    later, for the leak test. `fits` turn a score into a chance (`house_fits`): of the whole house, since a book has too few renewals.
    """
    from churn.calibration.report import report

    grace = basis.renewals.renewal_grace_days
    closed_before = basis.as_of - timedelta(days=grace)
    short_terms = has_short_terms(user)
    found = _of_kind(basis.as_of, kind or DUES, lead, user, shift)
    if not kind and short_terms and not found:
        kind, found = SNAPSHOTS, _of_kind(basis.as_of, SNAPSHOTS, lead, user, shift)
    kind = kind or DUES
    closed = [one for one in found if is_closed(one, closed_before)]
    rows = foreseeable(closed)
    fits = house_fits(basis, lead=lead, shift=shift) if fits is None else fits
    return Calibration(
        as_of=basis.as_of,
        closed_before=closed_before,
        lead=lead,
        kind=kind,
        short_terms=short_terms,
        report=report(judged(rows, fits[kind], grace), len(closed) - len(rows), [one.earlier for one in rows]),
        coming=[one.ends_on for one in found if not is_closed(one, closed_before)],
        green_lost=_misses(one for one in rows if one.band == "green" and not one.renewed),
        red_renewed=_misses(one for one in rows if one.band == "red" and one.renewed),
        health_version=max((one.version for one in rows if one.version is not None), default=None),
        health_changes=_changes(rows),
    )


def _changes(rows: Iterable[Observation]) -> list[tuple[date, int]]:
    """Months by the highest version any health in them is of: a month of two versions is the first of the later one."""
    found: dict[date, int] = {}
    for one in rows:
        if one.version is not None:
            month = one.ends_on.replace(day=1)
            found[month] = max(found.get(month, 0), one.version)
    return changes(sorted(found.items()))


def _of_kind(as_of: date, kind: str, lead: int, user: User | None, shift: int) -> list[Observation]:
    kinds = {"dues": kind == DUES, "snapshots": kind == SNAPSHOTS}
    return read_observations(as_of, lead=lead, user=user, features_shift=shift, closed=False, facts=False, earlier=LEAK_DAYS, **kinds)


def _misses(rows: Iterable[Observation]) -> list[Miss]:
    dearest = sorted(rows, key=lambda one: (-(one.amount or 0.0), one.ends_on, one.account_id))[:NAMED]
    return [
        Miss(
            one.external_id, one.name, one.product, one.ends_on, one.owner_id, one.score, one.amount, one.churn_type, one.regrettable
        )
        for one in dearest
    ]  # fmt: skip


def is_closed(one: Observation, closed_before: date) -> bool:
    """Whether its outcome stands: decided, and the grace is over."""
    return one.state != "open" and one.ends_on < closed_before


def house_fits(basis: Basis, *, lead: int = LEAD_DAYS, shift: int = 0) -> Fits:
    """The two numbers by kind and month of the due, over all accounts of the installation: two numbers tell nothing of any one account."""
    from churn.calibration import expected

    grace = basis.renewals.renewal_grace_days
    every = foreseeable(read_observations(basis.as_of, lead=lead, features_shift=shift, facts=False))
    made = {}
    for kind in (DUES, SNAPSHOTS):
        rows = [told_of(one, grace) for one in every if one.kind == kind]
        made[kind] = expected.fits(rows, {expected.month_of(one.ends_on) for one in rows}, lead if kind == DUES else SNAPSHOT_DAYS)
    return made


def told_of(one: Observation, grace: int) -> Told:
    """The observation as a fit reads it; its outcome is known once the grace is over."""
    from churn.calibration.expected import Told

    return Told(one.ends_on, one.ends_on + timedelta(days=grace), bool(one.renewed), one.score)


def judged(rows: Sequence[Observation], found: Mapping[date, TwoNumbers], grace: int) -> list[Judged]:
    """Decided observations with the chance that their score would have told at the time."""
    from churn.calibration.expected import chances

    return [
        Judged(
            account_id=one.account_id, ends_on=one.ends_on, renewed=bool(one.renewed), score=one.score, band=one.band, expected=chance,
            amount=one.amount, kept=one.kept, churn_type=one.churn_type, one_of_many=one.kind == SNAPSHOTS,
        )
        for one, chance in zip(rows, chances([told_of(one, grace) for one in rows], found), strict=True)
    ]  # fmt: skip
