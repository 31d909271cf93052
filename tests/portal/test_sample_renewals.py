"""The sample book's renewals: how many are lost, and how well a health score of 90 days before foretells it.

The score here is a plain reading of docs/methods/health.md (default weights, enterprise profile) from the files alone.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

from csm_portal.portal.sample.book import Wish, write_book
from csm_portal.portal.sample.policy import KEY_ACTIONS
from csm_portal.portal.sample.rhythm import pulse

LEAD = 90
GRACE = 30


class Book(NamedTuple):
    """The files as frames, with dates parsed; `groups` holds the row positions of each account."""

    folder: Path
    first: pd.Timestamp
    last: pd.Timestamp
    frames: dict[str, pd.DataFrame]
    groups: dict[str, dict[str, np.ndarray]]

    def own(self, name: str, account: str) -> pd.DataFrame:
        """One account's rows of a file."""
        return self.frames[name].iloc[self.groups[name].get(account, np.array([], dtype=int))]


def read(folder: Path) -> Book:
    frames = {path.name.split(".")[0]: pd.read_csv(path, dtype=str, keep_default_na=False) for path in sorted(folder.glob("*.csv*"))}
    for frame in frames.values():
        for column in frame:
            if str(column).endswith("_on") or column == "day":
                frame[column] = pd.to_datetime(frame[column], errors="coerce")
            elif str(column).endswith("_at"):
                frame[column] = pd.to_datetime(frame[column], errors="coerce", utc=True).dt.tz_localize(None)
    groups = {name: dict(frame.groupby("account_external_id").indices) for name, frame in frames.items() if "account_external_id" in frame}
    about = pd.read_json(folder / "about.json", typ="series")
    return Book(folder, pd.Timestamp(about["from"]), pd.Timestamp(about["to"]), frames, groups)


@pytest.fixture(scope="module")
def default_book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    folder = tmp_path_factory.mktemp("default")
    write_book(folder, Wish())
    return read(folder)


@pytest.fixture(scope="module")
def bigger_book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    folder = tmp_path_factory.mktemp("bigger")
    write_book(folder, Wish(accounts=800, seed=7))
    return read(folder)


def dues(book: Book) -> pd.DataFrame:
    """Closed dues (account, ends_on, mrr, months of the term, lost) of the core product, by the successor rule of docs/methods/renewals.md."""
    contracts = book.frames["contracts"]
    paid = contracts[(contracts["mrr"].replace("", "0").astype(float) > 0) | (contracts["amount"] != "")]
    found = []
    for (account, product), terms in paid.groupby(["account_external_id", "product"]):
        starts = terms["starts_on"]
        for term in terms.dropna(subset=["ends_on"]).itertuples():
            if term.ends_on > book.last - pd.Timedelta(days=GRACE):
                continue
            next_terms = (
                (starts > term.starts_on)
                & (starts >= term.ends_on - pd.Timedelta(days=90))
                & (starts <= term.ends_on + pd.Timedelta(days=GRACE))
            )
            found.append((account, product, term.ends_on, (term.ends_on - term.starts_on).days, not next_terms.any()))
    return pd.DataFrame(found, columns=["account", "product", "ends_on", "term_days", "lost"])


