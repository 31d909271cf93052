"""The day's list as it is shown: each item with its reason, evidence, next step, amount, days left, and why it stands where it stands."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from churn.acting.listing import Row
from churn.acting.triggers import FIRST, Group
from churn.types import ItemState
from csm_portal.portal import words
from csm_portal.portal.acting.evidence import evidence
from csm_portal.portal.acting.names import rule_name
from csm_portal.portal.acting.next_steps import NextStep, next_step
from csm_portal.portal.addresses import account_address
from csm_portal.portal.todo.page import covered_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Shown at once on the first page; the rest is folded.
SHOWN = 10
ICONS = {
    Group.USAGE: "trending-down",
    Group.HEALTH: "heartbeat",
    Group.RENEWAL: "calendar-due",
    Group.MONEY: "credit-card",
    Group.SERVICE: "ticket",
    Group.PEOPLE: "users",
    Group.VALUE: "target",
    Group.GROWTH: "trending-up",
}
CLOSED = {
    ItemState.DONE.value: pgettext_lazy("item", "done"),
    ItemState.DISMISSED.value: pgettext_lazy("item", "dismissed"),
    ItemState.CLEARED.value: pgettext_lazy("item", "no longer so"),
}
LOSS = gettext_lazy("× %(share)s chance of loss")
LOSS_FROM = {
    "likelihood": gettext_lazy("× %(share)s chance of loss, from the renewal likelihood"),
    "band": gettext_lazy("× %(share)s chance of loss: what became of past renewals in its band"),
    "assumed": gettext_lazy("× %(share)s chance of loss, assumed for its band until renewals are closed"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One item, ready to be placed. `why` is the ranking in sentences, `covered` names whom the reader does it for.

    `at` begins the addresses of its steps; addresses are made here, since a template takes ten times as long over them.
    """

    id: int
    rule: str
    icon: str
    title: str
    name: str
    external_id: str
    href: str
    evidence: str
    step: NextStep
    amount: str
    left: str
    late: bool
    since: str
    others: str
    others_href: str
    why: tuple[str, ...]
    doer: str
    covered: str
    state: str
    tasks: str
    account_owner: str
    at: str
    task_href: str
    play_href: str
    tasks_href: str
    again: bool = False


@dataclass(frozen=True, slots=True)
class Places:
    """Where items, tasks and plays stand, looked up once for all lines."""

    items: str
    tasks: str
    new_task: str
    begin_play: str

    @classmethod
    def now(cls) -> Places:
        """The addresses of this installation."""
        return cls(*(reverse(f"portal:{name}") for name in ("items", "tasks", "task-new", "play-begin")))


def lines(rows: Sequence[Row], today: date, currency: str, covered: Mapping[int, Any]) -> list[Line]:
    """The items in words, in their order. An account's second and further items are marked `again`."""
    made, seen, at = [], set(), Places.now()
    for row in rows:
        one = line(row, today, currency, covered, at)
        made.append(replace(one, again=row.external_id in seen))
        seen.add(row.external_id)
    return made


def line(row: Row, today: date, currency: str, covered: Mapping[int, Any], at: Places) -> Line:
    """One item in words; `currency` is the reporting one."""
    trigger = row.trigger
    days = row.days_left(today)
    away = covered.get(row.holder_id) if row.holder_id is not None else None
    return Line(
        id=row.id,
        rule=row.rule,
        icon=ICONS[trigger.group] if trigger is not None else "flag",
        title=rule_name(row.rule),
        name=row.name,
        external_id=row.external_id,
        href=account_address(row.external_id),
        evidence=evidence(row.rule, row.facts, today),
        step=next_step(_step_key(row), row.external_id),
        amount=words.money(row.mrr, row.currency or currency),
        left=words.decision(row.decision_on, today) if row.decision_on else "",
        late=days is not None and days < 0,
        since=words.ago(row.opened_on, today),
        others=ngettext("%(n)d more reason here", "%(n)d more reasons here", row.others) % {"n": row.others} if row.others else "",
        others_href=f"{at.items}?{urlencode({'account': row.external_id})}" if row.others else "",
        why=why(row, currency),
        doer=_("given to %(name)s") % {"name": row.doer} if row.doer else "",
        covered=covered_words(away),
        state=_state(row),
        tasks=ngettext("%(n)d open task", "%(n)d open tasks", row.tasks) % {"n": row.tasks} if row.tasks else "",
        account_owner=row.holder or _("no owner"),
        at=f"{at.items}{row.id}/",
        task_href=f"{at.new_task}?{urlencode({'account': row.external_id, 'item': row.id})}",
        play_href=f"{at.begin_play}?{urlencode({'account': row.external_id, 'item': row.id})}",
        tasks_href=f"{at.tasks}?{urlencode({'tab': 'team', 'q': row.name})}" if row.tasks else "",
    )


