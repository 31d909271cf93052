"""Who matters at an account: contacts with their seats, executives' seats, and all seats by persona, a page at a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import F
from django.utils.translation import gettext as _

from accounts.models import Contact, Seat
from accounts.types import SeatKind
from csm_portal.portal import words
from csm_portal.portal.account import kinds
from csm_portal.web import Page

if TYPE_CHECKING:
    from accounts.models import Account, User

ACTIVE_DAYS = 28
SEATS_SHOWN = 25
RANKS = {"sponsor": 0, "champion": 1, "billing": 2, "user": 3, "other": 4}
# The last day of each of these seats in the window; then one row that says whether anything in it named a seat (-1) or nothing did (-2).
NAMED, NAMELESS = -1, -2
LAST_DAYS = """
SELECT s.seat_id, max(s.day) FROM seat_day s
WHERE s.account_id = %(payer)s AND s.day > %(before)s AND s.day <= %(last)s AND s.seat_id = ANY (%(seats)s)
GROUP BY s.seat_id
UNION ALL
SELECT CASE WHEN max(s.seat_id) > 0 THEN -1 ELSE -2 END, max(s.day) FROM seat_day s
WHERE s.account_id = %(payer)s AND s.day > %(before)s AND s.day <= %(last)s
HAVING count(*) > 0
"""
PERSONAS = """
SELECT t.persona, count(*), count(*) FILTER (WHERE t.started), count(*) FILTER (WHERE t.started AND u.seat_id IS NOT NULL),
       count(*) FILTER (WHERE t.is_executive), count(*) FILTER (WHERE t.is_executive AND u.seat_id IS NOT NULL)
FROM (
    SELECT id, persona, is_executive, coalesce(coalesce(activated_on, first_event_on) <= %(last)s, false) AS started
    FROM accounts_seat
    WHERE account_id = %(account)s AND kind = 'human' AND (deactivated_on IS NULL OR deactivated_on > %(last)s)
) t
LEFT JOIN (
    SELECT DISTINCT seat_id FROM seat_day
    WHERE account_id = %(payer)s AND day > %(before)s AND day <= %(last)s AND logged_in
) u ON u.seat_id = t.id
GROUP BY t.persona ORDER BY count(*) DESC, t.persona
"""


@dataclass(frozen=True)
class Seen:
    """Last active days of seats in the 28 days to `as_of` (None: no night yet). Not `known`: nothing in those days names a seat."""

    days: dict[int, date]
    as_of: date | None
    known: bool

    def words(self, seat: int) -> str:
        """When the seat was last active, or why nobody can say."""
        if self.as_of is None:
            return _("activity unknown: no night yet")
        if not self.known:
            return _("activity unknown: what they load names no seat")
        on = self.days.get(seat)
        return _("not active in 28 days") if on is None else _("active %(ago)s") % {"ago": words.ago(on, self.as_of)}

    def active(self, seat: int) -> bool | None:
        """Whether the seat was active; None: unknown."""
        return seat in self.days if self.known else None


@dataclass(frozen=True)
class Person:
    """A contact (`key`: its role) or an executive's seat. `seen`: when their seat was last active; `seen_ok` None: unknown or no seat."""

    name: str
    role: str
    rank: int
    email: str
    phone: str
    channel: str
    left: str
    seat: str
    seen: str
    seen_ok: bool | None
    key: str = ""
    left_on: date | None = None


@dataclass(frozen=True)
class PersonaLine:
    """Seats of one persona: people with a seat, activated ones, and those active in 28 days, with their shares."""

    persona: str
    people: str
    activated: str
    activated_share: str
    active: str
    active_share: str


@dataclass(frozen=True)
class SeatLine:
    """One seat."""

    name: str
    email: str
    persona: str
    outlet: str
    executive: bool
    bot: bool
    activated: str
    activated_on: date | None
    state: str
    seen: str


@dataclass(frozen=True)
class Seats:
    """Seats by persona, what is said of the executives, and one page of the list (executives first)."""

    personas: list[PersonaLine]
    executives: str
    lines: list[SeatLine]
    page: Page
    persona: str
    choices: list[tuple[str, str]]


def people(account: Account, user: User, as_of: date | None) -> list[Person]:
    """Contacts, sponsors first and who left last, with the last activity of their seats; then executives' seats without a contact."""
    contacts = list(Contact.objects.visible_to(user).filter(account=account).select_related("seat"))
    linked = [row.seat_id for row in contacts if row.seat_id]
    bosses = list(
        Seat.objects.visible_to(user)
        .filter(account=account, is_executive=True, kind=SeatKind.HUMAN, deactivated_on__isnull=True)
        .exclude(pk__in=linked)
        .order_by("name", "external_id")[:10]
    )
    seen = last_days(account, [*linked, *(row.pk for row in bosses)], as_of)
    found = [_contact(row, seen) for row in contacts] + [_boss(row, seen) for row in bosses]
    return sorted(found, key=lambda one: (bool(one.left), one.rank, one.name))


