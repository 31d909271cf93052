"""What files bring into MRR: repeated rows, credits, terms in amounts, one-day and empty terms."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import override_settings

from accounts.models import Contract
from churn.revenue import movements
from tests.churn.books import book

pytestmark = pytest.mark.django_db(transaction=True)
ACCOUNTS = "external_id,name\nclean,Clean\ntwice,Twice\ncredited,Credited\nyearly,Yearly\nbrief,Brief\nempty,Empty\n"
CONTRACTS = """external_id,account_external_id,starts_on,ends_on,currency,mrr,amount
c1,clean,2026-01-01,,USD,100,
c2,twice,2026-01-01,,USD,50,
c2,twice,2026-01-01,,USD,50,
c3,credited,2026-01-01,,USD,80,
c4,credited,2026-02-01,2026-03-01,USD,-30,
c5,yearly,2026-01-15,2027-01-15,USD,,1000
c6,brief,2026-01-31,2026-02-01,USD,31,
c7,empty,2026-01-31,2026-01-31,USD,7,
c8,twice,2026-01-01,,USD,9,
c8,twice,2026-01-01,,USD,11,
"""
INVOICES = """external_id,account_external_id,issued_on,amount,currency,status
i1,credited,2026-02-05,-80,USD,paid
i2,clean,2026-02-05,100,USD,paid
"""


@override_settings(REPORTING_CURRENCY="USD")
def test_repeated_rows_count_once_and_a_credit_is_no_movement(tmp_path: Path) -> None:
    admin = book(date(2026, 3, 31))
    for name, text in (("accounts", ACCOUNTS), ("contracts", CONTRACTS), ("invoices", INVOICES)):
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    call_command("load", str(tmp_path), "--rejects", str(tmp_path / "rejects"))
    january: Any
    february: Any
    january, february = movements(admin, "month", date(2026, 1, 1), date(2026, 3, 1), detail=True)
    # Of two different rows with one id the first stays and the other is rejected: 9, not 11 or 20.
    assert january.new == 100 + 50 + 80 + Decimal("83.33") + 31 + 9
    assert january.ids["new"] == ["brief", "clean", "credited", "twice", "yearly"]
    assert (february.start, february.churn, february.contraction, february.expansion) == (january.end, 31, 0, 0)
    assert february.ids["churn"] == ["brief"]


# docs/methods/mrr.md, the first worked table.
AMOUNTS = [
    ("1200", "2026-01-01", "2027-01-01", "100.00"),
    ("150", "2026-04-01", "2026-05-16", "101.09"),
    ("100", "2026-01-31", "2026-02-28", "100.00"),
    ("1200", "2025-10-31", "2026-11-01", "99.72"),
]


def test_an_amount_is_spread_over_the_months_of_its_term(tmp_path: Path) -> None:
    (tmp_path / "accounts.csv").write_text("external_id,name\na,A\n", encoding="utf-8")
    lines = [f"k{place},a,{first},{after},{amount}\n" for place, (amount, first, after, _mrr) in enumerate(AMOUNTS)]
    head = "external_id,account_external_id,starts_on,ends_on,amount\n"
    (tmp_path / "contracts.csv").write_text(head + "".join(lines), encoding="utf-8")
    call_command("load", str(tmp_path), "--rejects", str(tmp_path / "rejects"))
    found = dict(Contract.objects.values_list("external_id", "mrr"))
    assert found == {f"k{place}": Decimal(mrr) for place, (_amount, _first, _after, mrr) in enumerate(AMOUNTS)}