def activity(book: Book) -> pd.DataFrame:
    """Level value 0…100 of each account (rows) and day (columns); days off and days without seats are NaN."""
    accounts, seats = book.frames["accounts"].set_index("external_id"), book.frames["seats"]
    days = pd.date_range(book.first, book.last)
    at = {account: row for row, account in enumerate(accounts.index)}
    shape = (len(at), len(days))
    key, logged, activated = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    human = seats[(seats["kind"] == "human") & ~seats["email"].str.endswith("@vendor.example")]
    for seat in human.itertuples():
        low = max((seat.activated_on - book.first).days, 0)
        high = (seat.deactivated_on - book.first).days if pd.notna(seat.deactivated_on) else len(days)
        activated[at[seat.account_external_id], low : max(high, 0)] += 1
    _add_events(book, at, key, logged, human)
    daily = book.frames["usage_daily"]
    rows, columns = daily["account_external_id"].map(at).to_numpy(), (daily["day"] - book.first).dt.days.to_numpy()
    counts = daily["action"].isin(KEY_ACTIONS).to_numpy() * daily["quantity"].astype(float).to_numpy()
    np.add.at(key, (rows, columns), counts)
    np.maximum.at(logged, (rows, columns), daily["distinct_seats"].astype(float).to_numpy())
    for child, parent in accounts.loc[accounts["parent_external_id"] != "", "parent_external_id"].items():
        for table in (key, logged, activated):
            table[at[str(parent)]] += table[at[str(child)]]
    ratio = np.divide(key, activated, out=np.full(shape, np.nan), where=activated > 0)
    level = np.where(
        ratio == 0, 0.0, np.where(ratio <= 1.2, 33.3333, np.where((ratio > 2.4) & (logged >= 0.6 * activated), 100.0, 66.6667))
    )
    level[np.isnan(ratio)] = np.nan
    for account, row in at.items():
        rhythm = pulse(accounts.at[account, "country"], accounts.at[account, "work_week"], days[0].toordinal(), days[-1].toordinal())
        level[row, rhythm < 0.1] = np.nan
    for quiet in book.frames["quiet_periods"].itertuples():
        level[at[str(quiet.account_external_id)], (days >= quiet[2]) & (days < quiet[3])] = np.nan
    return pd.DataFrame(level, index=accounts.index, columns=days)


def _add_events(book: Book, at: dict[str, int], key: np.ndarray, logged: np.ndarray, human: pd.DataFrame) -> None:
    zones = book.frames["accounts"].set_index("external_id")["timezone"]
    events = book.frames["events"]
    local = pd.concat(
        part["occurred_at"].dt.tz_localize("UTC").dt.tz_convert(str(zone)).dt.tz_localize(None)
        for zone, part in events.groupby(events["account_external_id"].map(zones))
    ).sort_index()
    rows, columns = events["account_external_id"].map(at).to_numpy(), (local.dt.normalize() - book.first).dt.days.to_numpy()
    known = set(human["account_external_id"] + "|" + human["external_id"])
    names = events["account_external_id"] + "|" + events["seat_external_id"]
    counted = ((events["seat_external_id"] == "") | names.isin(known)).to_numpy()
    weight = (events["action"].isin(KEY_ACTIONS).to_numpy() & counted) * events["quantity"].astype(float).to_numpy()
    np.add.at(key, (rows, columns), weight)
    present = names[names.isin(known) & (events["action"] != "report_opened")]
    pairs = pd.DataFrame({"name": present, "row": rows[present.index], "column": columns[present.index]}).drop_duplicates()
    np.add.at(logged, (pairs["row"].to_numpy(), pairs["column"].to_numpy()), 1)


def health(book: Book, levels: pd.DataFrame, account: str, day: pd.Timestamp) -> float:
    """Score 0…100 as of the close of `day`, NaN when less than half of the weight is known."""
    tier = book.frames["accounts"].set_index("external_id").at[account, "tier"]
    with (book.folder / "definition.toml").open("rb") as file:
        model = tomllib.load(file)["health"]
    weights = model["profiles"][0]["weights"] if tier == "enterprise" else model["weights"]
    values = facets(book, levels, account, day)
    known = {name: weight for name, weight in weights.items() if not np.isnan(values.get(name, np.nan))}
    if sum(known.values()) < 0.5 * sum(weights.values()):
        return np.nan
    return sum(weight * values[name] for name, weight in known.items()) / sum(known.values())


