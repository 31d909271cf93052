"""The forms for a reason and for an exit interview: what they place, and what was sent with them."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.http import QueryDict
from django.utils.translation import gettext as _

from accounts.touch import MAX_NOTE
from churn import policy
from churn.interviews import Talk
from churn.records import Reason
from churn.types import CauseSource, ChurnType
from csm_portal.portal import words
from csm_portal.portal.reasons import words as why

if TYPE_CHECKING:
    from accounts.models import Account
    from churn.losses import Loss
    from churn.suggest import Suggestion
    from csm_portal.portal.reasons.lines import LossLine

REGRETS = {"yes": True, "no": False}
Choice = tuple[str, str, bool]


@dataclass(frozen=True)
class ReasonForm:
    """What `portal/_reason_form.html` places. `problems` by field, under "" what concerns all."""

    account: Account
    loss: Loss
    line: LossLine
    suggestion: Suggestion
    data: QueryDict
    key: str
    today: date
    problems: Mapping[str, str] = field(default_factory=dict)

    @property
    def most(self) -> int:
        """Characters that fit into the note."""
        return MAX_NOTE

    @property
    def problem(self) -> str:
        """What is wrong with all of it."""
        return self.problems.get("", "")

    @property
    def types(self) -> list[Choice]:
        """Types: as sent, as recorded, else as the evidence says."""
        chosen = self.data.get("type") or self.loss.type or (self.suggestion.type if self.suggestion.evidence else "")
        return [(str(one), why.kind(one), one == chosen) for one in ChurnType]

    @property
    def sources(self) -> list[Choice]:
        """Who says why."""
        chosen = self._held("cause_source", self.loss.cause_source)
        return [(str(one), why.source(one), one == chosen) for one in CauseSource]

    @property
    def causes(self) -> list[Choice]:
        """Causes, with the customer's own word where a record holds one."""
        chosen = self._held("cause", self.loss.cause)
        own = [chosen] if chosen and chosen not in policy.CAUSES else []
        return [("", _("no cause named"), not chosen), *((one, why.cause(one), one == chosen) for one in (*policy.CAUSES, *own))]

    @property
    def regrets(self) -> list[Choice]:
        """Whether it is to be regretted; without a word of ours the fit decides."""
        told = {True: "yes", False: "no", None: ""}[self.loss.told]
        chosen = self.data.get("regrettable", told)
        by_fit = _("by the fit: %(fit)s") % {"fit": why.fit(self.loss.fit_then)}
        return [("", by_fit, not chosen), ("yes", why.regret(True), chosen == "yes"), ("no", why.regret(False), chosen == "no")]

    @property
    def evidence(self) -> list[str]:
        """What speaks for a type, all of it."""
        return [f"{why.kind(one.speaks_for)}: {why.evidence(one)}" for one in self.suggestion.evidence]

    @property
    def churned_on(self) -> str:
        """The day as the input holds it."""
        return self.data.get("churned_on") or (self.loss.churned_on or self.loss.lost_on).isoformat()

    @property
    def note(self) -> str:
        """The note so far."""
        return self._held("note", self.loss.note).replace("\0", "")[: MAX_NOTE * 2]

    def _held(self, name: str, recorded: str | None) -> str:
        return str(self.data.get(name, recorded or ""))


@dataclass(frozen=True)
class TalkForm:
    """What `portal/_talk_form.html` places."""

    account: Account
    data: QueryDict
    today: date
    problems: Mapping[str, str] = field(default_factory=dict)

    @property
    def most(self) -> int:
        """Characters that fit into each answer."""
        return MAX_NOTE

    @property
    def problem(self) -> str:
        """What is wrong with all of it."""
        return self.problems.get("", "")

    @property
    def held_on(self) -> str:
        """The day as the input holds it."""
        return self.data.get("held_on", self.today.isoformat())

    @property
    def why(self) -> str:
        """The first answer so far."""
        return self.data.get("why", "").replace("\0", "")[: MAX_NOTE * 2]

    @property
    def changed_mind(self) -> str:
        """The second answer so far."""
        return self.data.get("changed_mind", "").replace("\0", "")[: MAX_NOTE * 2]

    @property
    def themes(self) -> list[Choice]:
        """Every theme, those chosen marked."""
        chosen = set(self.data.getlist("themes"))
        return [(one, why.theme(one), one in chosen) for one in policy.THEMES]


def reason_in(data: QueryDict) -> tuple[Reason, dict[str, str]]:
    """The reason that was sent, and what the form asks beyond the columns of the file: a type, and who says why a cause is named."""
    problems = {}
    day = day_in(data.get("churned_on", ""))
    if day is None:
        problems["churned_on"] = _("The date cannot be read; right would be YYYY-MM-DD.")
    if not data.get("type"):
        problems["type"] = _("Choose one; “type unknown” is one too.")
    cause, source = data.get("cause", ""), data.get("cause_source", "")
    if cause and not source:
        problems["cause_source"] = _("Say whether the customer said so or you conclude it.")
    reason = Reason(
        churned_on=day or date.max,
        type=data.get("type", ""),
        cause=cause,
        cause_source=source,
        note=data.get("note", ""),
        regrettable=REGRETS.get(data.get("regrettable", "")),
    )
    return reason, problems


def too_far(churned_on: date, loss: Loss) -> str:
    """What is wrong with a day that would place the reason with no loss, or with another one; empty: nothing."""
    if abs((churned_on - loss.lost_on).days) <= policy.RECORD_REACH_DAYS:
        return ""
    told = _("%(day)s is too far from the loss of %(lost)s; right would be at most %(n)d days before or after it.")
    return told % {"day": words.day(churned_on), "lost": words.day(loss.lost_on), "n": policy.RECORD_REACH_DAYS}


def talk_in(data: QueryDict) -> Talk:
    """The exit interview that was sent."""
    return Talk(day_in(data.get("held_on", "")), data.get("why", ""), data.get("changed_mind", ""), tuple(data.getlist("themes")))


def day_in(text: str) -> date | None:
    """A day as an input of type date sends it; None where it cannot be read."""
    with contextlib.suppress(ValueError):
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a day of the account's calendar
    return None
