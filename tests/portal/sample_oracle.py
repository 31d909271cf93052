"""A reading of the sample book from its files alone: dues, levels and a health score, written without the portal's own code.

Days are whole numbers (`date.toordinal`). The score follows the default weights and the enterprise profile of the book's definition.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from csm_portal.portal.sample.rhythm import pulse

LEAD = 90
GRACE = 30
Row = dict[str, str]


class Due(NamedTuple):
    """A closed due date of a paid term."""

    account: str
    product: str
    ends_on: int
    term_days: int
    lost: bool


class Scored(NamedTuple):
    """A due with its health score and mean activity 90 days before."""

    due: Due
    score: float
    activity: float


def day_of(text: str) -> int | None:
    return date.fromisoformat(text[:10]).toordinal() if text else None


def need(text: str) -> int:
    day = day_of(text)
    assert day is not None
    return day


def rows(folder: Path, name: str) -> Iterator[Row]:
    plain = folder / f"{name}.csv"
    if plain.exists():
        with plain.open(encoding="utf-8", newline="") as text:
            yield from csv.DictReader(text)
    else:
        with gzip.open(folder / f"{name}.csv.gz") as raw:
            yield from csv.DictReader(io.TextIOWrapper(raw, encoding="utf-8", newline=""))


class Oracle:
    """The book in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
        self.first, self.last = need(about["from"]), need(about["to"])
        self.definition = tomllib.loads((folder / "definition.toml").read_text(encoding="utf-8"))
        self.accounts = {row["external_id"]: row for row in rows(folder, "accounts")}
        self.at = {account: number for number, account in enumerate(self.accounts)}

    def own(self, name: str) -> dict[str, list[Row]]:
        """A file's rows by account."""
        found: dict[str, list[Row]] = defaultdict(list)
        for row in rows(self.folder, name):
            found[row["account_external_id"]].append(row)
        return found

    @cached_property
    def seats(self) -> dict[str, list[Row]]:
        return self.own("seats")

    @cached_property
    def tables(self) -> dict[str, dict[str, list[Row]]]:
        return {name: self.own(name) for name in ("ratings", "tickets", "invoices", "surveys", "outcomes")}

    def dues(self) -> list[Due]:
        """Closed dues by the successor rule: starts within [due - 90, due + 30], later than the term itself, same product."""
        chains: dict[tuple[str, str], list[tuple[int, int | None]]] = defaultdict(list)
        for row in rows(self.folder, "contracts"):
            if float(row["mrr"] or row["amount"]) > 0:
                chains[row["account_external_id"], row["product"]].append((need(row["starts_on"]), day_of(row["ends_on"])))
        found = []
        for (account, product), terms in chains.items():
            for start, end in terms:
                if end is None or end > self.last - GRACE:
                    continue
                kept = any(other > start and end - 90 <= other <= end + GRACE for other, _ in terms)
                found.append(Due(account, product, end, end - start, not kept))
        return found

    def scored(self) -> list[Scored]:
        """Core dues of terms of 90 days or more with enough of the book before them, where a score is known."""
        found = []
        for due in self.dues():
            if due.product != "orders" or due.term_days < 90 or due.ends_on - LEAD < self.first + 28:
                continue
            score, activity = self.score(due.account, due.ends_on - LEAD)
            if score is not None and not np.isnan(activity):
                found.append(Scored(due, score, activity))
        return found

    def score(self, account: str, day: int) -> tuple[float | None, float]:
        """Health at the close of `day` (None below the minimum coverage) and its activity facet."""
        model = self.definition["health"]
        weights = model["profiles"][0]["weights"] if self.accounts[account]["tier"] == "enterprise" else model["weights"]
        values = self.facets(account, day)
        known = {name: weight for name, weight in weights.items() if not np.isnan(values[name])}
        if sum(known.values()) < float(model["min_coverage"]) * sum(weights.values()):
            return None, values["activity"]
        return sum(weight * values[name] for name, weight in known.items()) / sum(known.values()), values["activity"]

    def facets(self, account: str, day: int) -> dict[str, float]:
        own = {name: table.get(account, []) for name, table in self.tables.items()}
        marks = {row["question"]: float(row["score"]) for row in own["ratings"] if day - 90 < need(row["rated_on"]) <= day}
        answers = [row for row in own["surveys"] if day - 180 < need(row["responded_at"]) <= day]
        known = [row["status"] for row in own["outcomes"] if need(row["recorded_at"]) <= day]
        at = day - self.first
        return {
            "activity": mean(self.levels[self.at[account], at - 27 : at + 1]),
            "ratings": (mean([mark for question, mark in marks.items() if question != "boss_uses_it"]) - 1) * 25,
            "executive": (marks.get("boss_uses_it", np.nan) - 1) * 25,
            "support": self._support(account, day),
            "invoices": self._invoices(own["invoices"], day),
            "surveys": mean([100 * float(row["score"]) / float(row["scale"]) for row in answers]),
            "outcome": mean([{"achieved": 100.0, "on_track": 75.0, "behind": 25.0, "missed": 0.0}[status] for status in known]),
            "growth": 50.0,
        }

    def _support(self, account: str, day: int) -> float:
        calls = [row for row in self.tables["tickets"].get(account, []) if day - 90 < need(row["opened_at"]) <= day]
        waiting = sum(need(row["opened_at"]) < day - 7 and (day_of(row["closed_at"]) or day + 1) > day for row in calls)
        seats = sum(need(row["activated_on"]) <= day < (day_of(row["deactivated_on"]) or day + 1) for row in self.seats[account])
        return max(
            0.0, 100 - 10 * sum(row["escalated"] == "true" for row in calls) - 5 * waiting - 2 * max(0, len(calls) - max(1, seats / 10))
        )

    def _invoices(self, own: list[Row], day: int) -> float:
        bills = [row for row in own if day - 180 < need(row["issued_on"]) <= day and row["status"] != "void"]
        late = [min(day_of(row["paid_on"]) or day, day) - need(row["due_on"]) for row in bills]
        worst = max(late, default=None)
        return np.nan if worst is None else 100 if worst <= 0 else 60 if worst <= 30 else 30 if worst <= 60 else 0

    @cached_property
    def levels(self) -> NDArray[np.float64]:
        """Level value 0…100 of accounts x days; a day off, or without seats, is NaN. Outlets without a contract count for the brand too."""
        shape = (len(self.at), self.last - self.first + 1)
        key, logged, seats = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        self._count_seats(seats)
        self._count_events(key, logged)
        self._count_daily(key, logged)
        for account, row in self.accounts.items():
            if row["parent_external_id"] and "franchise" not in row["tags"]:
                for table in (key, logged, seats):
                    table[self.at[row["parent_external_id"]]] += table[self.at[account]]
        ratio = np.divide(key, seats, out=np.full(shape, np.nan), where=seats > 0)
        high = (ratio > 2.4) & (logged >= 0.6 * seats)
        level = np.select([np.isnan(ratio), ratio == 0, ratio <= 1.2, high], [np.nan, 0.0, 33.3333, 100.0], 66.6667)
        for account, row in self.accounts.items():
            level[self.at[account], pulse(row["country"], row["work_week"], self.first, self.last) < 0.1] = np.nan
        for row in rows(self.folder, "quiet_periods"):
            level[self.at[row["account_external_id"]], need(row["from"]) - self.first : need(row["to"]) - self.first] = np.nan
        return level

    def _counted(self, account: str) -> set[str]:
        return {
            row["external_id"] for row in self.seats[account] if row["kind"] == "human" and not row["email"].endswith("@vendor.example")
        }

    def _count_seats(self, seats: NDArray[np.float64]) -> None:
        for account in self.at:
            counted = self._counted(account)
            for row in self.seats[account]:
                if row["external_id"] in counted:
                    off = day_of(row["deactivated_on"]) or self.last + 1
                    seats[self.at[account], max(need(row["activated_on"]) - self.first, 0) : max(off - self.first, 0)] += 1

    def _count_events(self, key: NDArray[np.float64], logged: NDArray[np.float64]) -> None:
        counted = {account: self._counted(account) for account in self.at}
        zones = {account: ZoneInfo(row["timezone"]) for account, row in self.accounts.items()}
        weights = self.definition["activity"]["key_actions"]
        seen: set[tuple[str, int, str]] = set()
        for row in rows(self.folder, "events"):
            account, seat = row["account_external_id"], row["seat_external_id"]
            at = datetime.fromisoformat(row["occurred_at"]).astimezone(zones[account]).toordinal() - self.first
            if seat and seat not in counted[account]:
                continue
            key[self.at[account], at] += weights.get(row["action"], 0) * int(row["quantity"])
            if seat and row["action"] != "report_opened":
                seen.add((account, at, seat))
        for account, at, _ in seen:
            logged[self.at[account], at] += 1

    def _count_daily(self, key: NDArray[np.float64], logged: NDArray[np.float64]) -> None:
        weights = self.definition["activity"]["key_actions"]
        for row in rows(self.folder, "usage_daily"):
            cell = self.at[row["account_external_id"]], need(row["day"]) - self.first
            key[cell] += weights.get(row["action"], 0) * int(row["quantity"])
            logged[cell] = max(logged[cell], int(row["distinct_seats"]))


def mean(values: NDArray[np.float64] | list[float]) -> float:
    """Mean of the known values, NaN without any."""
    known = np.asarray(values, dtype=float)
    known = known[~np.isnan(known)]
    return float(known.mean()) if len(known) else float("nan")


def separation(score: list[float], lost: list[bool]) -> float:
    """Area under the curve: the chance that a renewed due had the higher score, ties counting half."""
    renewed_scores = np.array([value for value, gone in zip(score, lost, strict=True) if not gone])
    lost_scores = np.array([value for value, gone in zip(score, lost, strict=True) if gone])
    above = (renewed_scores[:, None] > lost_scores[None, :]).mean()
    return float(above + (renewed_scores[:, None] == lost_scores[None, :]).mean() / 2)
