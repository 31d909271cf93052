"""The four headlines of a month (domain 0a): two renewal rates, the monthly active rate and NPS, each with change and target."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import connection

from csm_portal.portal.headlines_sql import statement

if TYPE_CHECKING:
    from accounts.models import User

KEYS = ("renewal_rate_count", "renewal_rate_amount", "monthly_active_rate", "nps")
ALL = "all"
Filters = Mapping[str, Sequence[str]]
Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Headline:
    """One headline of one group in one month. Rates are shares (the net amount rate may exceed 1), NPS is -100 … 100.

    `value` is None where it is undefined (nothing came due, nobody pays, nobody answered), never 0.
    """

    key: str
    group: str | None
    month: date
    value: Decimal | None
    previous: Decimal | None
    change: Decimal | None
    target: Decimal | None
    attainment: Decimal | None
    n: int
    numerator: Decimal | None
    denominator: Decimal | None
    extra: Facts = field(default_factory=dict)
    ids: dict[str, list[str]] = field(default_factory=dict)
    as_of: date | None = None
    version: int | None = None


def headlines(
    user: User, month: date | None = None, by: str = ALL, filters: Filters | None = None, *, detail: bool = False
) -> list[Headline]:
    """The headlines of the accounts that `user` may see, in one query: four per group, groups in order, None (no value) last.

    `month` is a first day; None takes the month of the latest published run. Cuts stand as at the end of the month. `filters` maps a
    cut's name to the values let through. `detail` adds the external ids behind the numbers. docs/methods/headlines.md has the formulas.
    """
    sql, params = statement(user, month, by, filters or {}, detail=detail)
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        rows = [(kind, place, group, json.loads(facts)) for kind, place, group, facts in cursor.fetchall()]
    meta: Facts = next(facts for kind, _place, _group, facts in rows if kind == "meta")
    if meta["month"] is None:
        return []
    found = {(kind, place, group): facts for kind, place, group, facts in rows if kind != "meta"}
    return [
        headline
        for group in _groups(found, by)
        for headline in _of_group(group, found, meta, _targets(found, group, user, by, filters or {}))
    ]


def _groups(found: dict[tuple[str, int, str | None], Facts], by: str) -> list[str | None]:
    if by == ALL:
        return [ALL]
    groups = {group for kind, place, group in found if place == 0 and not kind.startswith("target")}
    return sorted(groups, key=lambda group: (group is None, group or ""))


def _targets(found: dict[tuple[str, int, str | None], Facts], group: str | None, user: User, by: str, filters: Filters) -> Facts:
    """Targets that fit the group: of the person or team it names; of everything seen: one's own, else those of the managed or own team."""
    if by in ("csm", "team"):
        return found.get((f"target_{by}", 0, group), {})
    if by != ALL:
        return {}
    named = [name for name, values in filters.items() if values]
    if named:
        single = named[0] if len(named) == 1 and len(filters[named[0]]) == 1 else ""
        return found.get((f"target_{single}", 0, filters[single][0]), {}) if single else {}
    if own := found.get(("target_csm", 0, user.email)):
        return own
    of_teams = {facts["team_id"]: facts for (kind, _place, _group), facts in found.items() if kind == "target_team"}
    return of_teams.get(user.manages_id) or of_teams.get(user.team_id) or {}


def _of_group(group: str | None, found: dict[tuple[str, int, str | None], Facts], meta: Facts, targets: Facts) -> list[Headline]:
    month = date.fromisoformat(meta["month"])
    as_of = date.fromisoformat(meta["as_of"]) if meta["as_of"] else None
    facts = {(kind, place): found.get((kind, place, group), {}) for kind in ("renewals", "activity", "nps") for place in (0, 1)}
    made = []
    for key, measure in (
        ("renewal_rate_count", _by_count),
        ("renewal_rate_amount", _by_amount),
        ("monthly_active_rate", _active),
        ("nps", _promoters),
    ):
        now = measure(facts["renewals", 0], facts["activity", 0], facts["nps", 0])
        before = measure(facts["renewals", 1], facts["activity", 1], facts["nps", 1])
        target = _decimal(targets.get(key))
        made.append(
            Headline(
                key=key,
                group=group,
                month=month,
                value=now.value,
                previous=before.value,
                change=None if now.value is None or before.value is None else now.value - before.value,
                target=target,
                attainment=None if now.value is None or target is None or target <= 0 else now.value / target,
                n=now.n,
                numerator=now.numerator,
                denominator=now.denominator,
                extra=now.extra,
                ids=now.ids,
                as_of=as_of,
                version=meta["renewal_version"] if key.startswith("renewal") else now.version,
            )
        )
    return made


@dataclass(frozen=True, slots=True)
class _Measure:
    """Numerator, denominator and what is told beside them; `points` scales the ratio (100 for NPS)."""

    numerator: Decimal
    denominator: Decimal
    n: int
    extra: Facts
    ids: dict[str, list[str]]
    version: int | None = None
    points: int = 1

    @property
    def value(self) -> Decimal | None:
        return self.numerator * self.points / self.denominator if self.denominator else None


def _by_count(renewals: Facts, activity: Facts, nps: Facts) -> _Measure:
    renewed, lost = renewals.get("renewed", 0), renewals.get("lost", 0)
    extra = {"due": renewals.get("due", 0), "renewed": renewed, "lost": lost, "open": renewals.get("open", 0)}
    return _Measure(Decimal(renewed), Decimal(renewed + lost), renewed + lost, extra, renewals.get("ids", {}))


def _by_amount(renewals: Facts, activity: Facts, nps: Facts) -> _Measure:
    due, renewed, kept = (_decimal(renewals.get(name)) or Decimal(0) for name in ("due_amount", "renewed_amount", "kept_amount"))
    n = renewals.get("priced", 0)
    extra = {
        "gross": kept / due if due else None,
        "due_amount": due,
        "renewed_amount": renewed,
        "open_amount": _decimal(renewals.get("open_amount")) or Decimal(0),
        "without_rate": renewals.get("without_rate", 0),
    }
    return _Measure(renewed, due, n, extra, renewals.get("ids", {}))


def _active(renewals: Facts, activity: Facts, nps: Facts) -> _Measure:
    paying, active = activity.get("paying", 0), activity.get("active", 0)
    extra = {name: activity.get(name, 0) for name in ("unknown", "joined", "undecided", "can_reach")}
    extra["provisional"] = bool(activity.get("provisional"))
    return _Measure(Decimal(active), Decimal(paying), paying, extra, activity.get("ids", {}), activity.get("version"))


def _promoters(renewals: Facts, activity: Facts, nps: Facts) -> _Measure:
    n, paying = nps.get("n", 0), activity.get("paying", 0)
    extra = {name: nps.get(name, 0) for name in ("promoters", "passives", "detractors", "accounts")}
    extra["response_rate"] = Decimal(extra["accounts"]) / paying if paying else None
    return _Measure(Decimal(extra["promoters"] - extra["detractors"]), Decimal(n), n, extra, nps.get("ids", {}), points=100)


def _decimal(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))
