"""An independent reading of domain.md section 1 for the git_activity shape: plain dictionaries, no code of the product."""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Oracle:
    """Levels per (account, day), and the active days of each account, from raw files."""

    levels: dict[tuple[str, date], str]
    first: date
    last: date
    accounts: tuple[str, ...]

    def level(self, account: str, day: date) -> str:
        """Level in words; a day without events is zero, since every account pays all the time."""
        return self.levels.get((account, day), "zero")

    def active_days(self, account: str, first: date, after: date) -> int:
        """Days in [first, after) with a level of low or more, as far as they have happened."""
        days = (first + timedelta(days=i) for i in range((min(after, self.last + timedelta(days=1)) - first).days))
        return sum(self.level(account, day) in {"low", "medium", "high"} for day in days)


def read(folder: Path, *, zone: str, first: date, last: date) -> Oracle:
    """Grade every account-day of the folder: purchased seats as base, bots left out, share 60%, multiples 2 and 4."""
    with (folder / "accounts.csv").open(newline="", encoding="utf-8") as file:
        seats = {row["account"]: int(row["seats"]) for row in csv.DictReader(file)}
    actions: dict[tuple[str, date], int] = defaultdict(int)
    people: dict[tuple[str, date], set[str]] = defaultdict(set)
    # Three people carry both marks; `distinct` in a mapping keeps the first row of a seat, and so does this.
    is_bot: dict[tuple[str, str], bool] = {}
    with gzip.open(folder / "events.csv.gz", "rt", newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if is_bot.setdefault((row["account"], row["seat"]), row["is_bot"] == "1"):
                continue
            day = datetime.fromisoformat(row["occurred_at"]).astimezone(ZoneInfo(zone)).date()
            if first <= day <= last:
                actions[row["account"], day] += 1
                people[row["account"], day].add(row["seat"])
    levels = {key: _level(a, len(people[key]), seats[key[0]]) for key, a in actions.items()}
    return Oracle(levels, first, last, tuple(sorted(seats)))


def _level(a: int, logged_in: int, n: int) -> str:
    if a * 100 <= n * 60 * 2:
        return "low"
    if a * 100 > n * 60 * 4 and logged_in * 100 >= n * 60:
        return "high"
    return "medium"
