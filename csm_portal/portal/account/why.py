"""Why the score is not what it was a month ago: facet by facet, in points that sum to the change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from csm_portal.portal import words
from health.explaining.change import explain_change
from health.facet_names import facet_name
from health.models import HealthScore

if TYPE_CHECKING:
    from accounts.models import Account, User
    from health.models import AccountState

DAYS = 30
PLACES = 1
# Scores in one place more than their change, or rounding would make it look wrong.
SCORE_PLACES = 2


@dataclass(frozen=True)
class Part:
    """What one facet did: its value then and now, its points, and where its bar goes (`left` and `wide` in hundredths of the row)."""

    name: str
    then: str
    now: str
    points: str
    way: str
    left: float
    wide: float


@dataclass(frozen=True)
class Why:
    """The change with its parts; `note` says why there is none. `still` counts facets that did not move."""

    against: date
    against_day: str
    then: str
    now: str
    change: str
    way: str
    parts: list[Part]
    still: int
    note: str


def why(account: Account, state: AccountState, user: User) -> Why:
    """The score of the state's day against the one 30 days before, one query."""
    against = state.as_of - timedelta(days=DAYS)
    scores = HealthScore.objects.visible_to(user).published().filter(account=account, day=against)
    then = scores.only("account_id", "day", "run_id", "score", "facets", "version").first()
    before = then.score if then else None
    note = ""
    if before is None:
        note = _("The score 30 days before is unknown, so the change is unknown.")
    elif state.score is None:
        note = _("The score is unknown today, so the change is unknown.")
    elif then is not None and then.version != state.health_version:
        note = _("The health model changed in between (version %(then)s, now %(now)s); the change of weights is in the points.") % {
            "then": then.version,
            "now": state.health_version,
        }
    change = None if before is None or state.score is None else state.score - before
    parts = parts_of(then.facets, state.facets, change) if then is not None and change is not None else []
    return Why(
        against=against,
        against_day=words.day(against),
        then=words.number(before, SCORE_PLACES) if before is not None else _("unknown"),
        now=words.number(state.score, SCORE_PLACES) if state.score is not None else _("unknown"),
        change="" if change is None else words.signed(change, PLACES),
        way=_way(change),
        parts=[part for part in parts if part.points],
        still=sum(not part.points for part in parts),
        note=note,
    )


def parts_of(then: Mapping[str, Any], now: Mapping[str, Any], change: Decimal) -> list[Part]:
    """Signed parts, the largest first, in tenths of a point that sum to the change as printed; a facet that did not move has no points."""
    shares = explain_change(then, now, change)
    tenths = rounded_shares([share.delta for share in shares], change)
    widest = max((abs(value) for value in tenths), default=Decimal(0)) or Decimal(1)
    found = []
    for share, points in zip(shares, tenths, strict=True):
        wide = float(abs(points) / widest * 50)
        found.append(
            Part(
                name=facet_name(share.facet),
                then=_value(then.get(share.facet)),
                now=_value(now.get(share.facet)),
                points=words.signed(points, PLACES) if points else "",
                way=_way(points),
                left=50 - wide if points < 0 else 50,
                wide=wide,
            )
        )
    return found


def rounded_shares(deltas: list[Decimal], change: Decimal, places: int = PLACES) -> list[Decimal]:
    """Rounded by largest remainder, so that they sum to the change as it is printed."""
    unit = Decimal(1).scaleb(-places)
    floors = [delta // unit * unit if delta >= 0 else -(-delta // unit) * unit for delta in deltas]
    left = int((change.quantize(unit) - sum(floors)) / unit)
    step = unit if left > 0 else -unit
    order = sorted(range(len(deltas)), key=lambda place: -(deltas[place] - floors[place]) * (1 if left > 0 else -1))
    for turn in range(abs(left)):
        floors[order[turn % len(order)]] += step
    return floors


def _value(facet: Mapping[str, Any] | None) -> str:
    value = None if facet is None else facet.get("value")
    return _("unknown") if value is None else words.number(Decimal(str(value)))


def _way(points: Decimal | None) -> str:
    return "flat" if not points else "up" if points > 0 else "down"
