"""Behaviour groups: quarters without split ties, the test and its verdict, and who is looked at when."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Seat, User
from churn import behaviours as room
from churn.behaviours import Use, Verdict, behaviours, grouped, judged
from csm_portal.lib.estimates import share
from csm_portal.lib.many_tests import q_values, trend_z, two_sided_p
from tests import factories as make
from tests.churn.test_cohorts import acted

AS_OF = date(2026, 6, 30)
BEGAN = date(2026, 1, 10)
DAY = timedelta(days=1)
Uses = dict[Decimal, tuple[int, int]]


def uses_of(*counts: int) -> Uses:
    return {Decimal(count): (0, counts.count(count)) for count in counts}


def members(uses: Uses, everybody: int) -> dict[Use, tuple[int, Decimal | None, Decimal | None]]:
    return {group.use: (group.lost.n, group.least, group.most) for group in grouped(uses, share(0, everybody))}


def test_the_worked_quarters() -> None:
    assert members(uses_of(1, 1, 1, 2, 3, 4, 8, 9), 10) == {
        Use.NEVER: (2, None, None),
        Use.INFREQUENT: (3, 1, 1),
        Use.MODERATE: (3, 2, 4),
        Use.HIGH: (2, 8, 9),
    }


def test_equals_stay_together_even_when_all_are_equal() -> None:
    assert members(uses_of(5, 5, 5, 5), 4)[Use.MODERATE] == (4, Decimal(5), Decimal(5))
    assert members(uses_of(1, 2, 3, 4), 4) == {
        Use.NEVER: (0, None, None),
        Use.INFREQUENT: (1, 1, 1),
        Use.MODERATE: (2, 2, 3),
        Use.HIGH: (1, 4, 4),
    }


@given(st.dictionaries(st.integers(1, 50).map(Decimal), st.integers(1, 30).map(lambda n: (n // 3, n)), min_size=1))
def test_groups_are_in_order_hold_everybody_once_and_stay_near_their_quarters(uses: Uses) -> None:
    users = sum(n for _lost, n in uses.values())
    lost = sum(gone for gone, _n in uses.values())
    never, *used = grouped(uses, share(lost + 1, users + 5))
    assert (never.lost.n, never.lost.hits) == (5, 1)
    assert sum(group.lost.n for group in used) == users
    assert sum(group.lost.hits for group in used) == lost
    ends = [(group.least, group.most) for group in used if group.least is not None]
    assert ends == sorted(ends)
    assert all(most < least for (_a, most), (least, _b) in pairwise(ends) if most is not None and least is not None)
    largest = max(n for _lost, n in uses.values())
    for group, quarter in ((used[0], 0.25), (used[2], 0.25)):
        assert abs(group.lost.n - quarter * users) <= largest / 2 + 1e-9 or group.lost.n == 0


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 20)).map(lambda two: (min(two), max(two))), min_size=2, max_size=4))
def test_the_trend_is_the_correlation_of_place_and_loss(groups: list[tuple[int, int]]) -> None:
    places = [place for place, (_hits, n) in enumerate(groups) for _ in range(n)]
    gone = [int(i < hits) for hits, n in groups for i in range(n)]
    z = trend_z(groups)
    if len(set(gone)) < 2 or len(set(places)) < 2:
        assert z is None
        return
    mean_place, mean_gone = sum(places) / len(places), sum(gone) / len(gone)
    together = sum((a - mean_place) * (b - mean_gone) for a, b in zip(places, gone, strict=True))
    r = together / (sum((a - mean_place) ** 2 for a in places) * sum((b - mean_gone) ** 2 for b in gone)) ** 0.5
    assert z is not None
    assert isclose(z, r * len(places) ** 0.5, abs_tol=1e-9)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_adjusted_ps_are_scipys(ps: list[float]) -> None:
    from scipy.stats import false_discovery_control

    assert all(isclose(mine, his, abs_tol=1e-12) for mine, his in zip(q_values(ps), false_discovery_control(ps), strict=True))


def test_a_z_of_two_sides() -> None:
    assert isclose(two_sided_p(1.959963984540054), 0.05, abs_tol=1e-12)


def test_verdicts_follow_the_direction_and_the_number_of_tests() -> None:
    def action(*lost: int) -> tuple[room.Group, ...]:
        uses = {Decimal(place + 1): (gone, 50) for place, gone in enumerate(lost)}
        return grouped(uses, share(sum(lost), 200))

    found = {one.action: one for one in judged({"good": action(25, 15, 15, 5), "bad": action(5, 15, 15, 25), "same": action(9, 9, 9, 9)})}
    assert {name: one.verdict for name, one in found.items()} == {
        "good": Verdict.CONFIRMS,
        "bad": Verdict.REVERSE,
        "same": Verdict.NO_DIFFERENCE,
    }
    few = judged({"few": grouped({Decimal(1): (1, 20), Decimal(2): (0, 19)}, share(1, 39))})[0]
    assert (few.verdict, few.p, few.q) == (Verdict.TOO_FEW, None, None)
    # The same evidence among many tests of nothing is no finding any more.
    weak = action(16, 13, 11, 7)
    alone = judged({"weak": weak})[0]
    crowd = judged({"weak": weak} | {f"nothing {n}": action(9, 10, 9, 10) for n in range(20)})
    assert alone.verdict is Verdict.CONFIRMS
    assert {one.verdict for one in crowd} == {Verdict.NO_DIFFERENCE}
    assert crowd[0].action == "weak"


def admin() -> User:
    user: User = make.UserFactory.make(role="admin")
    return user


def seat(**fields: object) -> Seat:
    fields.setdefault("account", make.AccountFactory.make())
    row: Seat = make.SeatFactory.make(**{"activated_on": BEGAN, "first_event_on": BEGAN, **fields})
    return row


@pytest.mark.django_db
def test_use_counts_in_the_first_thirty_days_and_loss_in_days_91_to_120() -> None:
    make.define_activity()
    stays, goes, late = seat(), seat(), seat()
    for one, back in ((stays, 90), (goes, 89), (late, 120)):
        acted(one, BEGAN, BEGAN + DAY * back)
    make.event(stays.account, BEGAN + DAY * 29, "export", seat=stays, times=2, quantity=60)
    make.event(stays.account, BEGAN + DAY * 30, "export", seat=stays, times=5)
    make.usage(goes.account, BEGAN, "export", seat=goes, quantity=7)
    found = behaviours(admin(), AS_OF)
    (export,) = found.actions
    assert (found.lost.n, found.lost.hits, export.users, export.verdict) == (3, 2, 2, Verdict.TOO_FEW)
    used = {group.use: (group.lost.n, group.lost.hits, group.least) for group in export.groups if group.lost.n}
    assert used == {Use.NEVER: (1, 1, None), Use.INFREQUENT: (1, 0, 2), Use.HIGH: (1, 1, 7)}


@pytest.mark.django_db
def test_only_seats_that_can_be_followed_and_were_alive_at_the_landmark_are_looked_at() -> None:
    make.define_activity(excluded_personas=["admin"])
    last = AS_OF - DAY * 119
    acted(seat(activated_on=last, first_event_on=last), last)
    acted(seat(activated_on=last + DAY, first_event_on=last + DAY), last + DAY)  # its 120 days are not over
    acted(seat(activated_on=last - DAY * 365, first_event_on=last), last - DAY * 365)  # more than a year before
    acted(seat(), BEGAN + DAY * 30)  # nothing in its first 30 days
    acted(seat(kind="bot"), BEGAN)
    acted(seat(persona="admin"), BEGAN)
    found = behaviours(admin(), AS_OF)
    assert (found.lost.n, found.last, found.first, found.version) == (1, last, last - DAY * 364, 1)


@pytest.mark.django_db
def test_only_the_visible_book_is_looked_at() -> None:
    make.define_activity()
    owner = make.UserFactory.make()
    mine = seat()
    make.own(mine.account, owner)
    for one in (mine, seat()):
        acted(one, BEGAN)
    assert (behaviours(owner, AS_OF).lost.n, behaviours(admin(), AS_OF).lost.n) == (1, 2)
    assert behaviours(make.UserFactory.make(), AS_OF).actions == ()


@pytest.mark.django_db
def test_a_large_book_is_drawn_by_whole_accounts(monkeypatch: pytest.MonkeyPatch) -> None:
    make.define_activity()
    monkeypatch.setattr(room, "MOST_SEATS", 3)
    for _ in range(4):
        account = make.AccountFactory.make()
        for _ in range(2):
            acted(seat(account=account), BEGAN)
    found = behaviours(admin(), AS_OF)
    assert (found.lost.n, found.sampled_of) == (4, 8)
