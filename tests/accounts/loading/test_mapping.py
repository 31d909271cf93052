"""The mapping language: what it says, and what it refuses."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from accounts.loading.mapping import MappingError, parse_mapping
from accounts.models import Account, Contract, Event, Seat, Ticket, UsageDaily
from tests.accounts.loading.folders import codes, counts, load, rejected, report_of, write

KNOWN = {"accounts": {"external_id", "name", "plan"}, "events": {"message_id", "action"}}
ACCOUNTS = '[[target]]\ninto = "accounts"\nfile = "crm.csv"\ncolumns = { external_id = "id", name = "title" }\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nonsense", "not valid TOML"),
        ("", "no [[target]]"),
        ("[other]\n" + ACCOUNTS, "unknown key 'other'"),
        (ACCOUNTS.replace("accounts", "customers"), "'customers' is no target"),
        (ACCOUNTS.replace("crm.csv", "../crm.csv"), "is not the name of a file"),
        (ACCOUNTS + "color = 1\n", "color: unknown"),
        (ACCOUNTS + 'date_order = "dym"\n', "right would be one of ymd, dmy, mdy"),
        (ACCOUNTS + 'constants = { size = "9" }\n', "has no column 'size'"),
        (ACCOUNTS + 'constants = { name = "x" }\n', "is filled twice"),
        (ACCOUNTS + 'values.plan = { a = "b" }\n', "nothing fills it"),
        (ACCOUNTS + 'scale.name = "much"\n', "is not a number"),
        (ACCOUNTS + 'lookup.plan = { from = "x" }\n', "right would be { from"),
    ],
)
def test_a_mapping_that_cannot_be_used_says_why(text: str, said: str) -> None:
    with pytest.raises(MappingError) as raised:
        parse_mapping(text, KNOWN)
    assert said in "\n".join(raised.value.problems)


def test_all_problems_of_a_mapping_are_named_at_once() -> None:
    with pytest.raises(MappingError) as raised:
        parse_mapping(ACCOUNTS + "a = 1\nb = 2\n", KNOWN)
    assert len(raised.value.problems) == 2


@pytest.mark.django_db
def test_one_file_feeds_several_targets(tmp_path: Path) -> None:
    folder = write(
        tmp_path / "in",
        crm="id,title,tier,seats,price,began,trial\n7,Acme,Gold,5,9900,31.12.2023,no\n8,Beta,Gray,2,150,01.02.2024,no\n9,Gone,Gold,1,1,01.02.2024,yes",
        clicks="who,org,robot,what,at\nu1,7,0,open,2024-03-01T10:00:00Z\nu1,7,0,save,2024-03-01T11:00:00Z\nu2,8,1,save,2024-03-02T11:00:00Z",
    )
    mapping = """
[[target]]
into = "contracts"
file = "crm.csv"
date_order = "dmy"
where = { trial = "no" }
columns = { external_id = "id", account_external_id = "id", seats = "seats", mrr = "price", starts_on = "began" }
constants = { currency = "EUR" }
scale.mrr = 0.01
[[target]]
into = "accounts"
file = "crm.csv"
columns = { external_id = "id", plan = "tier" }
values.plan = { Gold = "gold", Gray = "" }
template.name = "{title} ({id})"
[[target]]
into = "seats"
file = "clicks.csv"
distinct = ["org", "who"]
columns = { external_id = "who", account_external_id = "org" }
values.kind = { column = "robot", 1 = "bot", 0 = "human" }
[[target]]
into = "events"
file = "clicks.csv"
columns = { account_external_id = "org", seat_external_id = "who", action = "what", occurred_at = "at" }
row_number = "message_id"
"""
    report = load(folder, mapping=mapping)
    assert report.exit_code == 0
    assert dict(Account.objects.values_list("name", "plan")) == {"Acme (7)": "gold", "Beta (8)": "", "Gone (9)": "gold"}
    terms = {key: (str(mrr), day) for key, mrr, day in Contract.objects.values_list("external_id", "mrr", "starts_on")}
    assert terms == {"7": ("99.00", date(2023, 12, 31)), "8": ("1.50", date(2024, 2, 1))}
    assert report_of(report, "contracts").left_out == 1
    assert counts(report, "seats") == (3, 2, 0, 0, 0, 0)
    assert dict(Seat.objects.values_list("external_id", "kind")) == {"u1": "human", "u2": "bot"}
    assert set(Event.objects.values_list("message_id", flat=True)) == {"1", "2", "3"}


@pytest.mark.django_db
def test_a_lookup_answers_from_another_file_and_what_it_does_not_find_is_rejected(tmp_path: Path) -> None:
    folder = write(
        tmp_path / "in",
        accounts="external_id,name\na,A\nb,B",
        subs="sub,org\ns1,a\ns2,b\ns3,a\ns3,b",
        uses="sub,day,n\ns1,2024-03-01,1\ns2,2024-03-01,2\nzz,2024-03-01,3\ns3,2024-03-01,4\n,2024-03-01,5",
    )
    mapping = """
[[target]]
into = "usage_daily"
file = "uses.csv"
columns = { day = "day", quantity = "n" }
constants = { action = "use" }
lookup.account_external_id = { from = "sub", file = "subs.csv", key = "sub", take = "org" }
"""
    load(folder, mapping=mapping)
    assert dict(UsageDaily.objects.values_list("account__external_id", "quantity")) == {"a": 1, "b": 2}
    assert [row[1:] for row in rejected()] == [
        (4, "sub", "lookup_failed", "zz"),
        (5, "sub", "lookup_ambiguous", "s3"),
        (6, "sub", "missing_value", ""),
    ]


@pytest.mark.django_db
def test_minutes_are_added_to_an_instant_and_to_a_local_midnight(tmp_path: Path) -> None:
    folder = write(
        tmp_path / "in",
        accounts="external_id,name,timezone\na,A,Asia/Shanghai",
        desk="id,org,at,wait\n1,a,2024-03-01T10:00:00Z,90\n2,a,2024-03-01,30\n3,a,2024-03-01,\n4,a,2024-03-01,long",
    )
    mapping = """
[[target]]
into = "tickets"
file = "desk.csv"
columns = { external_id = "id", account_external_id = "org", opened_at = "at" }
plus_minutes.first_response_at = { from = "at", column = "wait" }
"""
    load(folder, mapping=mapping)
    answered = {key: at.isoformat() if at else None for key, at in Ticket.objects.values_list("external_id", "first_response_at")}
    assert answered == {"1": "2024-03-01T11:30:00+00:00", "2": "2024-02-29T16:30:00+00:00", "3": None}
    assert codes() == ["bad_instant"]


@pytest.mark.django_db
def test_a_column_or_file_that_is_not_there_refuses_the_target_alone(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", crm="id,title\na,A")
    mapping = ACCOUNTS + '[[target]]\ninto = "seats"\nfile = "crm.csv"\ncolumns = { external_id = "nope", account_external_id = "id" }\n'
    mapping += (
        '[[target]]\ninto = "contacts"\nfile = "gone.csv"\ncolumns = { external_id = "id", account_external_id = "id", name = "id" }\n'
    )
    report = load(folder, mapping=mapping)
    assert report.exit_code == 1
    assert report_of(report, "seats").refused.startswith("missing_column: the mapping reads column 'nope'")
    assert report_of(report, "contacts").refused.startswith("missing_file")
    assert Account.objects.count() == 1
