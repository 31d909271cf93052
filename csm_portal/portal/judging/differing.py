"""Disagreements in words: by how much, whose answer stands against what the system saw, and when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from csm_portal.lib.sheets import Cell
from csm_portal.portal import words
from csm_portal.portal.addresses import account_address
from csm_portal.portal.editing.rating_form import worded
from csm_portal.portal.judging.queue import turn_address
from health.caps import MACHINE_FACETS
from health.facet_names import facet_name
from health.judging.disagreement import HUMAN, LEAST, MACHINE
from health.judging.ratings import latest_answers, questions_on
from health.models import Rating

if TYPE_CHECKING:
    from accounts.models import User
    from health.model_types import Question
    from health.models import AccountState

__all__ = ["LEAST", "Line", "file_lines", "lines", "way_in", "ways"]
# Facets that speak for the system's side of the difference.
SPEAKING = 2
WAYS = {
    "": gettext_lazy("both ways"),
    MACHINE: gettext_lazy("system higher than CSM"),
    HUMAN: gettext_lazy("CSM higher than system"),
}


@dataclass(frozen=True)
class Line:
    """One account. `answer` is the one that stands most against the system, `saw` what the system goes by."""

    name: str
    external_id: str
    href: str
    rate_href: str
    owner: str
    machine: str
    human: str
    gap: str
    machine_higher: bool
    saw: list[str]
    answer: str
    score: int | None
    reason: str
    by: str
    on: date | None
    mrr: str


def way_in(data: QueryDict) -> str:
    """Which way the address asks for; anything else counts as both."""
    return data.get("way", "") if data.get("way", "") in WAYS else ""


def ways() -> list[tuple[str, str]]:
    """The choices with their words."""
    return [(key, str(name)) for key, name in WAYS.items()]


def lines(user: User, states: Sequence[Any], today: date) -> list[Line]:
    """The accounts in words; two queries for all of them."""
    questions = {question.key: question for question in questions_on(today)}
    given: dict[int, list[Rating]] = {}
    for (account, key), row in latest_answers(user, [state.account_id for state in states]).items():
        if key in questions and row.rated_on + timedelta(days=questions[key].valid_days) > today:
            given.setdefault(account, []).append(row)
    return [_line(state, given.get(state.account_id, []), questions) for state in states]


def file_lines(user: User, states: Any, today: date) -> Iterator[list[Cell]]:
    """All of them as a file."""
    yield [
        _("Account id"), _("Account"), pgettext("person", "CSM"), _("System"), _("CSM rating"), _("Difference"), _("What the system saw"),
        _("Answer"),
        _("Score"), _("Reason"), _("By"), _("On"),
    ]  # fmt: skip
    found = list(states)
    for state, one in zip(found, lines(user, found, today), strict=True):
        yield [
            one.external_id, one.name, one.owner, state.machine, state.human, state.gap, "; ".join(one.saw), one.answer, one.score,
            one.reason, one.by, one.on,
        ]  # fmt: skip


def _line(state: Any, given: Sequence[Rating], questions: Mapping[str, Question]) -> Line:
    higher = state.gap > 0
    side = min if higher else max
    row = side(given, key=lambda one: (one.score, one.rated_on), default=None)
    account = state.account
    return Line(
        name=account.name,
        external_id=account.external_id,
        href=account_address(account.external_id),
        rate_href=turn_address(account.external_id),
        owner=account.owner.get_full_name() if account.owner else _("no owner"),
        machine=words.score(state.machine),
        human=words.score(state.human),
        gap=words.signed(state.gap, 0),
        machine_higher=higher,
        saw=_saw(state, highest=higher),
        answer=str(worded(questions[row.question].text) or row.question) if row else "",
        score=row.score if row else None,
        reason=row.reason if row else "",
        by=row.rated_by.get_full_name() if row else "",
        on=row.rated_on if row else None,
        mrr=words.money(state.mrr, state.currency),
    )


def _saw(state: AccountState, *, highest: bool) -> list[str]:
    """The facets of the system's part that pull it away from the CSM's, by weight x distance from the other part."""
    sign = 1 if highest else -1
    known = [
        (one["weight"] * sign * (float(one["value"]) - float(state.human or 0)), key, one["value"])
        for key, one in state.facets.items()
        if key in MACHINE_FACETS and one["weight"] > 0 and one["value"] is not None
    ]
    pulling = sorted((one for one in known if one[0] > 0), reverse=True)[:SPEAKING]
    return [_("%(facet)s %(value)s") % {"facet": facet_name(key), "value": words.score(value)} for _pull, key, value in pulling]
