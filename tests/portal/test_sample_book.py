"""The sample book's files: complete, consistent, the same bytes for the same wish, and plainly invented."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tomllib
from collections import Counter
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from csm_portal.portal.sample.book import BookRefusedError, Wish, write_book
from csm_portal.portal.sample.columns import FILES, PACKED
from health.definitions.activity import check_activity
from health.definitions.health import check_health, check_north_star, check_questions
from tests.portal.sample_oracle import Row, day_of, need, rows

ACCOUNTS = 120
INSTANTS = ("occurred_at", "opened_at", "closed_at", "first_response_at", "responded_at", "happened_at", "recorded_at")
HAPPENED = (
    "rated_on",
    "held_on",
    "achieved_on",
    "done_on",
    "churned_on",
    "issued_on",
    "paid_on",
    "activated_on",
    "deactivated_on",
    "left_on",
    "day",
)
REQUIRED = {
    "users": ("email", "role"),
    "accounts": ("external_id", "name"),
    "contracts": ("external_id", "account_external_id", "starts_on", "currency"),
    "events": ("message_id", "account_external_id", "action", "occurred_at"),
    "usage_daily": ("account_external_id", "day", "action", "quantity"),
    "tickets": ("external_id", "account_external_id", "opened_at"),
    "surveys": ("external_id", "account_external_id", "kind", "score", "responded_at"),
    "ratings": ("account_external_id", "question", "score", "rated_on", "rated_by_email"),
    "outcomes": ("external_id", "account_external_id", "statement"),
    "churns": ("external_id", "account_external_id", "churned_on"),
    "scenario_agreements": ("account_external_id", "scenario", "starts_on"),
}
KEYS = {
    "users": ("email",),
    "events": ("message_id",),
    "seats": ("account_external_id", "external_id"),
    "usage_daily": ("account_external_id", "day", "action", "product"),
    "ratings": ("account_external_id", "question", "rated_on", "rated_by_email"),
    "milestones": ("account_external_id", "name"),
    "quiet_periods": ("account_external_id", "from"),
    "scenario_agreements": ("account_external_id", "scenario", "starts_on"),
    "targets": ("email", "team", "month", "metric"),
    "exchange_rates": ("currency", "day"),
    "annotations": ("day", "text"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("book")
    write_book(folder, Wish(accounts=ACCOUNTS, seed=5))
    return folder


@pytest.fixture(scope="module")
def accounts(folder: Path) -> dict[str, Row]:
    return {row["external_id"]: row for row in rows(folder, "accounts")}


@pytest.fixture(scope="module")
def last(folder: Path) -> int:
    return need(json.loads((folder / "about.json").read_text(encoding="utf-8"))["to"])


def fingerprint(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def test_every_file_has_its_columns_and_at_least_one_row(folder: Path) -> None:
    for name, columns in FILES.items():
        first = next(rows(folder, name))
        assert tuple(first) == columns, name


@pytest.mark.parametrize("name", sorted(FILES))
def test_required_fields_are_filled_and_keys_are_unique(folder: Path, name: str) -> None:
    found = list(rows(folder, name))
    assert all(row[column] for row in found for column in REQUIRED.get(name, ()))
    key = KEYS.get(name, ("external_id",))
    assert [value for value, times in Counter(tuple(row[column] for column in key) for row in found).items() if times > 1] == []


def test_rows_point_at_accounts_seats_contacts_and_users_that_exist(folder: Path, accounts: dict[str, Row]) -> None:
    seats = {(row["account_external_id"], row["external_id"]) for row in rows(folder, "seats")}
    contacts = {row["external_id"] for row in rows(folder, "contacts")} | {""}
    users = {row["email"] for row in rows(folder, "users")} | {""}
    for name, columns in FILES.items():
        for row in rows(folder, name):
            if "account_external_id" in columns:
                assert row["account_external_id"] in accounts
            if row.get("seat_external_id"):
                assert (row["account_external_id"], row["seat_external_id"]) in seats
            assert row.get("contact_external_id", "") in contacts
            assert {row.get(column, "") for column in ("csm_email", "co_owner_email", "rated_by_email", "by_email")} <= users
    assert {row["parent_external_id"] for row in accounts.values()} <= {*accounts, ""}


def test_nothing_happens_or_is_recorded_after_the_last_day(folder: Path, accounts: dict[str, Row], last: int) -> None:
    zones = {account: ZoneInfo(row["timezone"]) for account, row in accounts.items()}
    for name, columns in FILES.items():
        for row in rows(folder, name):
            for column in INSTANTS:
                if column in columns and row[column]:
                    at = datetime.fromisoformat(row[column])
                    assert at.tzinfo is UTC or at.utcoffset() is not None
                    assert at.astimezone(zones[row["account_external_id"]]).toordinal() <= last, (name, row)
            for column in HAPPENED:
                if column in columns and row[column]:
                    assert need(row[column]) <= last, (name, row)


def test_some_accounts_agreed_on_scenarios_of_the_definition_and_some_agreed_anew(folder: Path, last: int) -> None:
    definition = tomllib.loads((folder / "definition.toml").read_text(encoding="utf-8"))
    scenarios = {scenario["name"] for scenario in definition["activity"]["scenarios"]}
    found = list(rows(folder, "scenario_agreements"))
    terms = Counter(row["account_external_id"] for row in found)
    paying = {row["account_external_id"] for row in rows(folder, "contracts") if need(row["starts_on"]) <= last}
    assert 0.15 * len(paying) < len(terms) < 0.5 * len(paying)
    assert set(terms) <= paying
    assert max(terms.values()) == 2
    assert {row["scenario"] for row in found} == scenarios
    for row in found:
        assert need(row["starts_on"]) <= last
        assert row["reason"]
        assert 0 <= int(row["days_per_month"]) <= 31
        assert 0 <= float(row["seat_share"] or 0) <= 1


def test_intervals_are_half_open_and_in_order(folder: Path) -> None:
    for row in rows(folder, "contracts"):
        assert (day_of(row["ends_on"]) or 10**9) > need(row["starts_on"])
        assert bool(row["mrr"]) != bool(row["amount"])
        assert not row["amount"] or row["ends_on"]
    for row in rows(folder, "seats"):
        assert (day_of(row["deactivated_on"]) or 10**9) > need(row["activated_on"])
    for row in rows(folder, "quiet_periods"):
        assert need(row["from"]) < need(row["to"])
    for row in rows(folder, "invoices"):
        assert need(row["issued_on"]) <= need(row["due_on"])
        assert not row["paid_on"] or (row["status"] == "paid" and row["paid_on"] >= row["issued_on"])
    for row in rows(folder, "tickets"):
        assert not row["closed_at"] or row["opened_at"] < row["first_response_at"] <= row["closed_at"]


def test_terms_of_one_product_do_not_overlap(folder: Path) -> None:
    chains: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for row in rows(folder, "contracts"):
        chains.setdefault((row["account_external_id"], row["product"]), []).append(
            (need(row["starts_on"]), day_of(row["ends_on"]) or 10**9)
        )
    for terms in chains.values():
        terms.sort()
        assert all(earlier[1] <= later[0] for earlier, later in pairwise(terms))


def test_a_seat_acts_only_while_it_is_activated(folder: Path, accounts: dict[str, Row]) -> None:
    spans = {
        (row["account_external_id"], row["external_id"]): (need(row["activated_on"]), day_of(row["deactivated_on"]) or 10**9)
        for row in rows(folder, "seats")
    }
    zones = {account: ZoneInfo(row["timezone"]) for account, row in accounts.items()}
    for row in rows(folder, "events"):
        if row["seat_external_id"]:
            on, off = spans[row["account_external_id"], row["seat_external_id"]]
            assert on <= datetime.fromisoformat(row["occurred_at"]).astimezone(zones[row["account_external_id"]]).toordinal() < off


def test_events_and_daily_counts_never_tell_the_same_account_twice(folder: Path) -> None:
    single = {row["account_external_id"] for row in rows(folder, "events")}
    counted = {row["account_external_id"] for row in rows(folder, "usage_daily")}
    assert single
    assert counted
    assert not single & counted


def test_outlets_without_a_contract_stand_below_a_brand_that_has_one(folder: Path, accounts: dict[str, Row]) -> None:
    paying = {row["account_external_id"] for row in rows(folder, "contracts")}
    bare = [row for account, row in accounts.items() if account not in paying]
    assert bare
    assert all(row["parent_external_id"] in paying for row in bare)
    assert {row["parent_external_id"] for row in accounts.values() if row["parent_external_id"]} - {
        row["parent_external_id"] for row in bare
    } <= paying


def test_a_changed_rating_has_a_reason_and_an_unchanged_one_has_none(folder: Path) -> None:
    last: dict[tuple[str, str], tuple[str, str]] = {}
    changed = 0
    for row in rows(folder, "ratings"):
        key = row["account_external_id"], row["question"]
        before = last.get(key)
        if before is not None and need(row["rated_on"]) - need(before[1]) < 150:
            assert bool(row["reason"]) == (before[0] != row["score"])
            changed += bool(row["reason"])
        last[key] = row["score"], row["rated_on"]
    assert changed > 50


def test_every_currency_has_a_rate_before_its_first_contract(folder: Path) -> None:
    first_rate = {"USD": 0}
    for row in rows(folder, "exchange_rates"):
        assert float(row["rate"]) > 0
        first_rate[row["currency"]] = min(first_rate.get(row["currency"], 10**9), need(row["day"]))
    contracts = list(rows(folder, "contracts"))
    assert {row["currency"] for row in contracts} == {"USD", "CNY", "EUR"}
    assert all(first_rate[row["currency"]] <= need(row["starts_on"]) for row in contracts)


def test_the_same_wish_writes_the_same_bytes_whatever_the_hash_seed_and_threads(tmp_path: Path) -> None:
    prints = []
    for hash_seed, threads in (("1", "1"), ("2", "2")):
        folder = tmp_path / hash_seed
        command = [sys.executable, "-m", "csm_portal.portal.sample", str(folder), "--accounts", "25", "--months", "8", "--seed", "3"]
        subprocess.run(
            command, check=True, capture_output=True, env={**os.environ, "PYTHONHASHSEED": hash_seed, "OMP_NUM_THREADS": threads}
        )
        prints.append(fingerprint(folder))
    assert prints[0] == prints[1]
    write_book(tmp_path / "other", Wish(accounts=25, months=8, seed=4))
    assert fingerprint(tmp_path / "other")["events.csv.gz"] != prints[0]["events.csv.gz"]


def test_a_bigger_book_leaves_the_first_accounts_as_they_are(tmp_path: Path) -> None:
    write_book(tmp_path / "small", Wish(accounts=20, months=8))
    write_book(tmp_path / "big", Wish(accounts=45, months=8))
    kept = {row["external_id"] for row in rows(tmp_path / "small", "accounts")}
    assert list(rows(tmp_path / "big", "accounts"))[:20] == list(rows(tmp_path / "small", "accounts"))
    for name in ("contracts", "seats", "tickets", "ratings", "invoices", "events", "usage_daily"):
        assert [row for row in rows(tmp_path / "big", name) if row["account_external_id"] in kept] == list(rows(tmp_path / "small", name))


def test_the_book_says_that_it_is_invented(folder: Path, accounts: dict[str, Row]) -> None:
    about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
    assert about["invented"] is True
    assert about["accounts"] == ACCOUNTS == len(accounts)
    assert (about["from"], about["to"], about["as_of"]) == ("2025-05-01", "2026-10-31", "2026-10-31")
    assert "invented" in (folder / "README.txt").read_text(encoding="utf-8").lower()
    assert all("invented" in row["tags"].split(";") for row in accounts.values())
    addresses = [row["email"] for name in ("seats", "contacts") for row in rows(folder, name)]
    assert all(address.endswith(".example") for address in addresses)
    assert all(row["email"].endswith("@example.com") for row in rows(folder, "users"))
    brands = [row["name"] for row in accounts.values() if not row["parent_external_id"]]
    assert len(set(brands)) == len(brands)
    assert any(name.isascii() for name in brands)
    assert any(not name.isascii() for name in brands)


def test_the_definition_is_one_that_the_portal_accepts(folder: Path) -> None:
    definition = tomllib.loads((folder / "definition.toml").read_text(encoding="utf-8"))
    since = {
        name: section.pop("effective_from") for name, section in definition.items()
    }  # the publisher takes it before a section is checked
    assert since.pop("activity") == date(2025, 5, 1)  # the book's first day
    assert set(since.values()) == {date(2018, 1, 1)}
    check_activity(definition["activity"])
    check_north_star(definition["north_star"])
    check_health(definition["health"])
    check_questions(definition["ratings"])
    asked = {question["key"] for question in definition["ratings"]["questions"]}
    assert {row["question"] for row in rows(folder, "ratings")} == asked
    assert set(definition["activity"]["key_actions"]) < {row["action"] for row in rows(folder, "events")}


def test_the_first_csm_has_a_book_of_two_or_three_dozen_accounts(tmp_path: Path) -> None:
    write_book(tmp_path, Wish(months=6))
    about = json.loads((tmp_path / "about.json").read_text(encoding="utf-8"))
    csm, manager, admin = about["sign_ins"]
    book = [row for row in rows(tmp_path, "accounts") if row["csm_email"] == csm["email"]]
    assert 25 <= len(book) <= 30
    users = {row["email"]: row for row in rows(tmp_path, "users")}
    assert [users[each["email"]]["role"] for each in (csm, manager, admin)] == ["csm", "manager", "admin"]
    team = users[manager["email"]]["manager_team"]
    below = {row["team"] for row in users.values() if row["role"] == "csm" and row["team"].startswith(f"{team}/")}
    assert len(below) > 1
    assert len([row for row in users.values() if row["role"] == "csm" and row["team"].startswith(f"{team}/")]) > 2


@pytest.mark.parametrize(
    "wish", [Wish(accounts=0), Wish(accounts=10_001), Wish(months=2), Wish(months=61), Wish(seed=-1)], ids=lambda wish: repr(wish)[:60]
)
def test_a_wish_out_of_range_is_refused(tmp_path: Path, wish: Wish) -> None:
    with pytest.raises(BookRefusedError, match=r"--(accounts|months|seed)"):
        write_book(tmp_path / "book", wish)
    assert not (tmp_path / "book").exists()


def test_other_peoples_files_are_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "accounts.csv").write_text("external_id,name\n1,Ours\n", encoding="utf-8")
    with pytest.raises(BookRefusedError, match=r"accounts\.csv"):
        write_book(tmp_path, Wish(accounts=3, months=6))
    assert "Ours" in (tmp_path / "accounts.csv").read_text(encoding="utf-8")


def test_a_smaller_book_replaces_a_bigger_one_whole(tmp_path: Path) -> None:
    write_book(tmp_path, Wish(accounts=12, months=6))
    write_book(tmp_path, Wish(accounts=3, months=6, as_of=date(2025, 2, 28)))
    assert len(list(rows(tmp_path, "accounts"))) == 3
    assert {path.name for path in tmp_path.iterdir()} == {
        *(f"{name}.csv.gz" if name in PACKED else f"{name}.csv" for name in FILES),
        "definition.toml",
        "about.json",
        "README.txt",
    }
