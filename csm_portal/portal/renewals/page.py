"""All that the page of renewals places, in a number of queries that does not grow with the book."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import QueryDict
from django.utils.translation import get_language, gettext_lazy, pgettext
from django.utils.translation import gettext as _

from accounts.models import Team
from accounts.terms import DueState
from churn.as_of import figures_as_of
from csm_portal.portal.book import saved_views
from csm_portal.portal.book.saved_views import View
from csm_portal.portal.likelihood.reads import told_of
from csm_portal.portal.renewals.asked import Asked, kept
from csm_portal.portal.renewals.choices import filters, labels, options
from csm_portal.portal.renewals.dues import dues
from csm_portal.portal.renewals.figure import text, timeline
from csm_portal.portal.renewals.policy import PAGE_ROWS
from csm_portal.portal.renewals.sums import Sums, sums
from csm_portal.portal.renewals.table import groups, row_of
from csm_portal.portal.renewals.tiles import outlook, tiles
from csm_portal.web import paginate, reader, remembered

if TYPE_CHECKING:
    from accounts.models import User

PAGE = "renewals"
STANDARD = (
    View("overdue", gettext_lazy("Outcome to enter"), "needs=outcome"),
    View("forecast", gettext_lazy("Forecast to enter"), "needs=forecast"),
    View("share", gettext_lazy("Usage to share"), "needs=usage_shared"),
    View("commit", gettext_lazy("Commit"), "category=commit"),
    View("risk", gettext_lazy("At risk"), "category=at_risk"),
    View("decided", gettext_lazy("Decided"), "state=decided"),
)


@dataclass(frozen=True)
class Heading:
    """The head of a column: where its next order leads, and how it is ordered now."""

    key: str
    name: str
    query: str
    now: str
    num: bool = False
    note: str = ""


def page(user: User, query: QueryDict, day: date, address: str) -> dict[str, Any]:
    """The context of the page for what `query` asks; at most 6 queries besides those of the signed-in person."""
    with_teams(user)
    asked = Asked(query)
    views = saved_views.views_of(user, PAGE, STANDARD)
    view = saved_views.open_view(views, asked.query.get("view", ""))
    # They hardly change, and a large book is dear to look through.
    offered = remembered(f"renewal-options:{reader(user)}:{get_language()}", lambda: options(user))
    in_line, more = filters(asked, offered.values)
    found = sums(user, asked, day)
    cases, where = paginate(dues(user, asked, day).annotate(told=told_of("account_id")), query.get("page"), PAGE_ROWS)
    here = f"{address}?{asked.text}" if asked.text else address
    rows = [row_of(case, day, here) for case in cases]
    named = labels(offered.values) | {("account", case.account.external_id): case.account.name for case in cases}
    return {
        "asked": asked,
        "here": here,
        "views": views,
        "view": view,
        "changed": view is not None and saved_views.clean_query(asked.text, kept) != saved_views.clean_query(view.query, kept),
        "filters": in_line,
        "more_filters": more,
        "more_set": any(one.set for one in more) or bool(any(asked.between)),
        "chips": asked.chips(named),
        "carried": [(name, value) for name in ("account", "when", "on", "sort", "view") if (value := asked.query.get(name))],
        "tiles": tiles(asked, found),
        "outlook": outlook(asked, found),
        "figure": _figure(asked, found, rows, day),
        "figure_text": text(found.marks, found.shown),
        "groups": groups(rows, staged=asked.sort in ("", "decision")),
        "page": where,
        "headings": headings(asked),
        "any_due": bool(offered.values["product"]),
        "as_of": offered.as_of or figures_as_of(),
        "fixed_today": settings.PORTAL_AS_OF,
        "currency": settings.REPORTING_CURRENCY,
    }


def with_teams(user: User) -> None:
    """Reads the team a person belongs to and the one they manage at once: who sees what is asked of both."""
    wanted = {key for key in (user.team_id, user.manages_id) if key is not None}
    if not wanted:
        return
    found = Team.objects.in_bulk(wanted)
    user.team = found.get(user.team_id)
    user.manages = found.get(user.manages_id)


def headings(asked: Asked) -> list[Heading]:
    """Heads of the columns; those without an order have no query."""
    named: Sequence[tuple[str, str, bool, str]] = (
        ("account", _("Account"), False, _("product · owner")),
        ("decision", _("Decision"), False, _("term ends")),
        ("due", _("Due, a month"), True, ""),
        ("health", _("Health"), False, ""),
        ("", _("Activity"), False, _("success")),
        ("", _("Steps"), False, ""),
        ("chance", _("Forecast"), False, _("probability · amount")),
        ("", pgettext("renewals", "Outcome"), False, ""),
    )
    return [Heading(key, name, *_order(asked, key), num, note) for key, name, num, note in named]


def _order(asked: Asked, key: str) -> tuple[str, str]:
    if not key:
        return "", ""
    now = asked.sort or "decision"
    if now == key:
        return asked.having(sort=f"-{key}"), "ascending"
    if now == f"-{key}":
        return asked.having(sort=key) if key != "decision" else asked.without("sort"), "descending"
    # Of amounts the largest are looked for first.
    return asked.having(sort=f"-{key}" if key == "due" else key), ""


def _figure(asked: Asked, found: Sums, rows: Iterable[Any], day: date) -> dict[str, Any] | None:
    if not found.marks or asked.states not in (None, (DueState.OPEN.value,)):
        return None
    return timeline(found.marks, day, {row.pk: f"#case-{row.pk}" for row in rows}, found.notes)