def _step_key(row: Row) -> str:
    if row.rule == "review_due" and not row.facts.get("planned_on"):
        return "plan_review"
    return row.trigger.next_step if row.trigger is not None else ""


def _state(row: Row) -> str:
    """Where an item stands that is not open; empty for an open one."""
    if row.state == ItemState.SNOOZED and row.snoozed_until is not None:
        return _("put off until %(day)s") % {"day": words.day(row.snoozed_until)}
    return str(CLOSED.get(row.state, ""))


def why(row: Row, currency: str) -> tuple[str, ...]:
    """Why the item stands where it stands, part by part; the parts multiplied are its weight (docs/methods/actions.md)."""
    parts = row.because
    if not parts:
        return ()
    told = [_amount(parts, currency)]
    if parts.get("loss") is not None:
        told.append(_loss(row))
    if parts.get("pressure") is not None:
        told.append(_pressure(parts))
    told.append(_right(parts))
    told.append(_weight(row, currency))
    if row.rule in FIRST:
        told.append(_("An undecided renewal stands first, whatever it weighs."))
    if row.place > 1:
        text = _("Reason number %(place)d of this account: one talk settles several, so it counts 1/%(share)d here.")
        told.append(text % {"place": row.place, "share": 2 ** (row.place - 1)})
    return tuple(told)


def _amount(parts: Mapping[str, Any], currency: str) -> str:
    if parts.get("amount") is None:
        return _("Its amount is unknown, so it stands behind all whose amount is known.")
    return _("%(amount)s of MRR") % {"amount": words.money(Decimal(str(parts["amount"])), currency)}


def _loss(row: Row) -> str:
    share = words.percent(row.because["loss"])
    return str(LOSS_FROM.get(str(row.because.get("loss_from")), LOSS)) % {"share": share}


def _pressure(parts: Mapping[str, Any]) -> str:
    pressure, days = words.number(Decimal(str(parts["pressure"])), 2), parts.get("days")
    if days is None:
        return _("× %(pressure)s for time: nothing falls due") % {"pressure": pressure}
    if int(days) <= 0:
        return _("× %(pressure)s for time: the decision is due") % {"pressure": pressure}
    text = ngettext("× %(pressure)s for time: %(n)d day to the decision", "× %(pressure)s for time: %(n)d days to the decision", int(days))
    return text % {"pressure": pressure, "n": int(days)}


def _right(parts: Mapping[str, Any]) -> str:
    share, acted, dismissed = words.percent(parts["right"]), int(parts.get("acted") or 0), int(parts.get("dismissed") or 0)
    if acted + dismissed:
        return _("× %(share)s for how often the rule was worth a step: %(acted)d done, %(dismissed)d dismissed so far") % {
            "share": share,
            "acted": acted,
            "dismissed": dismissed,
        }
    return _("× %(share)s for how often the rule is worth a step, by experience: none is closed yet") % {"share": share}


def _weight(row: Row, currency: str) -> str:
    return _("= %(weight)s") % {"weight": words.money(row.weight, currency)} if row.weight is not None else _("= no weight")
