"""Whether the right people are there: champions who left, executives who are silent, seats that were bought and never opened.

What the last night stored says so, and the contacts as known now: no event is read. docs/methods/states.md, seat quality.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import BooleanField, F, Func, IntegerField

# Whose leaving is felt, each role for itself: a sponsor who stays does not replace a champion.
CARRIERS = ("champion", "sponsor")
LEFT = """
(SELECT EXISTS (
    SELECT FROM accounts_contact c WHERE c.account_id = me.account_id AND c.role IN ('champion', 'sponsor') AND c.left_on <= me.as_of
      AND NOT EXISTS (
          SELECT FROM accounts_contact o
          WHERE o.account_id = c.account_id AND o.role = c.role AND (o.left_on IS NULL OR o.left_on > me.as_of))
) FROM (VALUES (%(expressions)s)) AS me (account_id, as_of))
"""
# Null: there was activity, and what was loaded names no seat.
ACTIVE = """
(SELECT CASE WHEN NOT (me.active = 0 AND me.strip ~ '[LMH]') THEN me.active END FROM (VALUES (%(expressions)s)) AS me (active, strip))
"""
# Null: no executive has a seat, or what was loaded in those days names none.
SILENT = """
(SELECT CASE WHEN (me.facts ->> 'executive_seats')::numeric > 0 AND NOT (me.active = 0 AND me.strip ~ '[LMH]')
             THEN coalesce((me.facts ->> 'executive_active')::numeric, 0) = 0 END
 FROM (SELECT t.facets #> '{executive,evidence}' AS facts, t.active, t.strip
       FROM (VALUES (%(expressions)s)) AS t (facets, active, strip)) AS me)
"""
# Null: no seats were loaded, or no contract says how many were bought.
UNOPENED = """
(SELECT CASE WHEN me.purchased > 0 AND me.facets #>> '{adoption,value}' IS NOT NULL THEN greatest(me.purchased - me.activated, 0) END
 FROM (VALUES (%(expressions)s)) AS me (facets, purchased, activated))
"""


@dataclass(frozen=True, slots=True)
class SeatQuality:
    """The signs of one account. `left` and `replaced` are names; `silent` None: unknown or no executive's seat; `unopened` likewise."""

    left: tuple[str, ...]
    replaced: tuple[str, ...]
    executives: int
    silent: bool | None
    unopened: int | None
    purchased: int


def seats_active() -> Func:
    """Of a state row: distinct seats with a key action in 28 days; null where `seats_unnamed`."""
    return Func(F("seats_active"), F("strip"), template=ACTIVE, output_field=IntegerField())


def champion_left() -> Func:
    """Of a state row: whether a champion or sponsor has left by its day and nobody who stayed holds that role."""
    return Func(F("account_id"), F("as_of"), template=LEFT, output_field=BooleanField())


def boss_silent() -> Func:
    """Of a state row: whether there are executives' seats and none was active in 28 days; null where that is unknown."""
    return Func(F("facets"), F("seats_active"), F("strip"), template=SILENT, output_field=BooleanField())


def never_activated() -> Func:
    """Of a state row: seats bought and not activated; null where that is unknown."""
    return Func(F("facets"), F("seats_purchased"), F("seats_activated"), template=UNOPENED, output_field=IntegerField())


def seats_unnamed(state: Any) -> bool:
    """Whether there was activity in the 28 days to a state row's day and no seat did it: what was loaded names none, so that how many seats
    are active is unknown."""
    return not state.seats_active and bool(set(state.strip) & set("LMH"))


def seat_quality(state: Any, contacts: Iterable[tuple[str, str, date | None]]) -> SeatQuality:
    """The signs of one account from its AccountState and its contacts (role, name, day of leaving); as the three expressions say."""
    known = list(contacts)
    stayed = {role for role, _name, left_on in known if left_on is None or left_on > state.as_of}
    gone = [(role, name) for role, name, left_on in known if role in CARRIERS and left_on is not None and left_on <= state.as_of]
    facts: Mapping[str, Any] = (state.facets.get("executive") or {}).get("evidence") or {}
    executives = int(facts.get("executive_seats") or 0)
    adopted = (state.facets.get("adoption") or {}).get("value") is not None
    return SeatQuality(
        left=tuple(name for role, name in gone if role not in stayed),
        replaced=tuple(name for role, name in gone if role in stayed),
        executives=executives,
        silent=not facts.get("executive_active") if executives and not seats_unnamed(state) else None,
        unopened=max(0, state.seats_purchased - state.seats_activated) if adopted and state.seats_purchased > 0 else None,
        purchased=state.seats_purchased,
    )
