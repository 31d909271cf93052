"""The lists of the QBR page as files, all their rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from csm_portal.portal.qbr.lists import listed
from csm_portal.portal.qbr.words import executive, kind, theme

if TYPE_CHECKING:
    from accounts.models import User
    from csm_portal.lib.sheets import Cell
    from csm_portal.portal.qbr.asked import Asked

Row = dict[str, Any]


def rows(user: User, asked: Asked, today: date) -> Iterator[list[Cell]]:
    """The head, then every row of the list asked for."""
    head, told = COLUMNS[asked.tab]
    yield head()
    for row in listed(user, asked, today, whole=True).rows:
        yield told(row)


def _account_head() -> list[Cell]:
    return [_("Account id"), _("Account"), _("Owner"), _("MRR"), _("Currency"), _("Renewal")]


def _account(row: Row) -> list[Cell]:
    return [row["external_id"], row["name"], row["owner"], row["mrr"], row["currency"], row["renewal_on"]]


def _planned_head() -> list[Cell]:
    return [*_account_head(), pgettext("review", "Kind"), _("Planned for"), _("Last held"), _("With an executive")]


def _planned(row: Row) -> list[Cell]:
    return [*_account(row), kind(row["kind"]), row["planned_on"], row["last_on"], executive(row["last_executive"])]


def _to_plan_head() -> list[Cell]:
    return [*_account_head(), _("Last held"), _("With an executive"), _("Agreed for")]


def _to_plan(row: Row) -> list[Cell]:
    return [*_account(row), row["last_on"], executive(row["last_executive"]), row["next_on"]]


def _held_head() -> list[Cell]:
    days = [_("Planned for"), pgettext("review", "Held on"), _("With an executive")]
    return [*_account_head(), pgettext("review", "Kind"), *days, _("What landed"), _("What fell flat"), _("Feedback"), _("Next review")]


def _held(row: Row) -> list[Cell]:
    said = [row["landed"], row["fell_flat"], row["feedback"]]
    return [
        *_account(row), kind(row["kind"]), row["planned_on"], row["held_on"], executive(row["executive_attended"]), *said, row["next_on"],
    ]  # fmt: skip


def _said_head() -> list[Cell]:
    said = [pgettext("review", "Kind"), _("Said on"), _("Feedback"), _("Themes")]
    return [*_account_head(), *said, _("Who answers"), pgettext("feedback", "Answer"), _("Answered on"), _("Answered by")]


def _said(row: Row) -> list[Cell]:
    themes = ", ".join(theme(key) for key in row["themes"])
    answer = [row["carer"], row["answer"], row["answered_on"], row["answered_by"]]
    return [*_account(row), kind(row["kind"]), row["said_on"], row["feedback"], themes, *answer]


def _theme_head() -> list[Cell]:
    money = _("MRR (%(currency)s)") % {"currency": settings.REPORTING_CURRENCY}
    return [_("Theme"), _("Times said"), _("Not answered"), _("Accounts"), money, _("Latest quote")]


def _theme(row: Row) -> list[Cell]:
    return [theme(row["theme"]), row["n"], row["open"], row["accounts"], row["mrr_reporting"], row["quotes"][0][0]]


COLUMNS: dict[str, tuple[Callable[[], list[Cell]], Callable[[Row], list[Cell]]]] = {
    "planned": (_planned_head, _planned),
    "to-plan": (_to_plan_head, _to_plan),
    "held": (_held_head, _held),
    "feedback": (_said_head, _said),
    "themes": (_theme_head, _theme),
}
