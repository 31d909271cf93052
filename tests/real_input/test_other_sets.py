"""Two more books that nobody here wrote, through load, define and nightly, against counts taken straight from their files."""

from __future__ import annotations

import csv
import gzip
import io
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db.models import Sum

from accounts.models import Account, Contract, Event, Seat, Ticket, UsageDaily
from churn.models import ChurnRecord, RenewalCase
from health.models import AccountDay, AccountPeriod, AccountState
from health.types import Grain

DATA = Path(settings.BASE_DIR).parent / "shared" / "data"
EXAMPLES = Path(settings.BASE_DIR) / "examples"

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.wide]


def run(name: str, rejects: Path, first: str, last: str) -> None:
    call_command("load", str(DATA / name), "--map", str(EXAMPLES / name / "mapping.toml"), "--rejects", str(rejects))
    call_command("define", str(EXAMPLES / name / "definitions.toml"))
    call_command("nightly", "--from", first, "--to", last)


def rows(path: Path) -> list[dict[str, str]]:
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return list(csv.DictReader(io.StringIO(text.decode("utf-8"), newline="")))


@pytest.mark.skipif(not (DATA / "fightchurn_sample").is_dir(), reason="shared/data/fightchurn_sample is not here")
def test_a_simulated_crm_book_is_graded_as_its_files_say(tmp_path: Path) -> None:
    today = date(2023, 1, 1)
    run("fightchurn_sample", tmp_path, "2022-11-01", "2022-12-31")
    assert (Account.objects.count(), Contract.objects.count(), Event.objects.count()) == (91, 1_218, 93_715)
    assert Event.objects.filter(day__gte=today).count() == 7_031
    terms = rows(DATA / "fightchurn_sample" / "subscriptions.csv")
    running = {row["account_id"] for row in terms if row["start_date"] <= "2022-12-31" < row["end_date"] and float(row["mrr"]) > 0}
    december = AccountPeriod.objects.published().filter(grain=Grain.MONTH, starts_on=date(2022, 12, 1))
    assert set(december.filter(paying=True).values_list("account__external_id", flat=True)) == running
    key = {"quote": 2, "win_opportunity": 3} | dict.fromkeys(
        ("create_opportunity", "advance_stage", "lose_opportunity", "meeting", "add_contact", "add_lead"), 1
    )
    names = {row["event_type_id"]: row["event_type_name"] for row in rows(DATA / "fightchurn_sample" / "event_types.csv")}
    assert set(key) <= set(names.values())
    weighed: Counter[str] = Counter()
    for row in rows(DATA / "fightchurn_sample" / "events.csv.gz"):
        if row["event_time"] < "2023-01-01":
            weighed[row["event_time"][:7]] += key.get(names[row["event_type_id"]], 0)
    graded = AccountDay.objects.published().filter(day__gte=date(2022, 12, 1)).aggregate(total=Sum("key_actions"))["total"]
    assert graded == weighed["2022-12"]
    assert AccountState.objects.filter(score__isnull=False).exists()
    assert RenewalCase.objects.filter(state="open", ends_on__gte=today).exists()


@pytest.mark.skipif(not (DATA / "ravenstack").is_dir(), reason="shared/data/ravenstack is not here")
def test_a_book_of_daily_counts_is_graded_as_its_files_say(tmp_path: Path) -> None:
    run("ravenstack", tmp_path, "2024-12-01", "2024-12-31")
    assert Account.objects.count() == 500
    assert Contract.objects.count() == 5_000 - 778 - 13
    assert Ticket.objects.count() == 2_000
    assert ChurnRecord.objects.count() == 600
    assert Seat.objects.count() == 0
    used = rows(DATA / "ravenstack" / "feature_usage.csv.gz")
    assert UsageDaily.objects.aggregate(total=Sum("quantity"))["total"] == sum(int(row["usage_count"]) for row in used)
    key = {f"feature_{number}" for number in range(1, 11)}
    expected = sum(int(row["usage_count"]) for row in used if row["usage_date"].startswith("2024-12") and row["feature_name"] in key)
    december = AccountDay.objects.published().filter(day__gte=date(2024, 12, 1), day__lte=date(2024, 12, 31))
    assert december.aggregate(total=Sum("key_actions"))["total"] == expected
    sold = [row for row in rows(DATA / "ravenstack" / "subscriptions.csv") if row["is_trial"] == "False"]
    terms = [row for row in sold if row["end_date"] != row["start_date"]]
    running = {
        row["account_id"]
        for row in terms
        if row["start_date"] <= "2024-12-31" and (not row["end_date"] or row["end_date"] > "2024-12-31") and float(row["mrr_amount"]) > 0
    }
    paying = AccountPeriod.objects.published().filter(grain=Grain.MONTH, starts_on=date(2024, 12, 1), paying=True)
    assert set(paying.values_list("account__external_id", flat=True)) == running
