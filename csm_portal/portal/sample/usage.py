"""What people did in the product: arrays of seats by days, then one row per event.

Numpy all the way; events are looped over only to write their lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from csm_portal.portal.sample import policy
from csm_portal.portal.sample.customer import Customer
from csm_portal.portal.sample.plan import Slot
from csm_portal.portal.sample.rhythm import pulse
from csm_portal.portal.sample.seats import Seat
from csm_portal.portal.sample.terms import Journey
from csm_portal.portal.sample.window import Window, iso, offsets

RAMP_DAYS: Final = 75
QUIET_LEFT: Final = 0.04
LOGIN_SHARE: Final = 0.30  # sessions stay open for days, so most days of use begin without a login event
VIEW_SHARE: Final = 0.14
EXTRA_KEY_ACTIONS: Final = 0.30
NO_SEAT_SHARE: Final = 0.02
TRAINING_DAYS: Final = 60
UNIX_EPOCH_DAY: Final = 719_163
LOGIN, VIEW, START_APPROVAL, REPORT, TRAINING = (
    policy.ACTIONS.index(name) for name in ("login", "view_dashboard", "start_approval", "report_opened", "watch_training")
)
APPROVE, ORDER, PUBLISH = (policy.ACTIONS.index(name) for name in ("approve", "create_order", "publish_report"))

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Usage:
    """One account's events in time order, as parallel arrays; `day` counts from the window's first, `seat` -1 is nobody."""

    day: Ints
    minute: Ints
    seat: Ints
    action: Ints
    quantity: Ints
    value_cents: Ints


@dataclass(frozen=True, slots=True)
class Habit:
    """An account's chance that a seat works on a day, and actions of a working seat, per day of the window."""

    works: Floats
    actions: Floats


def habit(customer: Customer, rng: Generator) -> Habit:
    """The account's rhythm: half value, half its own habit, through holidays, ramps and shutdowns. Nothing outside trial and contract."""
    slot, latent, journey, window = customer.slot, customer.latent, customer.journey, customer.window
    days = np.arange(window.first, window.last + 1)
    own = rng.normal()
    score = policy.USAGE_OF_VALUE * latent.values[: len(days)] + policy.USAGE_OF_HABIT * own + 0.35
    if slot.kind == "busy":
        score = score + 1.1
    if slot.kind == "quiet":
        score = score - 1.9
    open_days = pulse(slot.market.country, slot.work_week, window.first, window.last)
    works = open_days / (1 + np.exp(-(0.15 + 0.80 * score)))
    actions = np.exp(np.log(2.5) + 0.28 * score)
    works = works * _ramp(days, journey) * _covered(days, journey)
    for start, end, _ in customer.quiet:
        works[(days >= start) & (days < end)] *= QUIET_LEFT
    return Habit(np.clip(works, 0.0, 0.97), actions)


def _ramp(days: Ints, journey: Journey) -> Floats:
    """From a third to all over the first weeks of the first term."""
    since = days - (journey.terms[0].starts_on if journey.terms else 0)
    return np.clip(0.35 + 0.65 * since / RAMP_DAYS, 0.35, 1.0)


def _covered(days: Ints, journey: Journey) -> NDArray[np.bool_]:
    """Days inside a term; the days before a late signature count, as people work on."""
    inside = np.zeros(len(days), dtype=bool)
    previous: int | None = None
    for term in journey.core:
        start = previous if previous is not None and term.starts_on - previous <= 30 else term.starts_on
        inside |= (days >= start) & (days < (term.ends_on if term.ends_on is not None else days[-1] + 1))
        previous = term.ends_on
    return inside


