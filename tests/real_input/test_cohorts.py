"""Triangles of a real input through load, define, nightly and REST, against plain dictionaries made from the raw files."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from rest_framework.test import APIClient

from accounts.models import User
from accounts.types import Role
from tests.real_input.triangles import answered, periods, rows, triangle_by_hand

DATA = Path(settings.BASE_DIR).parent / "shared" / "data"
EXAMPLES = Path(settings.BASE_DIR) / "examples"

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.wide]


def run(name: str, rejects: Path, first: str, last: str) -> APIClient:
    call_command("load", str(DATA / name), "--map", str(EXAMPLES / name / "mapping.toml"), "--rejects", str(rejects))
    call_command("define", str(EXAMPLES / name / "definitions.toml"))
    call_command("nightly", "--from", first, "--to", last)
    client = APIClient()
    client.force_authenticate(User.objects.create_user("admin@example.com", "secret", role=Role.ADMIN))
    return client


@pytest.mark.skipif(not (DATA / "fightchurn_sample").is_dir(), reason="shared/data/fightchurn_sample is not here")
def test_cohorts_of_a_simulated_crm_book_agree_with_a_plain_computation(tmp_path: Path) -> None:
    as_of = date(2022, 12, 31)
    client = run("fightchurn_sample", tmp_path, "2022-01-01", as_of.isoformat())
    terms: dict[str, list[tuple[date, date, Decimal]]] = defaultdict(list)
    for row in rows(DATA / "fightchurn_sample" / "subscriptions.csv"):
        if Decimal(row["mrr"]) > 0:
            terms[row["account_id"]].append(
                (date.fromisoformat(row["start_date"]), date.fromisoformat(row["end_date"]), Decimal(row["mrr"]))
            )
    began = {account: min(start for start, _end, _mrr in found) for account, found in terms.items()}

    def worth(account: str, day: date) -> Decimal:
        return sum((mrr for start, end, mrr in terms[account] if start <= day < end), Decimal(0))

    for grain in ("month", "week"):
        spans = periods(grain, min(began.values()), as_of)

        def accounts(members: list[str], own: int, place: int, spans: Any = spans) -> tuple[Decimal, Decimal]:
            paying = [member for member in members if worth(member, spans[own][2])]
            return Decimal(len(paying)), Decimal(sum(1 for member in paying if worth(member, spans[place][2])))

        def revenue(members: list[str], own: int, place: int, spans: Any = spans) -> tuple[Decimal, Decimal]:
            paying = [member for member in members if worth(member, spans[own][2])]
            then, now = spans[own][2], spans[place][2]
            return sum((worth(m, then) for m in paying), Decimal(0)), sum((worth(m, now) for m in paying), Decimal(0))

        assert answered(client, "logo", grain) == triangle_by_hand(spans, began, accounts)
        assert answered(client, "revenue", grain) == triangle_by_hand(spans, began, revenue)

    key = {"create_opportunity", "advance_stage", "quote", "win_opportunity", "lose_opportunity", "meeting", "add_contact", "add_lead"}
    names = {row["event_type_id"]: row["event_type_name"] for row in rows(DATA / "fightchurn_sample" / "event_types.csv")}
    first_event: dict[str, date] = {}
    key_days: dict[str, set[date]] = defaultdict(set)
    for row in rows(DATA / "fightchurn_sample" / "events.csv.gz"):
        member, day = f"{row['account_id']} {row['user_id']}", date.fromisoformat(row["event_time"][:10])
        if day <= as_of:
            first_event[member] = min(first_event.get(member, day), day)
            if names[row["event_type_id"]] in key:
                key_days[member].add(day)
    spans = periods("month", date(2022, 1, 1), as_of)

    def acted(members: list[str], _own: int, place: int) -> tuple[Decimal, Decimal]:
        _name, first, last = spans[place]
        return Decimal(len(members)), Decimal(sum(1 for member in members if any(first <= day <= last for day in key_days[member])))

    assert answered(client, "seat", "month") == triangle_by_hand(spans, first_event, acted)
