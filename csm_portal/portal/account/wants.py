"""What the customer wants: desired outcomes, the north star, and whether usage and success go together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from csm_portal.lib.versions import version_on
from csm_portal.portal import words
from csm_portal.web import remembered
from health.models import Outcome
from health.versions import north_star_versions

if TYPE_CHECKING:
    from accounts.models import Account, User
    from health.definitions import NorthStarVersion
    from health.models import AccountState

SOON_DAYS = 30
OPEN = ("on_track", "behind")
MANY = 10  # beyond this many thresholds a percentage says little


@dataclass(frozen=True)
class Wish:
    """One desired outcome."""

    statement: str
    stage: str
    proof: str
    target: str
    status: str
    status_word: str
    on: date | None
    day: str
    note: str
    late: bool


@dataclass(frozen=True)
class NorthStar:
    """Where the account stands on the north star; `share` 0 … 100, beyond the threshold 100."""

    what: str
    reached: str
    threshold: str
    percent: str
    share: float
    crossed_on: date | None
    crossed: str


@dataclass(frozen=True)
class Wants:
    """Outcomes (open ones first), the north star (None: none defined), and the gap in words with its tone."""

    wishes: list[Wish]
    star: NorthStar | None
    gap: str
    tone: str


def wants(account: Account, state: AccountState | None, user: User, today: date) -> Wants:
    """What is defined, one query; the definitions of the north star are remembered for a minute."""
    rows = list(Outcome.objects.visible_to(user).filter(account=account).order_by(F("due_on").desc(nulls_first=True), "-id"))
    rows.sort(key=lambda row: row.status not in OPEN)
    gap, tone = success_gap(state, defined=bool(rows))
    return Wants([_wish(row, today) for row in rows], None if state is None else _north_star(state), gap, tone)


def success_gap(state: AccountState | None, *, defined: bool) -> tuple[str, str]:
    """Usage (the running month against its bar) beside success, in one sentence with its tone: `red`, `amber`, `green` or empty."""
    status = state.outcome_status if state else ""
    if not defined or not status:
        return _("No outcome is defined, so nobody can say whether their activity is success."), "amber"
    active = state.month_active if state else None
    if active is None:
        return _("Outcome: %(status)s. Whether usage is complete is unknown.") % {"status": words.outcome(status)}, ""
    if status == "achieved":
        if active:
            return _("They use it and have reached what they wanted: ask what comes next."), "green"
        return _("Quiet but fine: the month is not active, and the outcome is reached."), "green"
    if status == "on_track":
        if active:
            return _("Usage is complete, the outcome is on track and not reached yet."), ""
        return _("The month is not active yet; the outcome is on track."), ""
    if active:
        return _("Success gap: usage is complete, and the outcome is %(status)s.") % {"status": words.outcome(status)}, "red"
    return _("Neither usage nor success: the month is not active, and the outcome is %(status)s.") % {
        "status": words.outcome(status)
    }, "red"


def _wish(row: Outcome, today: date) -> Wish:
    open_still = row.status in OPEN
    if row.status == "achieved":
        on, note = row.achieved_on, words.ago(row.achieved_on, today) if row.achieved_on else _("day unknown")
    elif row.due_on is None:
        on, note = None, _("no due date")
    else:
        on, note = row.due_on, words.until(row.due_on, today) if open_still else words.ago(row.due_on, today)
    proof = _("action %(name)s") % {"name": row.action} if row.action else _("metric %(name)s") % {"name": row.metric} if row.metric else ""
    return Wish(
        statement=row.statement,
        stage=row.stage,
        proof=proof or _("no proof agreed"),
        target=row.target or _("no target"),
        status=row.status,
        status_word=words.outcome(row.status),
        on=on,
        day=words.day(on),
        note=note,
        late=open_still and row.due_on is not None and (row.due_on - today).days < SOON_DAYS,
    )


def _north_star(state: AccountState) -> NorthStar | None:
    if state.north_star is None:
        return None
    found: list[NorthStarVersion] = remembered("north-stars", lambda: list(north_star_versions()))
    defined = version_on(found, state.as_of)
    if defined is None:
        return None
    rules = defined.rules
    share = state.north_star / rules.threshold if rules.threshold else None
    measures = {
        "count": pgettext("north star", "count"),
        "quantity": pgettext("north star", "quantity"),
        "value": pgettext("north star", "value"),
    }
    return NorthStar(
        what=f"{rules.action} · {measures.get(rules.measure, rules.measure)}",
        reached=words.number(state.north_star),
        threshold=words.number(rules.threshold),
        percent=words.percent(share) if share is None or share < MANY else _("%(n)s times") % {"n": words.number(share)},
        share=min(100.0, float(100 * share)) if share is not None else 0.0,
        crossed_on=state.north_star_crossed_on,
        crossed=words.day(state.north_star_crossed_on),
    )