def last_days(account: Account, seats: Iterable[int], as_of: date | None) -> Seen:
    """Last active day of these seats in the 28 days to `as_of`; a seat that was not active then is missing. Bots have none."""
    if as_of is None:
        return Seen({}, None, known=False)
    with connection.cursor() as cursor:
        cursor.execute(LAST_DAYS, {**_window(account, as_of), "seats": list(seats)})
        found = dict(cursor.fetchall())
    return Seen(found, as_of, known=NAMELESS not in found)


def seat_list(account: Account, user: User, as_of: date | None, today: date, *, persona: str = "", number: int = 1) -> Seats:
    """One page of seats and the sums by persona; four queries however many seats there are."""
    last = as_of or today
    with connection.cursor() as cursor:
        cursor.execute(PERSONAS, {**_window(account, last), "account": account.pk})
        sums = cursor.fetchall()
    rows = Seat.objects.visible_to(user).filter(account=account)
    if persona in kinds.PERSONAS and persona != "":
        rows = rows.filter(persona=persona)
    elif persona == "unknown":
        rows = rows.filter(persona="")
    total = rows.count()
    page = Page(max(1, min(number, Page(1, total, SEATS_SHOWN).n_pages)), total, SEATS_SHOWN)
    ordered = rows.select_related("unit").order_by(
        "-kind", F("deactivated_on").desc(nulls_first=True), "-is_executive", "persona", "name", "pk"
    )
    shown = list(ordered[(page.number - 1) * SEATS_SHOWN : page.number * SEATS_SHOWN])
    seen = last_days(account, [row.pk for row in shown], as_of)
    return Seats(
        personas=[_persona(*row[:4], known=seen.known) for row in sums],
        executives=_executives(sum(row[4] for row in sums), sum(row[5] for row in sums), known=seen.known),
        lines=[_seat(row, seen, last) for row in shown],
        page=page,
        persona=persona,
        choices=[(row[0] or "unknown", kinds.persona(row[0])) for row in sums],
    )


def _window(account: Account, last: date) -> dict[str, Any]:
    return {"payer": account.counts_for_id or account.pk, "before": last - timedelta(days=ACTIVE_DAYS), "last": last}


def _contact(row: Contact, seen: Seen) -> Person:
    return Person(
        name=row.name or row.email or _("name unknown"),
        role=kinds.role(row.role),
        rank=RANKS.get(row.role, 4),
        email=row.email,
        phone=row.phone,
        channel=kinds.channel(row.preferred_channel),
        left=words.day(row.left_on) if row.left_on else "",
        seat=(row.seat.name or row.seat.external_id) if row.seat else "",
        seen=seen.words(row.seat_id) if row.seat_id else _("no seat linked"),
        seen_ok=seen.active(row.seat_id) if row.seat_id else None,
        key=row.role,
        left_on=row.left_on,
    )


def _boss(row: Seat, seen: Seen) -> Person:
    name = row.name or row.email or row.external_id
    return Person(
        name=name,
        role=_("executive"),
        rank=1,
        email=row.email,
        phone="",
        channel="",
        left="",
        seat=name,
        seen=seen.words(row.pk),
        seen_ok=seen.active(row.pk),
    )


def _persona(key: str, people: int, activated: int, active: int, *, known: bool) -> PersonaLine:
    return PersonaLine(
        persona=kinds.persona(key),
        people=words.number(people),
        activated=words.number(activated),
        activated_share=words.percent(activated / people) if people else words.UNKNOWN,
        active=words.number(active) if known else _("unknown"),
        active_share=words.percent(active / activated) if activated and known else words.UNKNOWN,
    )


def _executives(people: int, active: int, *, known: bool) -> str:
    if not people:
        return _("No seat is marked as an executive's, so whether the boss uses it is unknown.")
    if not known:
        return _("Whether the executives' seats were active is unknown: nothing loaded names a seat, or no night was built.")
    return _("%(active)d of %(people)d executives' seats were active in 28 days.") % {"active": active, "people": people}


def _seat(row: Seat, seen: Seen, last: date) -> SeatLine:
    started = row.activated_on or row.first_event_on
    bot = row.kind == SeatKind.BOT
    if row.deactivated_on and row.deactivated_on <= last:
        state = _("deactivated %(day)s") % {"day": words.day(row.deactivated_on)}
    elif bot:
        state = _("bot, counts in nothing")
    else:
        state = "" if started and started <= last else _("not activated")
    on = seen.days.get(row.pk)
    return SeatLine(
        name=row.name or row.external_id,
        email=row.email,
        persona=kinds.persona(row.persona),
        outlet=row.unit.name if row.unit else "",
        executive=row.is_executive,
        bot=bot,
        activated=words.day(started),
        activated_on=started,
        state=state,
        seen=_("unknown") if not seen.known or bot else _("not in 28 days") if on is None else words.ago(on, last),
    )
