"""What vouches for a figure: the night that computed it, when that was done, and the versions of the definitions in force that day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from time import monotonic

from django.db import connection
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from csm_portal.portal.help.figure import Figure

# Definition -> its table. A version counts from its day on; of several the highest.
DEFINITIONS = {
    "activity": "health_activitydefinition",
    "north_star": "health_northstardefinition",
    "health": "health_healthmodel",
    "ratings": "health_questionset",
    "states": "health_statedefinition",
    "calendar": "accounts_calendardefinition",
    "renewals": "accounts_renewaldefinition",
}
NAMES: Mapping[str, str | Promise] = {
    "activity": gettext_lazy("activity definition"),
    "north_star": gettext_lazy("north star definition"),
    "health": gettext_lazy("health model"),
    "ratings": gettext_lazy("rating questions"),
    "states": gettext_lazy("named states"),
    "calendar": gettext_lazy("calendar"),
    "renewals": gettext_lazy("renewal rules"),
}
# Which definition a figure is computed by: of its own, else of its methods page. Figures of plain facts have none.
BY_FIGURE = {
    "monthly_active_rate": "activity",
    "renewal_rate_count": "renewals",
    "renewal_rate_amount": "renewals",
    "renewal_rate_gross": "renewals",
    "star": "north_star",
    "human": "ratings",
    "change": "health",
}
BY_PAGE = {
    "activity": "activity",
    "calendar": "calendar",
    "facets": "health",
    "health": "health",
    "k": "activity",
    "mrr": "renewals",
    "ratings": "ratings",
    "reasons": "renewals",
    "renewals": "renewals",
    "states": "states",
}
SECONDS, MOST_KNOWN = 60, 100
VERSIONS = ", ".join(f"(SELECT max(version) FROM {table} WHERE effective_from <= %(day)s)" for table in DEFINITIONS.values())  # noqa: S608
MARK = f"""
SELECT r.id, r.finished_at, {VERSIONS}
FROM (SELECT) AS one
LEFT JOIN LATERAL (
    SELECT run.id, run.finished_at FROM health_publishedslice p JOIN health_run run ON run.id = p.run_id
    WHERE p.starts_on = %(day)s AND p.grain IN ('day', 'health') ORDER BY p.grain LIMIT 1
) AS r ON true
"""  # noqa: S608


@dataclass(frozen=True)
class Mark:
    """The night whose figures of a day readers see (None: there is none), and the version of each definition on that day."""

    run: int | None
    finished_at: datetime | None
    versions: dict[str, int] = field(default_factory=dict)

    @property
    def in_force(self) -> str:
        """Every definition in force that day with its version, in words; empty: none is published."""
        return ", ".join(f"{NAMES[name]} {version}" for name, version in self.versions.items())

    def version_of(self, figure: Figure) -> int | None:
        """The version that the figure was computed by; None: it has no definition, or none is published."""
        return self.versions.get(definition_of(figure))


def definition_of(figure: Figure) -> str:
    """The definition that a figure is computed by; empty: a plain fact."""
    return BY_FIGURE.get(figure.key) or BY_PAGE.get(figure.page, "")


# (database, day) -> until when it may be told again, and the mark.
KNOWN: dict[tuple[str, date], tuple[float, Mark]] = {}


def mark_of(day: date) -> Mark:
    """The mark of the figures of a day: one query a minute in each process, whoever asks (nothing in it depends on the viewer)."""
    key = (connection.settings_dict["NAME"], day)
    until, mark = KNOWN.get(key, (0.0, None))
    if mark is None or until < monotonic():
        mark = read_mark(day)
        if len(KNOWN) >= MOST_KNOWN:
            KNOWN.clear()
        KNOWN[key] = (monotonic() + SECONDS, mark)
    return mark


def read_mark(day: date) -> Mark:
    """The same as it is now."""
    with connection.cursor() as cursor:
        cursor.execute(MARK, {"day": day})
        run, finished_at, *versions = cursor.fetchone()
    found = zip(DEFINITIONS, versions, strict=True)
    return Mark(run, finished_at, {name: version for name, version in found if version is not None})