def usage(slot: Slot, seats: list[Seat], rhythm: Habit, window: Window, rng: Generator) -> Usage:
    """Draw every event of the account."""
    working = _working(seats, rhythm, window, rng)
    at, who = np.nonzero(working.T)  # by day, then seat
    robots = np.array([seat.bot for seat in seats], dtype=bool)
    parts = [_key_actions(slot, at, who, rhythm, rng), *_side_actions(slot, at, who, robots, rng), _training(seats, at, who, window, rng)]
    parts.append(_reports(slot, seats, rhythm, window, rng))
    day, seat, action, quantity = (np.concatenate([part[column] for part in parts]) for column in range(4))
    human = ~robots[seat]
    keep = human | (action == ORDER)  # an import robot only makes orders
    day, seat, action, quantity = day[keep], seat[keep], action[keep], quantity[keep]
    minute = np.clip(rng.normal(np.where(rng.random(len(day)) < 0.55, 620, 905), 75), 240, 1_320).astype(np.int64)
    value = np.where(action == ORDER, _order_values(slot, quantity, rng), 0)
    named = np.where((rng.random(len(day)) < NO_SEAT_SHARE) & (action == ORDER), -1, seat)
    order = np.lexsort((action, seat, minute, day))
    return Usage(day[order], minute[order], named[order], action[order], quantity[order], value[order])


def _working(seats: list[Seat], rhythm: Habit, window: Window, rng: Generator) -> NDArray[np.bool_]:
    """Seats x days: who did something. Each person has a leaning of their own."""
    days = np.arange(window.first, window.last + 1)
    on = np.array([seat.activated_on for seat in seats])
    off = np.array([seat.deactivated_on if seat.deactivated_on is not None else window.last + 1 for seat in seats])
    leaning = np.clip(1 + 0.28 * rng.normal(size=len(seats)), 0.3, 1.6)
    chance = np.minimum(leaning[:, None] * rhythm.works[None, :], 0.97)
    alive = (days >= on[:, None]) & (days < off[:, None])
    drawn: NDArray[np.bool_] = (rng.random(chance.shape) < chance) & alive
    return drawn


def _key_actions(slot: Slot, at: Ints, who: Ints, rhythm: Habit, rng: Generator) -> tuple[Ints, Ints, Ints, Ints]:
    share = {"busy": 0.10, "quiet": 0.7}.get(slot.kind, 0.96)
    doing = rng.random(len(at)) < share
    at, who = at[doing], who[doing]
    times = 1 + (rng.random(len(at)) < EXTRA_KEY_ACTIONS).astype(np.int64)
    mean = rhythm.actions[at] / times - 1
    at, who, mean = np.repeat(at, times), np.repeat(who, times), np.repeat(mean, times)
    quantity = 1 + rng.poisson(np.maximum(mean, 0.0))
    action = rng.choice(len(policy.KEY_ACTIONS), size=len(at), p=np.array(slot.industry.action_mix))
    return at, who, action, quantity


def _side_actions(slot: Slot, at: Ints, who: Ints, robots: NDArray[np.bool_], rng: Generator) -> list[tuple[Ints, Ints, Ints, Ints]]:
    """Logins, dashboards and approvals begun: use, but no value. Busy accounts do little else."""
    shares = {LOGIN: LOGIN_SHARE, VIEW: VIEW_SHARE, START_APPROVAL: 0.06}
    if slot.kind == "busy":
        shares = {LOGIN: 0.8, VIEW: 0.75, START_APPROVAL: 0.05}
    parts = []
    for action, share in shares.items():
        hit = (rng.random(len(at)) < share) & ~robots[who]
        parts.append((at[hit], who[hit], np.full(hit.sum(), action), np.ones(hit.sum(), dtype=np.int64)))
    return parts


def _training(seats: list[Seat], at: Ints, who: Ints, window: Window, rng: Generator) -> tuple[Ints, Ints, Ints, Ints]:
    """Training films in a seat's first weeks; the quantity is seconds watched."""
    fresh = at + window.first - np.array([seat.activated_on for seat in seats])[who] < TRAINING_DAYS
    hit = fresh & (rng.random(len(at)) < 0.08)
    return at[hit], who[hit], np.full(hit.sum(), TRAINING), rng.integers(8, 600, size=int(hit.sum()))


