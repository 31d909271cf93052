from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from csm_portal.nightly.plan import Known, by_month, days_between, plan_run

FROM = date(2026, 1, 5)
AS_OF = date(2026, 3, 10)
NOTHING = frozenset[date]()

days = st.dates(date(2025, 12, 1), date(2026, 4, 30))


def known(*, published: frozenset[date] = NOTHING, dirty: frozenset[date] = NOTHING, data_from: date | None = FROM) -> Known:
    return Known(data_from=data_from, activity=published, health=published, dirty=dirty)


def test_the_first_night_builds_every_day_since_the_data_begin() -> None:
    plan = plan_run(AS_OF, known())
    assert plan.activity == tuple(days_between(FROM, AS_OF))
    assert plan.health == plan.activity
    assert plan.first_day == FROM


def test_an_ordinary_night_builds_its_own_day_and_what_is_dirty() -> None:
    before = frozenset(days_between(FROM, AS_OF - timedelta(days=1)))
    late = date(2026, 2, 1)
    plan = plan_run(AS_OF, known(published=before, dirty=frozenset({late})))
    assert plan.activity == (late, AS_OF)
    assert plan.health == (*days_between(late, late + timedelta(days=27)), AS_OF)


def test_a_night_without_news_still_scores_the_as_of_day() -> None:
    everything = frozenset(days_between(FROM, AS_OF))
    plan = plan_run(AS_OF, known(published=everything))
    assert plan.activity == ()
    assert plan.health == (AS_OF,)


def test_without_data_there_is_nothing_to_grade() -> None:
    assert plan_run(AS_OF, known(data_from=None)).activity == ()


def test_a_span_brings_the_whole_month_that_its_first_one_is_compared_with() -> None:
    plan = plan_run(AS_OF, known(), first=date(2026, 3, 5))
    assert plan.activity[0] == date(2026, 2, 1)
    assert plan.health == tuple(days_between(date(2026, 3, 5), AS_OF))


@given(published=st.frozensets(days), dirty=st.frozensets(days), first=st.none() | st.dates(FROM, AS_OF))
def test_a_plan_stays_between_the_first_data_and_the_as_of_day(
    published: frozenset[date], dirty: frozenset[date], first: date | None
) -> None:
    plan = plan_run(AS_OF, known(published=published, dirty=dirty), first=first)
    assert all(FROM <= day <= AS_OF for day in (*plan.activity, *plan.health))
    assert list(plan.activity) == sorted(set(plan.activity))
    due = {day for day in dirty if FROM <= day <= AS_OF and (first is None or day in published or day >= first)}
    assert due <= set(plan.activity)
    assert AS_OF in plan.health


@given(published=st.frozensets(days), dirty=st.frozensets(days))
def test_after_a_night_no_day_is_missing(published: frozenset[date], dirty: frozenset[date]) -> None:
    plan = plan_run(AS_OF, known(published=published, dirty=dirty))
    assert set(days_between(FROM, AS_OF)) <= published | set(plan.activity)


@given(st.lists(days, unique=True).map(sorted))
def test_month_chunks_hold_every_day_once_and_one_month_each(chosen: list[date]) -> None:
    chunks = list(by_month(chosen))
    assert [day for _label, chunk in chunks for day in chunk] == chosen
    assert all({f"{day:%Y-%m}" for day in chunk} == {label} for label, chunk in chunks)
    assert len({label for label, _chunk in chunks}) == len(chunks)


def test_a_span_leaves_dirty_days_that_nobody_has_seen_for_later() -> None:
    unseen, seen = date(2026, 1, 10), date(2026, 1, 11)
    plan = plan_run(AS_OF, known(published=frozenset({seen}), dirty=frozenset({unseen, seen})), first=date(2026, 3, 5))
    assert seen in plan.activity
    assert unseen not in plan.activity
