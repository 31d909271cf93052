"""The forms for a step on a scenario and for what an account agreed to use: what they place, and what was sent with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.touch import MAX_NOTE
from csm_portal.portal import words
from csm_portal.portal.reasons.entry import day_in
from health.models import ScenarioStep
from health.value.agreeing import Agreed
from health.value.scenario_steps import KINDS, Taken

if TYPE_CHECKING:
    from django.http import QueryDict

    from accounts.models import Account
    from health.models import ScenarioAgreement
    from health.value.scenario_reads import ScenarioLine


@dataclass(frozen=True)
class Form:
    """What `portal/value/_step_form.html` and `_agreement_form.html` place. `problems` by field, under "" what concerns all."""

    account: Account
    data: QueryDict
    scenarios: Sequence[str]
    today: date
    line: ScenarioLine | None = None
    before: Sequence[ScenarioStep | ScenarioAgreement] = ()
    problems: Mapping[str, str] = field(default_factory=dict)

    @property
    def most(self) -> int:
        """Characters that fit into a text."""
        return MAX_NOTE

    @property
    def problem(self) -> str:
        """What is wrong with all of it."""
        return self.problems.get("", "")

    @property
    def scenario(self) -> str:
        """The scenario that the form is about."""
        asked = self.data.get("scenario", "").replace("\0", "")
        return asked or (self.scenarios[0] if self.scenarios else "")

    @property
    def choices(self) -> list[tuple[str, bool]]:
        """Scenarios to choose from; one that is asked for and not known stays on offer, so that what was written is not lost."""
        known = [*self.scenarios, *([] if not self.scenario or self.scenario in self.scenarios else [self.scenario])]
        return [(name, name == self.scenario) for name in known]

    @property
    def kinds(self) -> list[tuple[str, str, bool]]:
        """Steps to choose from."""
        names = {"explore": _("Explored: found out why"), "push": _("Pushed: helped them on")}
        chosen = self.data.get("kind", KINDS[0])
        return [(key, names[key], key == chosen) for key in KINDS]

    @property
    def note(self) -> str:
        """The text so far."""
        return self.data.get("note", self.data.get("reason", "")).replace("\0", "")[: MAX_NOTE * 2]

    @property
    def starts_on(self) -> str:
        """The first day as the input holds it: the running month's first day unless another is written."""
        return self.data.get("starts_on", self.today.replace(day=1).isoformat())

    @property
    def days(self) -> str:
        """Days a month so far."""
        return self.data.get("days_per_month", "")[:20]

    @property
    def share(self) -> str:
        """Share of the seats so far, in percent."""
        return self.data.get("seat_share", "")[:20]

    @property
    def now(self) -> str:
        """What is expected and done in the running month."""
        if self.line is None:
            return ""
        days = str(self.line.days) if self.line.expected_days is None else f"{self.line.days} / {self.line.expected_days}"
        share = words.percent(self.line.share)
        if self.line.expected_share is not None:
            share = f"{share} / {words.percent(self.line.expected_share)}"
        return _("%(days)s days, %(share)s of the seats this month") % {"days": days, "share": share}

    @property
    def history(self) -> list[str]:
        """What was entered before, the latest first."""
        return [_told(row) for row in self.before]


def step_in(data: QueryDict) -> Taken:
    """The step that was sent."""
    return Taken(data.get("scenario", ""), data.get("kind", ""), data.get("note", ""))


def agreement_in(data: QueryDict) -> tuple[Agreed, dict[str, str]]:
    """The agreement that was sent, and what of it is no number. The box of the share holds percent: `30` is 30%."""
    problems: dict[str, str] = {}
    days, share = data.get("days_per_month", "").strip(), data.get("seat_share", "").strip().removesuffix("%").strip()
    if days and not (days.isascii() and days.isdigit() and len(days) < 4):
        problems["days_per_month"] = _("Days a month are a whole number from 0 to 31.")
    part = _percent(share)
    if share and part is None:
        problems["seat_share"] = _("This is no share; right would be a number from 0 to 100, such as 30.")
    told = Agreed(
        scenario=data.get("scenario", ""),
        starts_on=day_in(data.get("starts_on", "")),
        days_per_month=None if not days or "days_per_month" in problems else int(days),
        seat_share=part,
        reason=data.get("reason", ""),
    )
    return told, problems


def _percent(text: str) -> Decimal | None:
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    return (found / 100).quantize(Decimal("0.000001")) if found.is_finite() and 0 <= found <= 100 else None


def _told(row: ScenarioStep | ScenarioAgreement) -> str:
    if isinstance(row, ScenarioStep):
        done = {"explore": _("explored"), "push": _("pushed")}.get(row.kind, row.kind)
        parts = [words.day(row.taken_on), done, row.author.get_full_name(), row.note]
    else:
        days = "" if row.days_per_month is None else _("%(n)d days a month") % {"n": row.days_per_month}
        share = "" if row.seat_share is None else _("%(share)s of the seats") % {"share": words.percent(row.seat_share)}
        since = pgettext("agreement", "from %(day)s") % {"day": words.day(row.starts_on)}
        parts = [since, days, share, row.reason]
    return " · ".join(part for part in parts if part)