def _reports(slot: Slot, seats: list[Seat], rhythm: Habit, window: Window, rng: Generator) -> tuple[Ints, Ints, Ints, Ints]:
    """E-mailed reports opened, on Mondays: value without a login, for quiet accounts above all."""
    share = {"quiet": 0.75, "busy": 0.05}.get(slot.kind, 0.12)
    mondays = np.arange((1 - window.first) % 7, window.days, 7)  # ordinal 1 was a Monday
    mondays = mondays[rhythm.works[mondays] > 0]
    people = np.array([at for at, seat in enumerate(seats) if not seat.bot][:2], dtype=np.int64)
    at, who = np.repeat(mondays, len(people)), np.tile(people, len(mondays))
    on = np.array([seat.activated_on for seat in seats])[who]
    off = np.array([seat.deactivated_on if seat.deactivated_on is not None else window.last + 1 for seat in seats])[who]
    hit = (rng.random(len(at)) < share) & (at + window.first >= on) & (at + window.first < off)
    return at[hit], who[hit], np.full(hit.sum(), REPORT), np.ones(hit.sum(), dtype=np.int64)


def _order_values(slot: Slot, quantity: Ints, rng: Generator) -> Ints:
    """Cents in the account's currency."""
    median = slot.industry.order_value * policy.PRICE_FACTOR[slot.market.currency]
    return np.rint(median * np.exp(0.5 * rng.normal(size=len(quantity))) * quantity * 100).astype(np.int64)


def event_lines(customer: Customer, events: Usage) -> list[str]:
    """CSV lines of `events`; instants in UTC, reports under the second product where it was bought."""
    slot, window = customer.slot, customer.window
    shift = offsets(slot.timezone, window.first, window.last)
    epoch = np.datetime64("1970-01-01", "s") - np.int64(UNIX_EPOCH_DAY * 86_400)
    seconds = (events.day + window.first) * 86_400 + (events.minute - shift[events.day]) * 60 + np.arange(len(events.day)) % 60
    stamps = np.datetime_as_string(epoch + seconds, unit="s").tolist()
    ids = [*(seat.external_id for seat in customer.seats), ""]
    products = [policy.CORE_PRODUCT] * len(policy.ACTIONS)
    if any(term.product == policy.SECOND_PRODUCT for term in customer.journey.terms):
        products[PUBLISH] = policy.SECOND_PRODUCT
    account, stem = slot.external_id, f"e{slot.index + 1:05d}-"
    rows = zip(stamps, events.seat.tolist(), events.action.tolist(), events.quantity.tolist(), events.value_cents.tolist(), strict=True)
    return [
        f"{stem}{number},{account},{policy.ACTIONS[action]},{stamp}Z,{ids[seat]},{products[action]},{quantity},{_cents(value)},{_PROPERTIES[action]}\n"
        for number, (stamp, seat, action, quantity, value) in enumerate(rows)
    ]


def _cents(value: int) -> str:
    return f"{value // 100}.{value % 100:02d}" if value else ""


_PROPERTIES: Final = tuple('"{""channel"":""web""}"' if action == "publish_report" else "" for action in policy.ACTIONS)


def daily_rows(slot: Slot, events: Usage, window: Window) -> list[tuple[object, ...]]:
    """Rows of `usage_daily`: counts per day and action; the login row's distinct seats are all who did anything but open a report."""
    rows: list[tuple[object, ...]] = []
    active = events.action != REPORT
    present = _distinct(events.day[active], events.seat[active])
    for action in range(len(policy.ACTIONS)):
        mine = (events.action == action) & (action != TRAINING)
        total = np.bincount(events.day[mine], weights=events.quantity[mine], minlength=window.days).astype(np.int64)
        people = _distinct(events.day[mine], events.seat[mine])
        if action == LOGIN:
            people = present
            total = np.array([max(int(total[day]), present.get(day, 0)) for day in range(window.days)])
        rows += [
            (slot.external_id, iso(window.first + day), policy.ACTIONS[action], int(total[day]), people.get(day, 0), policy.CORE_PRODUCT)
            for day in np.nonzero(total)[0].tolist()
        ]
    return rows


def _distinct(day: Ints, seat: Ints) -> dict[int, int]:
    """Named seats per day."""
    named = seat >= 0
    pairs = np.unique(day[named] * 10_000 + seat[named])
    days, counts = np.unique(pairs // 10_000, return_counts=True)
    return dict(zip(days.tolist(), counts.tolist(), strict=True))
