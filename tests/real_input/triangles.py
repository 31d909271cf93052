"""Triangles made with plain dictionaries from raw files, and as REST shows them."""

from __future__ import annotations

import calendar
import csv
import gzip
import io
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from rest_framework.test import APIClient

Cells = dict[tuple[str, int], tuple[Decimal, Decimal]]


def rows(path: Path) -> list[dict[str, str]]:
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return list(csv.DictReader(io.StringIO(text.decode("utf-8"), newline="")))


def answered(client: APIClient, measure: str, grain: str, **query: str) -> Cells:
    """Every cell that REST shows, over all pages; each share is checked on the way."""
    found: Cells = {}
    address = f"/api/v1/churn/cohorts/?measure={measure}&grain={grain}&page_size=1000" + "".join(f"&{k}={v}" for k, v in query.items())
    while address:
        page: Any = client.get(address).json()
        for row in page["results"]:
            size, remaining = Decimal(row["size"]), Decimal(row["remaining"])
            assert (
                row["share"] == (round(float(remaining / size), 6) if size else None) or abs(float(remaining / size) - row["share"]) < 1e-6
            )
            assert (row["cohort"], row["offset"]) not in found
            found[row["cohort"], row["offset"]] = (size, remaining)
        address = page["next"]
    return found


def periods(grain: str, first: date, as_of: date) -> list[tuple[str, date, date]]:
    """(label, first day, last day) of the finished periods from the one that holds `first`."""
    made: list[tuple[str, date, date]] = []
    begin = first.replace(day=1) if grain == "month" else first - timedelta(days=first.weekday())
    while True:
        length = calendar.monthrange(begin.year, begin.month)[1] if grain == "month" else 7
        last = begin + timedelta(days=length - 1)
        if last > as_of:
            return made
        made.append((f"{begin:%Y-%m}" if grain == "month" else "{}-W{:02d}".format(*begin.isocalendar()[:2]), begin, last))
        begin = last + timedelta(days=1)


def triangle_by_hand(spans: list[tuple[str, date, date]], began: dict[str, date], there: Any) -> Cells:
    """`there(member, place)` is what a member counts in a period, `began` the day it began; a member's size is decided by the caller."""
    found: Cells = {}
    for place, (name, first, last) in enumerate(spans):
        members = [member for member, day in began.items() if first <= day <= last]
        if not members:
            continue
        for offset in range(len(spans) - place):
            found[name, offset] = there(members, place, place + offset)
    return found


def days_of_people(events: Iterable[dict[str, str]], as_of: date) -> dict[str, set[date]]:
    """Account and seat -> its days with an event, bots left out; the first row of a seat says whether it is one."""
    is_bot: dict[str, bool] = {}
    days: dict[str, set[date]] = defaultdict(set)
    for row in events:
        key = f"{row['account']} {row['seat']}"
        if not is_bot.setdefault(key, row["is_bot"] == "1"):
            day = datetime.fromisoformat(row["occurred_at"]).astimezone(UTC).date()
            if day <= as_of:
                days[key].add(day)
    return days


def each_day(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
