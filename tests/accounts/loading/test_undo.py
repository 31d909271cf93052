"""Taking an import back: afterwards the book is as it was before, but for what others did since."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.db import connection

from accounts.dirty import PUBLISHED_JOB
from accounts.loading.load import load_folder
from accounts.loading.report import LoadReport
from accounts.loading.undo import CannotUndo, undo_import
from accounts.models import (
    Account,
    Action,
    Contract,
    DirtyDay,
    FitRecord,
    ImportedRow,
    ImportRun,
    JobRun,
    Note,
    Ownership,
    Seat,
    Unit,
    User,
)
from accounts.types import JobState
from tests import factories as make
from tests.accounts.loading.folders import BOOK, ON, load, write

pytestmark = pytest.mark.django_db

USERS = "email,name,role,team\nanna@example.com,Anna,csm,EMEA/DACH\nbert@example.com,Bert,csm,EMEA"
ACCOUNTS = """external_id,name,parent_external_id,csm_email,timezone,team,fit,tags
    brand,Brand,,anna@example.com,Europe/Berlin,,good,a;b
    shop,Shop,brand,,Asia/Shanghai,EMEA/DACH,,"""
CONTRACTS = """external_id,account_external_id,starts_on,ends_on,mrr,seats,currency
    c1,brand,2024-01-01,2025-01-01,100,5,EUR"""
SEATS = """external_id,account_external_id,email,kind,activated_on,unit
    s1,shop,a@b.c,human,2024-01-01,North
    bot,shop,,bot,,"""
EVENTS = """message_id,account_external_id,action,occurred_at,seat_external_id,quantity
    m1,shop,order,2024-03-01T20:00:00Z,s1,2
    m2,shop,order,2024-03-02,s2,"""
USAGE = """account_external_id,day,action,quantity,seat_external_id
    shop,2024-03-05,order,2,s2
    shop,2024-03-06,order,1,s3"""
CONTACTS = """external_id,account_external_id,name,role,seat_external_id
    p1,shop,Zoe,champion,s2"""
INTERACTIONS = """external_id,account_external_id,kind,happened_at,contact_external_id
    i1,shop,call,2024-03-01T10:00:00Z,p1"""
OUTCOMES = """external_id,account_external_id,statement,action,target,status
    o1,shop,Orders go through the product,order,10,on_track"""
QUIET = """account_external_id,from,to,reason
    shop,2024-02-10,2024-02-18,Spring festival"""
CHURNS = """external_id,account_external_id,churned_on,type,cause
    x1,shop,2024-06-01,voluntary,price"""
FIRST = {
    "users": USERS, "accounts": ACCOUNTS, "contracts": CONTRACTS, "seats": SEATS, "events": EVENTS, "usage_daily": USAGE,
    "contacts": CONTACTS, "interactions": INTERACTIONS, "outcomes": OUTCOMES, "quiet_periods": QUIET, "churns": CHURNS,
}  # fmt: skip
# The same book a month later: every table has a row that is new and one that differs.
SECOND = {
    "users": USERS.replace("Bert,csm,EMEA", "Bertha,manager,EMEA/FR") + "\ncora@example.com,Cora,csm,APAC/JP",
    "accounts": ACCOUNTS.replace("anna@", "bert@").replace("Europe/Berlin", "America/New_York").replace("good,a;b", "poor,b;c")
    + "\n kiosk,Kiosk,shop,cora@example.com,Asia/Tokyo,APAC/JP,good,x",
    "contracts": CONTRACTS.replace("2025-01-01", "2024-11-01").replace(",100,", ",250,")
    + "\n c2,kiosk,2024-02-01,,40,2,EUR\n c3,shop,2024-02-01,2024-09-01,10,1,EUR",
    "seats": SEATS.replace("a@b.c,human,2024-01-01,North", "a@b.d,human,2024-02-01,South") + "\n k1,kiosk,,human,,West",
    "events": EVENTS
    + "\n m3,shop,approve,2024-02-20T01:00:00Z,s1,1\n m4,kiosk,order,2024-03-03T01:00:00Z,k1,1\n m5,shop,order,2024-02-01,s9,1",
    "usage_daily": USAGE.replace("2024-03-05,order,2", "2024-03-05,order,7") + "\n shop,2024-01-15,scan,4,s3\n shop,2024-01-15,scan,4,s8",
    "contacts": CONTACTS.replace("champion", "sponsor") + "\n p2,kiosk,Yan,user,k1",
    "interactions": INTERACTIONS.replace("call", "visit") + "\n i2,kiosk,call,2024-03-01T10:00:00Z,p2",
    "outcomes": OUTCOMES.replace("on_track", "behind") + "\n o2,kiosk,Less paper,order,1,on_track",
    "quiet_periods": QUIET.replace("festival", "Festival") + "\n shop,2024-05-01,2024-05-06,May holidays",
    "churns": CHURNS.replace("price", "budget") + "\n x2,kiosk,2024-06-02,voluntary,price",
}  # fmt: skip
# Rows as they stand, ids and origins included: what an undo leaves is not only alike, it is the same.
TABLES = (
    "accounts_account", "accounts_action", "accounts_contact", "accounts_contract", "accounts_fitrecord", "accounts_interaction",
    "accounts_ownership", "accounts_quietperiod", "accounts_seat", "accounts_team", "accounts_unit", "accounts_usagedaily", "accounts_user",
    "churn_churnrecord", "event", "event_key", "health_outcome", "health_outcomeversion",
)  # fmt: skip


def take(folder: Path, **files: str) -> LoadReport:
    """Load recorded, as the page does."""
    written = write(folder, **files)
    return load_folder(written, rejects=folder.parent / "rejects", source="files", on=date(2024, 7, 30), recorded=True)


def undo(report: LoadReport) -> dict[str, dict[str, int]]:
    """Take it back; per table what was removed, put back, restored and left."""
    assert report.run_id is not None
    told = undo_import(report.run_id, by=None)
    return {
        one["table"]: {key: one[key] for key in ("removed", "put_back", "restored") if one[key]} | one["left"] for one in told["tables"]
    }


def dump() -> dict[str, list[str]]:
    """Every row of every table that a load writes, as text."""
    found = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT to_jsonb(t)::text FROM {table} t ORDER BY 1")  # noqa: S608 - a name of ours
            found[table] = [row[0] for row in cursor.fetchall()]
    return found


def built_through(day: date) -> None:
    """As if nights had published every day up to this one."""
    JobRun.objects.update_or_create(
        job=PUBLISHED_JOB, key="", period="", defaults={"message": day.isoformat(), "due_at": datetime(2024, 1, 1, tzinfo=UTC)}
    )


def test_after_the_undo_every_table_is_as_before_the_import(tmp_path: Path) -> None:
    load(write(tmp_path / "first", **FIRST))
    before = dump()
    second = take(tmp_path / "second", **SECOND)
    assert second.total("rejected") == 0
    assert second.total("created") > 10
    assert second.total("updated") > 5
    changed = dump()
    assert [table for table in TABLES if changed[table] == before[table]] == []
    told = undo(second)
    assert dump() == before
    assert {reason for one in told.values() for reason in one} <= {"removed", "put_back", "restored"}


def test_the_first_import_of_all_leaves_an_empty_book(tmp_path: Path) -> None:
    before = dump()
    undo(take(tmp_path / "first", **FIRST))
    assert dump() == before
    assert not ImportedRow.objects.exists()


def test_the_same_files_load_again_after_an_undo(tmp_path: Path) -> None:
    load(write(tmp_path / "first", **FIRST))
    second = take(tmp_path / "second", **SECOND)
    said = [sorted(eval_rows(query)) for query in BOOK.values()]
    undo(second)
    again = take(tmp_path / "second", **SECOND)
    assert (again.total("created"), again.total("updated")) == (second.total("created"), second.total("updated"))
    assert [sorted(eval_rows(query)) for query in BOOK.values()] == said


def eval_rows(query: str) -> list[str]:
    """Rows of a query as text."""
    with connection.cursor() as cursor:
        cursor.execute(query)
        return [repr(row) for row in cursor.fetchall()]


def test_what_the_import_touched_is_computed_anew(tmp_path: Path) -> None:
    load(write(tmp_path / "first", **FIRST))
    built_through(date(2024, 6, 30))
    second = take(tmp_path / "second", **SECOND)
    touched = set(DirtyDay.objects.filter(account__external_id="brand").values_list("day", "events"))
    shop = set(DirtyDay.objects.filter(account__external_id="shop").values_list("day", flat=True))
    DirtyDay.objects.all().delete()
    undo(second)
    after = set(DirtyDay.objects.values_list("day", flat=True))
    assert {day for day, _events in touched} | shop <= after
    # A day whose events went is redone from its events.
    assert DirtyDay.objects.filter(day=date(2024, 2, 20), events=True).exists()
    assert set(DirtyDay.objects.values_list("account__external_id", flat=True)) <= {"brand", "shop"}


def test_a_change_made_since_stays_and_is_told(tmp_path: Path) -> None:
    load(write(tmp_path / "first", **FIRST))
    second = take(tmp_path / "second", **SECOND)
    Account.objects.filter(external_id="brand").update(name="Brand of 2025", tags=["mine"])
    Account.objects.filter(external_id="shop").update(name="Shop")
    told = undo(second)
    brand = Account.objects.get(external_id="brand")
    assert (brand.name, brand.tags, brand.fit, brand.timezone) == ("Brand of 2025", ["mine"], "good", "Europe/Berlin")
    assert told["accounts_account"]["changed"] == 1
    report = ImportRun.objects.get(pk=second.run_id or 0).undo_report
    assert report is not None
    [example] = [one for table in report["tables"] if table["table"] == "accounts_account" for one in table["examples"]]
    assert (example["label"], example["reason"], example["columns"]) == ("brand", "changed", ["tags"])


def test_what_others_build_on_stays_with_all_it_needs(tmp_path: Path) -> None:
    load(write(tmp_path / "first", **FIRST))
    second = take(tmp_path / "second", **SECOND)
    kiosk = Account.objects.get(external_id="kiosk")
    Note.objects.create(account=kiosk, author=User.objects.get(email="anna@example.com"), text="Met them", written_at=datetime.now(UTC))
    told = undo(second)
    kiosk.refresh_from_db()
    assert kiosk.owner is not None
    assert kiosk.owner.email == "cora@example.com"
    assert Ownership.objects.filter(account=kiosk, user=kiosk.owner, ends_on=None).exists()
    assert FitRecord.objects.filter(account=kiosk).exists()
    assert (told["accounts_account"]["used"], told["accounts_user"]["used"]) == (1, 1)
    assert not Seat.objects.filter(account=kiosk).exists()
    assert not Unit.objects.filter(name="South").exists()


def test_a_seat_that_others_use_stays_and_begins_with_their_first_day(tmp_path: Path) -> None:
    load(write(tmp_path / "first", **FIRST))
    second = take(tmp_path / "second", **SECOND)
    shop = Account.objects.get(external_id="shop")
    make.event(shop, date(2024, 6, 5), "scan", seat=Seat.objects.get(account=shop, external_id="s9"))
    told = undo(second)
    seat = Seat.objects.get(account=shop, external_id="s9")
    assert seat.first_event_on == date(2024, 6, 5)
    assert told["accounts_seat"]["used"] == 1
    assert set(Action.objects.values_list("name", flat=True)) == {"order", "scan"}


def test_an_action_stays_that_an_older_load_names_which_went_on_later(tmp_path: Path) -> None:
    first = load(write(tmp_path / "first", **FIRST))
    second = take(tmp_path / "second", **SECOND)
    # The first load had been killed, and went on after the second: its events stand under its own, older number.
    ImportRun.objects.filter(pk=first.run_id or 0).update(finished_at=datetime.now(UTC))
    make.event(Account.objects.get(external_id="shop"), date(2024, 6, 5), "approve")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE event SET loaded_by_id = %s WHERE day = '2024-06-05'", [first.run_id])
    undo(second)
    assert Action.objects.filter(name="approve").exists()


def test_of_two_imports_the_later_one_stays_whichever_is_undone(tmp_path: Path) -> None:
    load(write(tmp_path / "first", **FIRST))
    second = take(tmp_path / "second", **SECOND)
    third = take(tmp_path / "third", contracts=SECOND["contracts"].replace(",250,", ",300,"))
    assert undo(second)["accounts_contract"]["changed"] == 1
    assert str(Contract.objects.get(external_id="c1").mrr) == "300.00"
    undo(third)
    assert str(Contract.objects.get(external_id="c1").mrr) == "250.00"


def test_a_person_who_has_set_a_password_stays(tmp_path: Path) -> None:
    load(write(tmp_path / "first", **FIRST))
    second = take(tmp_path / "second", **SECOND)
    cora = User.objects.get(email="cora@example.com")
    cora.set_password("a long pass phrase")
    cora.save()
    assert undo(second)["accounts_user"]["used"] == 1
    assert User.objects.filter(email="cora@example.com").exists()


def test_no_hash_of_a_password_is_kept_beside_its_user(tmp_path: Path) -> None:
    make.UserFactory.make(email="bert@example.com", name="Bert")
    take(tmp_path / "second", users=SECOND["users"])
    kept = ImportedRow.objects.filter(table="accounts_user")
    assert kept.count() == 3
    assert not any("password" in (row.before or {}) or "password" in (row.after or {}) for row in kept)


def test_a_load_by_the_command_keeps_nothing_and_cannot_be_undone(tmp_path: Path) -> None:
    report = load(write(tmp_path / "first", **FIRST))
    assert not ImportedRow.objects.exists()
    with pytest.raises(CannotUndo) as refused:
        undo(report)
    assert refused.value.code == "not_recorded"


def test_nothing_is_undone_twice_or_while_it_runs(tmp_path: Path) -> None:
    report = take(tmp_path / "first", **FIRST)
    ImportRun.objects.filter(pk=report.run_id or 0).update(state=JobState.RUNNING)
    with pytest.raises(CannotUndo) as running:
        undo(report)
    ImportRun.objects.filter(pk=report.run_id or 0).update(state=JobState.SUCCEEDED)
    undo(report)
    with pytest.raises(CannotUndo) as twice:
        undo(report)
    with pytest.raises(CannotUndo) as unknown:
        undo_import(0, by=None)
    assert [one.value.code for one in (running, twice, unknown)] == ["running", "undone", "unknown"]


def test_after_a_recorded_load_the_session_keeps_nothing_more(tmp_path: Path) -> None:
    take(tmp_path / "first", users=USERS)
    kept = ImportedRow.objects.count()
    make.AccountFactory.make()
    load(write(tmp_path / "second", **SECOND), on=ON)
    assert ImportedRow.objects.count() == kept
