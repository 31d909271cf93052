"""What happened at an account: filters, order, pages, words."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Account, AccountEdit, Interaction, Invoice, Note, SurveyResponse, Ticket, Visit
from churn.models import ChurnRecord
from csm_portal.portal.account import told
from csm_portal.portal.account.dated import Wanted
from csm_portal.portal.account.stream import first_day
from csm_portal.portal.account.told_kinds import ICONS, TITLES
from csm_portal.portal.timeline import FIGURES, GROUPS, KINDS, SOURCES, happened, kinds_of
from health.models import AccountDay, AccountPeriod, HealthScore, LevelChange, Outcome, Override, Rating, Review
from tests.factories import AccountFactory, ContractFactory, SourceFactory
from tests.portal.shown_book import NOW, person, published_run

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 20)


def words(account: Account, kind: str = "", first: date | None = None) -> list[tuple[str, str, str]]:
    """Day, title and text of every line."""
    wanted = Wanted(kinds_of([kind] if kind else [], quiet=False), first or date.min, TODAY)
    found = [told.line(row, TODAY) for row in happened(account, wanted).rows]
    return [(str(line.on), line.title, line.text) for line in found]


def test_facts_of_every_table_are_told_in_words_the_latest_first() -> None:
    account, author = AccountFactory.make(timezone="Asia/Shanghai"), person(name="Ada")
    loaded = {"source": SourceFactory.make(), "recorded_at": NOW, "account": account}
    at = datetime(2026, 11, 1, 20, tzinfo=UTC)  # the 2nd in Shanghai
    ContractFactory.make(account=account, starts_on=date(2026, 1, 1), ends_on=date(2027, 1, 1), plan="pro")
    Ticket.objects.create(external_id="t", opened_at=at, subject="Broken", escalated=True, **loaded)
    Invoice.objects.create(
        external_id="i", issued_on=date(2026, 10, 1), due_on=date(2026, 10, 31), amount=Decimal(50), currency="EUR", **loaded
    )
    Interaction.objects.create(
        external_id="x", kind="call", happened_at=datetime(2026, 10, 20, tzinfo=UTC), note="Asked", by=author, **loaded
    )
    SurveyResponse.objects.create(
        external_id="s", kind="nps", score=Decimal(3), scale=10, responded_at=datetime(2026, 10, 19, tzinfo=UTC), **loaded
    )
    Outcome.objects.create(external_id="o", statement="Faster", due_on=date(2026, 10, 18), status="behind", **loaded)
    Outcome.objects.create(external_id="later", statement="Later", due_on=date(2026, 12, 18), **loaded)
    Review.objects.create(external_id="r", kind="qbr", held_on=date(2026, 10, 17), executive_attended=True, landed="Savings", **loaded)
    ChurnRecord.objects.create(external_id="c", churned_on=date(2026, 10, 16), type="involuntary", **loaded)
    Rating.objects.create(account=account, question="fit", score=2, rated_on=date(2026, 10, 15), rated_by=author, recorded_at=NOW)
    Override.objects.create(
        account=account,
        band="red",
        starts_on=date(2026, 10, 14),
        ends_on=date(2026, 12, 1),
        reason="They said so",
        author=author,
        recorded_at=NOW,
    )
    Note.objects.create(account=account, author=author, text="Nice people", written_at=datetime(2026, 10, 13, tzinfo=UTC))
    AccountEdit.objects.create(
        batch="00000000-0000-0000-0000-000000000001", account=account, field="tier", old="", new="gold", author=author,
        edited_at=datetime(2026, 10, 12, tzinfo=UTC),
    )  # fmt: skip
    for field, new in (("co_owner", {"id": author.pk, "name": "Ada"}), ("rating:fit", {"score": 2})):
        AccountEdit.objects.create(
            batch="00000000-0000-0000-0000-000000000001", account=account, field=field, new=new, author=author,
            edited_at=datetime(2026, 10, 11, tzinfo=UTC),
        )  # fmt: skip
    assert words(account) == [
        ("2026-11-20", "Outcome defined", "Later · due 18 Dec 2026"),
        ("2026-11-20", "Outcome defined", "Faster · due 18 Oct 2026"),
        ("2026-11-02", "Ticket opened", "Broken · escalated"),
        ("2026-10-31", "Invoice due, not paid", "€50"),
        ("2026-10-20", "Call", "Asked"),
        ("2026-10-19", "NPS 3/10", ""),
        ("2026-10-18", "Outcome due", "Faster · behind"),
        ("2026-10-17", "QBR held", "an executive was there · Savings"),
        ("2026-10-16", "Left us", "involuntary"),
        ("2026-10-15", "Rated", "Fit 2/5"),
        ("2026-10-14", "Band set by hand", "Red · until 1 Dec 2026 · They said so"),
        ("2026-10-13", "Note", "Nice people"),
        ("2026-10-12", "Edited", "Tier: – → gold"),
        ("2026-10-11", "Edited", "Co-owner: – → Ada"),
        ("2026-10-01", "Invoice issued", "€50"),
        ("2026-01-01", "Contract started", "Default · Pro · $100 a month"),
    ]
    assert [line[1] for line in words(account, "tickets")] == ["Ticket opened"]
    assert [line[1] for line in words(account, "outcome_due")] == ["Outcome due"]
    assert [line[0] for line in words(account, "", date(2026, 10, 20))[2:]] == ["2026-11-02", "2026-10-31", "2026-10-20"]


def test_every_kind_belongs_to_one_filter_and_has_its_words() -> None:
    kinds = [source.kind for group in SOURCES.values() for source in group] + [kind for group in FIGURES.values() for kind in group]
    assert len(kinds) == len(set(kinds)) == len(KINDS)
    assert set(SOURCES) | set(FIGURES) == set(GROUPS) == set(KINDS.values())
    assert set(kinds) <= set(told.TELLERS) | set(TITLES)
    assert set(kinds) == set(ICONS)


def test_levels_tell_jumps_of_two_steps_between_working_days_only() -> None:
    account = AccountFactory.make()
    for day, level, working in ((9, 3, True), (10, 2, True), (11, 0, False), (12, 0, True), (13, 3, True), (16, -1, True), (17, 3, True)):
        AccountDay.objects.create(
            run=published_run(), account=account, day=date(2026, 11, day), level=level, key_actions=1, active_seats=1, seats=1,
            paying=True, active=level > 0, working=working, version=1,
        )  # fmt: skip
    assert words(account, "figures") == [("2026-11-13", "Level", "Zero → High"), ("2026-11-12", "Level", "Medium → Zero")]
    assert words(account, "steps") == [("2026-11-10", "Level", "High → Medium")]
    assert words(account) == words(account, "figures")


def test_bands_and_weeks_are_told_when_they_turn() -> None:
    account, run = AccountFactory.make(), published_run()
    for day, band, score in ((10, "green", 80), (11, "amber", 70), (12, "amber", 69), (13, "unknown", None)):
        HealthScore.objects.create(
            run=run, account=account, day=date(2026, 11, day), score=score, band=band, coverage=1, facets={}, version=1
        )
    for start, active in ((date(2026, 10, 26), True), (date(2026, 11, 2), False), (date(2026, 11, 9), None)):
        AccountPeriod.objects.create(
            run=run, account=account, grain="week", starts_on=start, ends_on=start + timedelta(days=7), active_days=1, known_days=5,
            working_days=5, bar=3, active=active, paying=True, joined=False, provisional=False, can_reach=False, levels=[0] * 5, version=1,
        )  # fmt: skip
    LevelChange.objects.create(run=run, account=account, day=date(2026, 11, 3), level_before=0, level_after=2)
    assert words(account, "figures") == [
        ("2026-11-19", "Day recomputed", "3 Nov 2026 was computed again: Zero → Medium"),
        ("2026-11-13", "Health band", "Amber → Unknown"),
        ("2026-11-11", "Health band", "Green → Amber · score 70.0"),
        ("2026-11-09", "Week no longer active", "1 active days, 3 are needed"),
    ]


def test_what_one_night_computed_again_is_one_line_and_its_days_are_there_for_whoever_asks() -> None:
    account, run = AccountFactory.make(), published_run()
    moved = {3: (0, 2), 28: (2, 1), 10: (3, 1), 17: (1, -1), 20: (None, 1)}
    for day, (before, after) in moved.items():
        LevelChange.objects.create(run=run, account=account, day=date(2026, 10, day), level_before=before, level_after=after)
    told = "5 days from 3 Oct 2026 to 28 Oct 2026 · level higher on 1 · level lower on 2 · unknown before or now on 2"
    assert words(account, "figures") == [("2026-11-19", "Recomputed", told)]
    days = [text.split(" was")[0] for _on, _title, text in words(account, "steps")]
    assert days == ["28 Oct 2026", "20 Oct 2026", "17 Oct 2026", "10 Oct 2026", "3 Oct 2026"]


def test_pages_follow_each_other_without_gap_or_repetition_in_one_statement_each() -> None:
    account, source = AccountFactory.make(), SourceFactory.make()
    Ticket.objects.bulk_create(
        Ticket(source=source, external_id=str(n), account=account, opened_at=NOW - timedelta(days=n // 4), recorded_at=NOW, subject=str(n))
        for n in range(55)
    )
    with CaptureQueriesContext(connection) as queries:
        found = [happened(account, Wanted(last=TODAY), start=start, n=20) for start in (0, 20, 40)]
    pages = [one.rows for one in found]
    assert len(queries) == 3
    assert {one.total for one in found} == {55}
    assert sorted(int(row.facts["subject"]) for page in pages for row in page) == list(range(55))


def test_rows_of_other_accounts_stay_there() -> None:
    mine, other = AccountFactory.make(), AccountFactory.make()
    Note.objects.create(account=other, author=person(), text="theirs", written_at=NOW)
    assert words(mine) == []
    assert len(words(other)) == 1


def test_the_last_visit_is_the_latest_one_before_today() -> None:
    user = person()
    assert first_day(user, "visit", TODAY) == TODAY - timedelta(days=30)
    for day in (TODAY, TODAY - timedelta(days=3), TODAY - timedelta(days=9)):
        Visit.objects.create(user=user, day=day, first_at=NOW, last_at=NOW)
    Visit.objects.create(user=person(), day=TODAY - timedelta(days=1), first_at=NOW, last_at=NOW)
    assert first_day(user, "visit", TODAY) == TODAY - timedelta(days=3)
    assert first_day(user, "all", TODAY) is None
