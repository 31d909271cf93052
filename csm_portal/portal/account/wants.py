"""What the customer wants: desired outcomes, the north star, and whether usage and success go together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.db.models import F
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from csm_portal.lib.versions import version_on
from csm_portal.portal import words
from csm_portal.portal.account import wants_words
from csm_portal.portal.account.wants_history import Step, first_on, history, version_rows
from csm_portal.web import remembered
from health.models import Outcome
from health.versions import north_star_versions

if TYPE_CHECKING:
    from accounts.models import Account, User
    from health.definitions import NorthStarVersion
    from health.models import AccountState, OutcomeProof

SOON_DAYS = 30
OPEN = ("on_track", "behind")
MANY = 10  # beyond this many thresholds a percentage says little


@dataclass(frozen=True)
class Proof:
    """How far the proof of an outcome is. `share` 0 … 100; None: nothing is measured, and `problem` says why."""

    reached: str
    needed: str
    share: float | None
    proven_on: date | None
    proven: str
    since: str
    problem: str


@dataclass(frozen=True)
class Wish:
    """One desired outcome. `status` as it reads today, with what its proof shows; `missed_yet_proven`: somebody should look again."""

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
    measured: Proof
    steps: list[Step]
    by: str
    withdrawn: str
    missed_yet_proven: bool
    change_href: str


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
    """Outcomes (open ones first), those they want no more, the north star (None: none defined), and the gap in words with its tone.

    `add_href` is where one is written down, `as_of` the day up to which proofs are measured.
    """

    wishes: list[Wish]
    gone: list[Wish]
    star: NorthStar | None
    gap: str
    tone: str
    add_href: str
    as_of: date | None


def wants(account: Account, state: AccountState | None, user: User, today: date) -> Wants:
    """What is defined, one query; the definitions of the north star are remembered for a minute."""
    found = Outcome.objects.visible_to(user).filter(account=account).select_related("proof", "entered_by")
    rows = list(found.annotate(version_rows=version_rows()).order_by(F("due_on").desc(nulls_first=True), "-id"))
    wishes = [_wish(row, account, today) for row in rows if not _never_stood(row)]
    here = [wish for wish in wishes if not wish.withdrawn]
    here.sort(key=lambda wish: wish.status not in OPEN)
    gap, tone = success_gap(state, defined=bool(here))
    return Wants(
        wishes=here,
        gone=[wish for wish in wishes if wish.withdrawn],
        star=None if state is None else _north_star(state),
        gap=gap,
        tone=tone,
        add_href=f"{reverse('portal:outcome')}?{urlencode({'account': account.external_id})}",
        as_of=max((row.proof.as_of for row in rows if hasattr(row, "proof")), default=None),
    )


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


def _wish(row: Any, account: Account, today: date) -> Wish:
    measured = _measured(row)
    proven = measured.proven_on if row.status != "missed" else None
    status = "achieved" if proven and row.status in OPEN else row.status
    open_still = status in OPEN
    if status == "achieved":
        on = min((day for day in (row.achieved_on, proven) if day), default=None)
        note = words.ago(on, today) if on else _("day unknown")
    elif row.due_on is None:
        on, note = None, _("no due date")
    else:
        on, note = row.due_on, words.until(row.due_on, today) if open_still else words.ago(row.due_on, today)
    query = urlencode({"account": account.external_id, "outcome": row.pk})
    return Wish(
        statement=row.statement,
        stage=words.readable(row.stage),
        proof=wants_words.proof(row.action, row.metric, row.target),
        target=row.target or _("no target"),
        status=status,
        status_word=words.outcome(status),
        on=on,
        day=words.day(on),
        note=note,
        late=open_still and row.due_on is not None and (row.due_on - today).days < SOON_DAYS,
        measured=measured,
        steps=history(row.version_rows),
        by=row.entered_by.get_full_name() if row.entered_by else "",
        withdrawn=words.day(row.withdrawn_on) if row.withdrawn_on else "",
        missed_yet_proven=row.status == "missed" and measured.proven_on is not None,
        change_href=f"{reverse('portal:outcome')}?{query}",
    )


def _measured(row: Any) -> Proof:
    """What the last night measured; before the first one nothing, without a reason."""
    since = first_on(row.version_rows)
    found: OutcomeProof | None = getattr(row, "proof", None)
    if found is None or found.problem or found.needed is None:
        problem = wants_words.PROBLEMS.get(found.problem, "") if found else ""
        return Proof("", "", None, None, "", words.day(since), str(problem))
    share = None
    if found.reached is not None:
        share = min(100.0, max(0.0, float(100 * found.reached / found.needed))) if found.needed else 100.0
    return Proof(
        reached=wants_words.figure(found.reached, row.metric),
        needed=wants_words.figure(found.needed, row.metric),
        share=share,
        proven_on=found.proven_on,
        proven=words.day(found.proven_on),
        since=words.day(since),
        problem="",
    )


def _never_stood(row: Any) -> bool:
    """Taken back on the day it was written down."""
    return row.withdrawn_on is not None and row.withdrawn_on == first_on(row.version_rows)


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
