"""Loading a folder: references, repeats, reloads, dry runs, resuming."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.dirty import PUBLISHED_JOB
from accounts.loading import apply_events
from accounts.loading import load as load_module
from accounts.loading.job import Job
from accounts.loading.turns import Turn
from accounts.models import (
    Account,
    Contract,
    DirtyDay,
    Event,
    ImportRun,
    Interaction,
    JobRun,
    Ownership,
    RejectedRow,
    Seat,
    UsageDaily,
    User,
)
from accounts.types import JobState
from tests.accounts.loading.folders import book, codes, counts, load, rejected, report_of, write

ACCOUNTS = """external_id,name,parent_external_id,csm_email,timezone,team
    shop,Shop,brand,,Asia/Shanghai,EMEA/DACH
    brand,Brand,,anna@example.com,Europe/Berlin,"""
USERS = """email,name,role,team
    Anna@Example.com,Anna,csm,EMEA/DACH"""
CONTRACTS = """external_id,account_external_id,starts_on,ends_on,mrr,seats,currency
    c1,brand,2024-01-01,2025-01-01,100,5,EUR"""
SEATS = """external_id,account_external_id,email,kind,activated_on,unit
    s1,shop,a@b.c,human,2024-01-01,North
    bot,shop,,bot,,"""
EVENTS = """message_id,account_external_id,action,occurred_at,seat_external_id,quantity
    m1,shop,order,2024-03-01T20:00:00Z,s1,2
    m2,shop,order,2024-03-02,s2,
    m3,shop,login,2024-03-02T01:00:00+02:00,,"""
USAGE = """account_external_id,day,action,quantity
    shop,2024-03-05,order,2
    shop,2024-03-05,order,3
    shop,2024-03-06,order,1"""
CONTACTS = """external_id,account_external_id,name,role,seat_external_id
    p1,shop,Zoe,champion,s2"""
INTERACTIONS = """external_id,account_external_id,kind,happened_at,contact_external_id
    i1,shop,call,2024-03-01T10:00:00Z,p1"""
WHOLE = {
    "accounts": ACCOUNTS, "users": USERS, "contracts": CONTRACTS, "seats": SEATS, "events": EVENTS,
    "usage_daily": USAGE, "contacts": CONTACTS, "interactions": INTERACTIONS,
}  # fmt: skip

pytestmark = pytest.mark.django_db


def test_references_are_found_in_any_order_of_rows_and_files(tmp_path: Path) -> None:
    report = load(write(tmp_path / "in", **WHOLE))
    assert report.exit_code == 0
    assert (report.total("rejected"), report.total("flagged")) == (0, 0)
    shop = Account.objects.get(external_id="shop")
    assert shop.parent is not None
    assert shop.parent.external_id == "brand"
    assert shop.team is not None
    assert shop.team.path == "EMEA/DACH/"
    assert User.objects.get(email="anna@example.com").book.get().external_id == "brand"
    contact = Interaction.objects.get().contact
    assert contact is not None
    assert contact.seat is not None
    assert contact.seat.external_id == "s2"


def test_the_second_load_changes_nothing_and_marks_nothing(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", **WHOLE)
    first = load(folder)
    before = book()
    DirtyDay.objects.all().delete()
    again = load(folder)
    assert (again.total("created"), again.total("updated")) == (0, 0)
    assert again.total("unchanged") == first.total("created") + first.total("unchanged")
    assert not DirtyDay.objects.exists()
    assert book(without=("dirty",)) == {name: digest for name, digest in before.items() if name != "dirty"}


def test_a_dry_run_counts_as_the_real_one_and_keeps_nothing(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", **WHOLE)
    dry = load(folder, dry_run=True)
    assert not Account.objects.exists()
    assert not ImportRun.objects.exists()
    real = load(folder)
    assert [counts(dry, file.target) for file in dry.files] == [counts(real, file.target) for file in real.files]


def test_an_event_is_placed_on_the_account_s_local_day(tmp_path: Path) -> None:
    load(write(tmp_path / "in", **WHOLE))
    days = dict(Event.objects.values_list("message_id", "day"))
    assert days == {"m1": date(2024, 3, 2), "m2": date(2024, 3, 2), "m3": date(2024, 3, 2)}
    assert Event.objects.get(message_id="m2").occurred_at == datetime(2024, 3, 1, 16, tzinfo=UTC)


def test_a_seat_that_only_events_name_is_made_and_noted(tmp_path: Path) -> None:
    report = load(write(tmp_path / "in", **WHOLE))
    assert report_of(report, "events").codes == {"seat_created": 1}
    made = Seat.objects.get(external_id="s2")
    assert (made.kind, made.first_event_on, made.activated_on) == ("human", date(2024, 3, 2), None)


def test_daily_counts_add_up_inside_a_file_and_are_replaced_by_the_next(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", **WHOLE)
    load(folder)
    assert dict(UsageDaily.objects.values_list("day", "quantity")) == {date(2024, 3, 5): 5, date(2024, 3, 6): 1}
    again = load(write(folder, usage_daily="account_external_id,day,action,quantity\nshop,2024-03-05,order,7"))
    assert counts(again, "usage_daily") == (1, 0, 1, 0, 0, 0)
    assert dict(UsageDaily.objects.values_list("day", "quantity")) == {date(2024, 3, 5): 7, date(2024, 3, 6): 1}


def test_an_event_that_comes_again_with_another_body_leaves_the_first(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", **WHOLE)
    load(folder)
    changed = EVENTS.replace("s1,2", "s1,3") + "\n m1,shop,order,2024-03-01T20:00:00Z,s1,2\n m4,shop,order,2024-03-01T20:00:00Z,s1,2"
    report = load(write(folder, events=changed))
    assert counts(report, "events") == (5, 1, 0, 3, 0, 1)
    assert rejected("events.csv") == [("events.csv", 2, "message_id", "conflicting_duplicate", "m1")]
    assert Event.objects.get(message_id="m1").quantity == 2


def test_message_ids_are_unique_inside_their_source_only(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", **WHOLE)
    load(folder, source="one")
    assert counts(load(folder, source="two"), "events") == (3, 3, 0, 0, 0, 0)


def test_two_rows_of_one_key_that_differ_leave_the_first(tmp_path: Path) -> None:
    report = load(write(tmp_path / "in", accounts="external_id,name\na,A\na,A\na,B\nb,B"))
    assert counts(report, "accounts") == (4, 2, 0, 1, 0, 1)
    assert rejected() == [("accounts.csv", 4, "external_id", "conflicting_duplicate", "a")]


def test_a_changed_row_is_updated_and_columns_that_the_file_lacks_stay(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", accounts="external_id,name,plan,tags\na,A,pro,x;y\nb,B,basic,")
    load(folder)
    report = load(write(folder, accounts="external_id,name\na,Alpha\nb,B"))
    assert counts(report, "accounts") == (2, 0, 1, 1, 0, 0)
    account = Account.objects.get(external_id="a")
    assert (account.name, account.plan, account.tags) == ("Alpha", "pro", ["x", "y"])


def test_an_account_without_contract_counts_for_its_nearest_paying_ancestor(tmp_path: Path) -> None:
    load(write(tmp_path / "in", **WHOLE))
    assert Account.objects.get(external_id="shop").counts_for == Account.objects.get(external_id="brand")
    assert set(DirtyDay.objects.values_list("account__external_id", flat=True)) == {"brand"}
    load(write(tmp_path / "own", contracts=CONTRACTS.replace("c1,brand", "c2,shop")))
    assert Account.objects.get(external_id="shop").counts_for is None
    assert set(DirtyDay.objects.values_list("account__external_id", flat=True)) == {"brand", "shop"}


def test_a_ring_of_parents_is_flagged_and_left_open(tmp_path: Path) -> None:
    report = load(write(tmp_path / "in", accounts="external_id,name,parent_external_id\na,A,b\nb,B,a\nc,C,c\nd,D,nowhere\ne,E,a"))
    assert counts(report, "accounts") == (5, 5, 0, 0, 4, 0)
    assert codes() == ["parent_ring", "parent_ring", "parent_ring", "unknown_parent"]
    assert set(Account.objects.filter(parent__isnull=False).values_list("external_id", flat=True)) == {"e"}


def test_the_owner_s_history_is_kept(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", users="email,role\nanna@x.y,csm\nbert@x.y,csm", accounts="external_id,name,csm_email\na,A,anna@x.y")
    load(folder, on=date(2024, 1, 10))
    load(write(folder, accounts="external_id,name,csm_email\na,A,bert@x.y"), on=date(2024, 3, 1))
    spans = list(Ownership.objects.order_by("starts_on").values_list("user__email", "starts_on", "ends_on"))
    assert spans == [("anna@x.y", date(1, 1, 1), date(2024, 3, 1)), ("bert@x.y", date(2024, 3, 1), None)]


def test_an_unknown_owner_is_flagged_and_left_empty(tmp_path: Path) -> None:
    load(write(tmp_path / "in", accounts="external_id,name,csm_email\na,A,ghost@x.y"))
    assert codes() == ["unknown_user"]
    assert Account.objects.get().owner is None


def test_a_changed_zone_moves_the_account_s_events_to_their_day(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", **WHOLE)
    load(folder)
    DirtyDay.objects.all().delete()
    load(write(tmp_path / "zone", accounts=ACCOUNTS.replace("Asia/Shanghai", "America/Los_Angeles")))
    assert Event.objects.get(message_id="m1").day == date(2024, 3, 1)
    assert date(2024, 3, 1) in set(DirtyDay.objects.filter(events=True).values_list("day", flat=True))
    assert Seat.objects.get(external_id="s1").first_event_on == date(2024, 3, 1)
    # A bare date was said as such: the same file again is no conflict.
    assert counts(load(folder), "events")[3] == 3


def test_days_already_published_are_marked_when_terms_or_seats_change(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", **WHOLE)
    load(folder)
    DirtyDay.objects.all().delete()
    JobRun.objects.create(job=PUBLISHED_JOB, message="2024-01-10", due_at=datetime(2024, 1, 11, tzinfo=UTC))
    load(write(tmp_path / "more", contracts=CONTRACTS.replace("2025-01-01,100", "2024-01-05,100")))
    days = set(DirtyDay.objects.filter(events=False).values_list("day", flat=True))
    assert days == {date(2024, 1, day) for day in range(1, 11)}
    DirtyDay.objects.all().delete()
    load(write(tmp_path / "seats", seats=SEATS.replace("human,2024-01-01", "human,2024-01-08")))
    assert min(DirtyDay.objects.filter(events=False).values_list("day", flat=True)) == date(2024, 1, 1)


def test_an_amount_becomes_a_monthly_rate_half_even_to_the_cent(tmp_path: Path) -> None:
    rows = """external_id,account_external_id,starts_on,ends_on,amount
        x,a,2024-01-01,2025-01-01,1000
        y,a,2024-01-31,2024-02-29,100.5
        z,a,2024-01-01,2024-02-01,0.125"""
    load(write(tmp_path / "in", accounts="external_id,name\na,A", contracts=rows))
    assert dict(Contract.objects.values_list("external_id", "mrr")) == {"x": Decimal("83.33"), "y": Decimal("100.50"), "z": Decimal("0.12")}


def test_an_unknown_column_is_ignored_and_reported(tmp_path: Path) -> None:
    report = load(write(tmp_path / "in", accounts="external_id,name,shoe_size\na,A,44"))
    assert report_of(report, "accounts").notes == ["columns not used: shoe_size"]


def test_a_file_without_a_required_column_is_refused_and_the_others_load(tmp_path: Path) -> None:
    report = load(write(tmp_path / "in", accounts="external_id,name\na,A", contracts="external_id,account_external_id\nc,a"))
    assert report.exit_code == 1
    assert "starts_on" in report_of(report, "contracts").refused
    assert counts(report, "accounts")[1] == 1


def test_a_killed_load_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    events = (
        "message_id,account_external_id,action,occurred_at\n"
        + "\n".join(f"m{n},a,order,2024-03-01T10:00:00Z" for n in range(25))
        + "\nm1,zz,order,2024-03-01"
    )
    folder = write(tmp_path / "in", accounts="external_id,name\na,A", events=events)
    monkeypatch.setattr(load_module, "CHUNK_ROWS", 10)
    write_chunk = apply_events.apply
    calls: list[Job] = []

    def dies_in_the_third(job: Job, turn: Turn, found: apply_events.Survey) -> None:
        calls.append(job)
        if len(calls) == 3:
            raise KeyboardInterrupt
        write_chunk(job, turn, found)

    monkeypatch.setattr(apply_events, "apply", dies_in_the_third)
    with pytest.raises(KeyboardInterrupt):
        load(folder)
    assert Event.objects.count() == 20
    monkeypatch.setattr(apply_events, "apply", write_chunk)
    report = load(folder)
    assert report.resumed
    assert counts(report, "events") == (26, 25, 0, 0, 0, 1)
    assert counts(report, "accounts") == (1, 1, 0, 0, 0, 0)
    assert ImportRun.objects.get().state == JobState.SUCCEEDED
    assert not load(folder).resumed


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(["m1", "m2", "m3", ""]),
            st.sampled_from(["a", "b", "ghost", ""]),
            st.sampled_from(["order", "log,in", 'quo"te', ""]),
            st.sampled_from(["2024-03-01", "2024-03-01T10:00:00Z", "2024-03-01 10:00", "2024-02-30", "soon", ""]),
            st.sampled_from(["", "s1", " s1 ", "ü"]),
            st.sampled_from(["", "1", "1.0", "-1", "many"]),
        ),
        max_size=8,
    )
)
def test_whatever_the_rows_every_one_is_accounted_for_and_a_second_load_adds_nothing(tmp_path: Path, rows: list[tuple[str, ...]]) -> None:
    def cell(text: str) -> str:
        return '"' + text.replace('"', '""') + '"' if set(text) & set(',"') else text

    header = "message_id,account_external_id,action,occurred_at,seat_external_id,quantity"
    body = "\n".join([header, *(",".join(map(cell, row)) for row in rows)]) + "\n"
    folder = write(tmp_path / "in", accounts="external_id,name\na,A\nb,B", events=body.encode())
    before = Event.objects.count()
    first = report_of(load(folder), "events")
    assert first.read == len(rows) == first.created + first.updated + first.unchanged + first.rejected
    assert Event.objects.count() == before + first.created
    dumped = book(without=("dirty",))
    DirtyDay.objects.all().delete()
    second = report_of(load(folder), "events")
    assert (second.created, second.unchanged, second.rejected) == (0, first.created + first.unchanged, first.rejected)
    assert book(without=("dirty",)) == dumped
    assert not DirtyDay.objects.exists()
    RejectedRow.objects.all().delete()


def test_bad_use_ends_with_two(tmp_path: Path) -> None:
    for arguments in ([str(tmp_path / "nowhere")], [str(tmp_path)], [str(tmp_path), "--map", str(tmp_path / "none.toml")]):
        with pytest.raises(CommandError) as raised:
            call_command("load", *arguments)
        assert raised.value.returncode == 2


def test_a_refused_file_ends_with_one(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", accounts="external_id\na")
    with pytest.raises(SystemExit) as raised:
        call_command("load", str(folder), "--rejects", str(tmp_path / "out"))
    assert raised.value.code == 1
