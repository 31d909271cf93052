"""What a file is for, and what its columns feed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.loading.peek import Head
from accounts.loading.registry import targets
from csm_portal.portal.imports.guessing import guess_columns, guess_target, plain


def head(header: str, *rows: str) -> Head:
    """The head of a file from its lines."""
    return Head(header.split(","), [row.split(",") for row in rows])


@pytest.mark.parametrize(
    ("file", "header", "target"),
    [
        ("accounts.csv", "a,b", "accounts"),
        ("Accounts 2026-11.xlsx", "a,b", "accounts"),
        ("subscriptions.csv", "id,customer id,start date,mrr", "contracts"),
        ("export.csv", "event id,company,event name,timestamp,user", "events"),
        ("客户.csv", "客户编号,客户名称,国家", "accounts"),
        ("customers.csv", "Customer ID,Company,Country,Plan", "accounts"),
        ("customer usage.csv", "customer id,event name,timestamp,user,event id", "events"),
        ("notes.csv", "one,two", ""),
    ],
)
def test_a_file_is_known_by_its_name_or_by_its_columns(file: str, header: str, target: str) -> None:
    assert guess_target(file, head(header), targets()) == target


def test_columns_find_their_fields_by_what_other_systems_call_them() -> None:
    found = guess_columns(head("Customer ID,Start Date,End-Date,Monthly Amount,Plan Tier,Subscription ID"), targets()["contracts"])
    assert found == {
        "Customer ID": "account_external_id",
        "Start Date": "starts_on",
        "End-Date": "ends_on",
        "Monthly Amount": "mrr",
        "Plan Tier": "plan",
    }
    assert guess_columns(head("Contract ID,Start"), targets()["contracts"])["Contract ID"] == "external_id"


def test_a_column_whose_values_do_not_look_like_the_field_is_left_open() -> None:
    shown = head("id,account,start,monthly amount", "1,a,soon,much", "2,b,later,more")
    assert guess_columns(shown, targets()["contracts"]) == {"id": "external_id", "account": "account_external_id"}


def test_mail_addresses_are_known_by_their_look() -> None:
    assert guess_columns(head("who,Contact person", "a@b.c,Zoe"), targets()["contacts"])["who"] == "email"


@given(st.lists(st.text(max_size=20), min_size=1, max_size=12, unique=True), st.sampled_from(sorted(targets())))
def test_whatever_the_columns_each_feeds_one_field_and_no_field_is_fed_twice(titles: list[str], target: str) -> None:
    found = guess_columns(Head(titles, [[""] * len(titles)]), targets()[target])
    assert set(found) <= set(titles)
    assert len(set(found.values())) == len(found)
    assert all(targets()[target].column(field) for field in found.values())


def test_names_are_compared_without_case_and_marks() -> None:
    assert plain(" Start-Date (UTC)") == "startdateutc"
