"""The pages a person may open, for the jump dialog and for the keys that lead there."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from django.urls import NoReverseMatch, get_script_prefix, get_urlconf, reverse
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.types import Role


@dataclass(frozen=True)
class Place:
    """One page. `key` follows `g` on the keyboard; empty: none. `also` are further words by which it is found."""

    label: str
    href: str
    icon: str
    key: str = ""
    also: str = ""


def places(user: User) -> list[Place]:
    """Pages open to this person, in the order of the navigation; only those that exist."""
    leads = user.role in (Role.MANAGER, Role.ADMIN)
    wanted = [
        (True, "portal:today", _("Today"), "home", "t", "home"),
        (True, "portal:accounts", _("Accounts"), "building", "a", "book customers"),
        (True, "portal:items", _("Day's list"), "list-details", "l", "items reasons to act alerts signals"),
        (True, "portal:tasks", _("Tasks"), "checklist", "k", "to do overdue comments"),
        (True, "portal:plays", _("Plays"), "route", "", "templates steps playbook"),
        (True, "portal:renewals", _("Renewals"), "calendar-due", "r", "due forecast decision outcome"),
        (True, "portal:ratings", _("Ratings"), "clipboard-check", "e", "rate questions due queue sentiment"),
        (True, "portal:rating-disagreements", _("Disagreements"), "clipboard-check", "", "ratings system csm machine human"),
        (True, "portal:overrides", _("Overrides"), "flag", "", "ratings band by hand correction"),
        (leads, "portal:team", _("Team"), "users", "m", "manager"),
        (True, "portal:qbr", _("QBRs"), "calendar-event", "", "reviews quarterly business review executives feedback themes"),
        (True, "portal:churn", _("Churn"), "trending-down", "c", "attrition losses mrr grr nrr bridge retention"),
        (True, "portal:churn-reasons", _("Why accounts left"), "message-circle", "", "reasons churn losses causes exit interview win-back"),
        (True, "portal:churn-reminders", _("Payment reminders"), "credit-card", "", "card expiry failed invoice e-mail"),
        (True, "portal:cohorts", _("Cohorts"), "table", "o", "retention triangle survival behaviour"),
        (True, "portal:value", _("Value"), "trophy", "v", "outcomes success gap"),
        (True, "portal:value-scenarios", _("Scenarios"), "route", "", "value expected actual explore push agreement"),
        (True, "portal:value-north-star", _("North star"), "star", "", "value threshold crossed finder"),
        (True, "portal:value-states", _("Named states"), "tags", "", "value busy quiet narrow"),
        (True, "portal:trust", _("Trust"), "circle-check", "", "calibration health renewal likelihood auc reliability misses"),
        (True, "portal:trust-alarms", _("Alarms"), "bell", "", "trust drop usual weekday tuning false alarms notice"),
        (True, "portal:trust-helped", _("Did it help"), "circle-check", "", "trust intervention matched hold back compare"),
        (True, "portal:trust-replay", _("Loss replay"), "history", "", "trust losses shown known acted missed"),
        (True, "portal:trust-k", _("Active and renewed"), "chart-line", "", "trust k active rate renewal target"),
        (True, "portal:trust-raters", _("Raters"), "star", "", "trust ratings kind harsh record"),
        (leads, "portal:data", _("Data"), "database", "d", "imports nights setup"),
        (user.role == Role.ADMIN, "portal:data-jobs", _("Jobs"), "checklist", "", "data failed due worker outbox letters"),
        (user.role == Role.ADMIN, "portal:intake", _("Events over HTTP"), "bolt", "", "data write keys sources segment posthog intake"),
        (user.role == Role.ADMIN, "portal:intake-refused", _("Refused calls"), "ban", "", "data rejected rules replay discard intake"),
        (user.role == Role.ADMIN, "portal:intake-waiting", _("Waiting events"), "hourglass", "", "data pending attach intake"),
        (user.role == Role.ADMIN, "portal:intake-actions", _("Unknown actions"), "help", "", "data key actions definition intake"),
        (True, "portal:dictionary", _("Data dictionary"), "book", "", "columns files fields api meaning"),
        (user.role == Role.ADMIN, "portal:start", _("First steps"), "flag", "", "start setup"),
        (True, "portal:help", _("Help"), "help", "h", "methods definitions"),
        (leads, "portal:team-actions", _("Team board"), "users", "", "actions waiting done dismissed money at risk"),
        (True, "portal:absences", _("Absences"), "user-check", "", "leave holiday cover away"),
        (True, "portal:settings", _("Settings"), "settings", "s", "preferences language time zone"),
        (True, "portal:definitions", _("Definitions"), "book", "", "key actions weights bands caps questions versions drafts lab"),
        (True, "account_change_password", _("Change password"), "signature", "", ""),
        (user.is_staff, "portal:styleguide", _("Style guide"), "layout-dashboard", "", "design"),
        (user.is_staff, "admin:index", _("Administration"), "settings", "", "admin users"),
    ]
    made = []
    for may, route, label, icon, key, also in wanted:
        href = address(route)
        if may and href:
            made.append(Place(label, href, icon, key, also))
    return made


def address(route: str) -> str:
    """Path of a route without arguments; empty where this installation has no such page."""
    return _path(route, get_script_prefix(), get_urlconf())


@functools.lru_cache(maxsize=512)
def _path(route: str, _prefix: str, urlconf: str | None) -> str:
    """Every page names fifty of them, so each is looked up once for an installation's prefix and its list of addresses."""
    try:
        return reverse(route, urlconf=urlconf)
    except NoReverseMatch:
        return ""