def facets(book: Book, levels: pd.DataFrame, account: str, day: pd.Timestamp) -> dict[str, float]:
    mine = {name: book.own(name, account) for name in ("ratings", "tickets", "seats", "invoices", "surveys", "outcomes")}

    def since(frame: pd.DataFrame, column: str, days: int) -> pd.DataFrame:
        return frame[(frame[column] > day - pd.Timedelta(days=days)) & (frame[column] <= day + pd.Timedelta(days=1))]

    values = {"activity": levels.loc[account, day - pd.Timedelta(days=27) : day].mean()}
    fresh = since(mine["ratings"], "rated_on", 90).sort_values("rated_on").drop_duplicates("question", keep="last")
    marks = fresh.set_index("question")["score"].astype(float)
    values["ratings"] = (marks.drop("boss_uses_it", errors="ignore").mean() - 1) * 25
    values["executive"] = (marks.get("boss_uses_it", np.nan) - 1) * 25
    calls = since(mine["tickets"], "opened_at", 90)
    n = max(1, ((mine["seats"]["activated_on"] <= day) & ~(mine["seats"]["deactivated_on"] <= day)).sum())
    still = (calls["opened_at"] < day - pd.Timedelta(days=7)) & ~(calls["closed_at"] <= day)
    values["support"] = max(0.0, 100 - 10 * (calls["escalated"] == "true").sum() - 5 * still.sum() - 2 * max(0, len(calls) - n / 10))
    values["invoices"] = _invoices(since(mine["invoices"], "issued_on", 180), day)
    answers = since(mine["surveys"], "responded_at", 180)
    values["surveys"] = (answers["score"].astype(float) / answers["scale"].astype(float) * 100).mean()
    known = mine["outcomes"][mine["outcomes"]["recorded_at"] <= day]
    values["outcome"] = known["status"].map({"achieved": 100, "on_track": 75, "behind": 25, "missed": 0}).mean()
    values["growth"] = 50.0
    return values


def _invoices(issued: pd.DataFrame, day: pd.Timestamp) -> float:
    if issued.empty:
        return np.nan
    paid = issued["paid_on"].where(issued["paid_on"] <= day, day)
    late = (paid - issued["due_on"]).dt.days.where(issued["status"] != "void", 0).max()
    return 100 if late <= 0 else 60 if late <= 30 else 30 if late <= 60 else 0


def separation(score: np.ndarray, lost: np.ndarray) -> float:
    """Area under the curve: the chance that a renewed due had the higher score."""
    ranks = pd.Series(score).rank().to_numpy()
    renewed = ~lost
    return float((ranks[renewed].sum() - renewed.sum() * (renewed.sum() + 1) / 2) / (renewed.sum() * lost.sum()))


def observations(book: Book) -> pd.DataFrame:
    """Dues of 90 days or more whose features lie inside the book, with the score 90 days before."""
    rows = dues(book)
    rows = rows[(rows["term_days"] >= 90) & (rows["product"] == "orders") & (rows["ends_on"] >= book.first + pd.Timedelta(days=LEAD + 28))]
    levels = activity(book)
    scores = [health(book, levels, row.account, row.ends_on - pd.Timedelta(days=LEAD)) for row in rows.itertuples()]
    return rows.assign(
        score=scores,
        activity=[
            levels.loc[r.account, r.ends_on - pd.Timedelta(days=LEAD + 27) : r.ends_on - pd.Timedelta(days=LEAD)].mean()
            for r in rows.itertuples()
        ],
    )


@pytest.mark.parametrize("which", ["default_book", "bigger_book"])
def test_between_an_eighth_and_a_quarter_of_all_dues_are_lost(which: str, request: pytest.FixtureRequest) -> None:
    rows = dues(request.getfixturevalue(which))
    assert len(rows) > 150
    assert 0.12 <= rows["lost"].mean() <= 0.25


@pytest.mark.parametrize("which", ["default_book", "bigger_book"])
def test_health_ninety_days_before_separates_renewed_from_lost_but_not_well(which: str, request: pytest.FixtureRequest) -> None:
    rows = observations(request.getfixturevalue(which)).dropna(subset=["score"])
    assert 0.70 <= separation(rows["score"].to_numpy(), rows["lost"].to_numpy()) <= 0.80


def test_activity_alone_tells_less_than_health(bigger_book: Book) -> None:
    rows = observations(bigger_book).dropna(subset=["score", "activity"])
    lost = rows["lost"].to_numpy()
    assert 0.5 < separation(rows["activity"].to_numpy(), lost) < separation(rows["score"].to_numpy(), lost)
