"""Tags of the page frame: icons from the sprite, and the navigation of those pages that exist."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django import template
from django.conf import settings
from django.contrib.messages.storage.base import Message
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.types import Role
from csm_portal.portal import words
from csm_portal.portal.first_run.sentences import told
from csm_portal.portal.help.figures import FIGURES
from csm_portal.portal.help.marks import Mark, mark_of
from csm_portal.portal.icons import icon
from csm_portal.portal.jump.places import address
from csm_portal.portal.toasts import Toast, toasts_of

register = template.Library()
# The figure whose bubble names every definition in force.
AS_OF = "as_of"
# Pages that belong to an entry of the navigation and stand elsewhere.
BELOW = {"portal:ratings": ("/qbr/", "/reviews/", "/packs/")}


@dataclass(frozen=True)
class NavItem:
    """One entry of the main navigation."""

    label: str
    href: str
    current: bool


register.simple_tag(icon)
register.filter("told", told)


@register.filter
def toasts(waiting: Iterable[Message] | None) -> list[Toast]:
    """The waiting messages of `django.contrib.messages` as toasts."""
    return toasts_of(waiting or [])


@register.filter
def thousands(value: int) -> str:
    """A count with its thousands separated, the same in every language."""
    return f"{value:,}"


@register.filter
def timed(value: date | datetime | None) -> SafeString | str:
    """A day, or an instant in the reader's zone, in words of the language; the machine's form stays beside it in `<time>`."""
    if not value:
        return words.UNKNOWN
    text = words.moment(value) if isinstance(value, datetime) else words.day(value)
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), text)


@register.filter
def month(value: date | None) -> str:
    """The month of a day in words of the language."""
    return words.month(value)


@register.filter
def is_figure(key: str) -> bool:
    """Whether a figure of this key is explained: columns of plain facts are not."""
    return key in FIGURES


@register.inclusion_tag("parts/_figure_help.html", takes_context=True)
def figure_help(
    context: template.Context,
    key: str,
    *,
    label: str = "",
    note: str = "",
    version: int | None = None,
    as_of: date | None = None,
    coverage: str = "",
) -> dict[str, Any]:
    """The bubble of a figure: definition, what vouches for it, and the way to its methods page.

    `label` is what stands there to be pointed at; without it a small sign alone. `note` adds a sentence. As-of day and version are the
    page's and the day's unless given; night and finish follow from the day. `coverage`: how much of the data is known, in words. An
    unknown key is a bug of the page, so it raises.
    """
    figure = FIGURES[key]
    href = reverse("portal:help_page", args=[figure.page])
    day = as_of or context.get("as_of")
    mark = _mark(context, day)
    return {
        "figure": figure,
        "href": f"{href}#{figure.anchor}" if figure.anchor else href,
        # The same figure may stand on a page twice, and parts of pages come alone.
        "id": f"figure-{key}-{secrets.token_hex(3)}",
        "label": label,
        "note": note,
        "version": version or (mark.version_of(figure) if mark else None),
        "as_of": day,
        "run": mark.run if mark else None,
        "finished": mark.finished_at if mark else None,
        "coverage": coverage,
        "in_force": mark.in_force if mark and key == AS_OF else "",
    }


def _mark(context: template.Context, day: object) -> Mark | None:
    """The mark of the day, looked up once a page; None where the page is about no day."""
    if not isinstance(day, date):
        return None
    request = context.get("request")
    known: dict[date, Mark] = getattr(request, "figure_marks", {})
    if day not in known:
        known[day] = mark_of(day)
        if request is not None:
            request.figure_marks = known
    return known[day]


@register.simple_tag
def reporting_currency() -> str:
    """The currency in which amounts of several accounts are told."""
    return str(settings.REPORTING_CURRENCY)


@register.simple_tag(takes_context=True)
def main_navigation(context: template.Context) -> list[NavItem]:
    """The pages this user may open; nothing for visitors. A link stands here only once its page exists."""
    request: HttpRequest | None = context.get("request")
    user = getattr(request, "user", None)
    if request is None or user is None or not user.is_authenticated:
        return []
    leads = user.role in (Role.MANAGER, Role.ADMIN)
    entries = [
        (True, _("Today"), "portal:today", False),
        (True, _("Accounts"), "portal:accounts", True),
        (True, _("Tasks"), "portal:tasks", True),
        (True, _("Renewals"), "portal:renewals", True),
        (True, _("Ratings"), "portal:ratings", True),
        (leads, _("Team"), "portal:team", True),
        (True, _("Churn"), "portal:churn", True),
        (True, _("Risk"), "portal:risk", True),
        (True, _("Cohorts"), "portal:cohorts", True),
        (True, _("Value"), "portal:value", True),
        (True, _("Trust"), "portal:trust", True),
        (leads, _("Data"), "portal:data", True),
    ]
    return [
        NavItem(label, href, request.path.startswith((href, *BELOW.get(name, ()))) if below else request.path == href)
        for may, label, name, below in entries
        if may and (href := address(name))
    ]
