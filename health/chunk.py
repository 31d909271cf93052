"""One chunk of accounts over a stretch of days: its frames put together as facts, and what picks its rules and corrections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd

from accounts.terms import DueState, settle
from csm_portal.lib.money import Rates
from csm_portal.lib.versions import version_on
from health import frames
from health.facets import curves
from health.facets.facts import (
    AnswerFacts,
    ContractFacts,
    DayFacts,
    Facts,
    InvoiceFacts,
    MilestoneFacts,
    Onboardings,
    OutcomeFacts,
    RatingFacts,
    RenewalFacts,
    SeatFacts,
    Sources,
    SpanFacts,
    StarSpan,
    TicketFacts,
)
from health.facets.grid import FOREVER, Bools, Floats, Grid, Ints
from health.judging.rating_questions import question_as_asked
from health.model_types import NorthStarVersion, QuestionVersion
from health.term_reads import read_terms

DAYS_BACK = 30  # loaded before the first day: the activity window (27) and the days a lapsed account is still scored (30)


@dataclass(frozen=True, slots=True)
class Setting:
    """What a build knows besides the accounts: definitions, sources, rates, the default zone. `known_by`: cut by record."""

    as_of: date
    zone: str
    grace_days: int
    questions: tuple[QuestionVersion, ...]
    north_stars: tuple[NorthStarVersion, ...]
    community_actions: tuple[str, ...]
    sources: Sources
    rates: Rates
    known_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class Chunk:
    """Facts of the accounts, one row each in the order of `ids`, and per account or (account, day) what chooses a profile."""

    ids: tuple[int, ...]
    grid: Grid
    facts: Facts
    attributes: Mapping[str, Sequence[str]]
    plans: np.ndarray[tuple[int, int], np.dtype[np.object_]]
    contracts: pd.DataFrame
    overrides: Ints  # id of the override in force, 0: none

    def has_product(self, products: Sequence[str]) -> Bools:
        """Whether a contract for one of the products runs, per account and day."""
        mine = self.contracts[self.contracts["product"].isin(list(products))]
        running: Bools = self.grid.total(mine["row"].to_numpy(), mine["start"].to_numpy(), mine["stop"].to_numpy()) > 0
        return running


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days `first` … `last` of one run, for each day loaded the run whose graded days count, and the tables they are read from."""

    run_id: int
    first: date
    last: date
    runs: Sequence[tuple[date, int]]
    source: frames.DaySource = frames.PUBLISHED


def load_chunk(ids: Sequence[int], stretch: Stretch, setting: Setting) -> Chunk:
    """Everything the scores of these accounts need for the days of the stretch. Needs an open transaction."""
    first, last, known_by = stretch.first, stretch.last, setting.known_by
    frames.set_chunk(ids, setting.zone)
    grid = Grid(len(ids), first.toordinal(), (last - first).days + 1)
    accounts, contracts, seats = frames.accounts(), frames.contracts(known_by), frames.seats()
    busy = frames.seat_days(ids, _before(first, curves.ADOPTION_DAYS - 1), last, stretch.source)
    running = _last_running(grid, contracts)  # the largest, by the frame's order
    facts = Facts(
        days=DayFacts(**frames.columns(frames.graded_days(ids, stretch.runs, stretch.source), *DayFacts.__slots__)),
        has_seats=np.isin(np.arange(len(ids)), seats["row"].to_numpy()).astype(np.int64),
        key_seats=_seat_days(busy, "key_days", first),
        executives=_spans(seats[seats["executive"] == 1].assign(weight=1)),
        executives_active=_seat_days(busy[busy["executive"] == 1], "login_days", first),
        stars=_stars(stretch, ids, setting.north_stars),
        outcomes=_outcomes(known_by),
        tickets=TicketFacts(**frames.columns(frames.tickets(_before(first, curves.SUPPORT_DAYS), known_by), *TicketFacts.__slots__)),
        invoices=InvoiceFacts(**frames.columns(frames.invoices(known_by), *InvoiceFacts.__slots__)),
        answers=AnswerFacts(**frames.columns(frames.answers(_before(first, curves.SURVEY_DAYS), known_by), *AnswerFacts.__slots__)),
        ratings=_ratings(setting),
        contracts=_paid_contracts(contracts),
        renewals=_renewals(ids, setting),
        milestones=MilestoneFacts(**frames.columns(frames.milestones(known_by), *MilestoneFacts.__slots__)),
        onboardings=_onboardings(accounts, contracts),
        community=_community(setting.community_actions, first, last),
        sources=setting.sources,
        rates=_rates(grid, contracts, setting.rates),
    )
    own_plan = accounts["plan"].to_numpy(dtype=object)
    plans = _painted(running, contracts["plan"])
    return Chunk(
        ids=tuple(ids),
        grid=grid,
        facts=facts,
        attributes={name: accounts[name].tolist() for name in ("stage", "tier", "industry", "region", "size")},
        plans=np.where(plans == "", own_plan[:, None], plans),
        contracts=contracts,
        overrides=_overrides(grid, setting.known_by),
    )


def _spans(frame: pd.DataFrame) -> SpanFacts:
    return SpanFacts(**frames.columns(frame, *SpanFacts.__slots__))


def _seat_days(frame: pd.DataFrame, days: str, first: date) -> SeatFacts:
    begins = _before(first, curves.ADOPTION_DAYS - 1).toordinal()
    return SeatFacts(begins, **frames.columns(frame, "row", "start", "stop"), days=frame[days].to_numpy())


def _before(day: date, days: int) -> date:
    return day - timedelta(days=days)


def _stars(stretch: Stretch, ids: Sequence[int], versions: Sequence[NorthStarVersion]) -> tuple[StarSpan, ...]:
    """Stretches of days with one version each. What was reached before the loaded days is summed in the database."""
    first, last = stretch.first, stretch.last
    spans: list[StarSpan] = []
    borders = sorted({first, *(one.effective_from for one in versions if first < one.effective_from <= last)})
    for begin, end in zip(borders, [*borders[1:], last + timedelta(days=1)], strict=True):
        version = version_on(versions, begin)
        if version is None:
            continue
        before = np.zeros(len(ids))
        reached = frames.north_star_before(ids, stretch.run_id, version.effective_from, _before(first, DAYS_BACK), stretch.source)
        before[reached["row"].to_numpy()] = reached["reached"].to_numpy()
        threshold = float(version.rules.threshold)
        spans.append(StarSpan(version.effective_from.toordinal(), begin.toordinal(), end.toordinal(), threshold, before))
    return tuple(spans)


def _outcomes(known_by: datetime | None) -> OutcomeFacts:
    frame = frames.outcomes(known_by)
    status: Ints = np.array([curves.OUTCOME_CODES[word] for word in frame["status"]], dtype=np.int64)
    return OutcomeFacts(**frames.columns(frame, "row", "since", "stop", "due", "achieved"), status=status)


def _ratings(setting: Setting) -> RatingFacts:
    """Answers with the part and days of their question, as the question set of the day they were given has it."""
    frame = frames.ratings(setting.known_by)
    question, keys = frames.codes(frame["question"])
    day = frame["day"].to_numpy()
    valid, executive = np.zeros(day.shape, dtype=np.int64), np.zeros(day.shape, dtype=np.int64)
    for number, key in enumerate(keys):
        mine = question == number
        for given in np.unique(day[mine]):
            asked = question_as_asked(key, date.fromordinal(int(given)), setting.questions)
            here = mine & (day == given)
            valid[here], executive[here] = asked.valid_days, asked.part == "executive"
    row = frame["row"].to_numpy()
    return RatingFacts(row, row * max(len(keys), 1) + question, day, frame["score"].to_numpy(), valid, executive)


def _renewals(ids: Sequence[int], setting: Setting) -> RenewalFacts:
    rows = {account: row for row, account in enumerate(ids)}
    settled = [one for one in settle(read_terms(ids, setting.zone), setting.as_of, setting.grace_days) if one.resolved_on]
    day = [max(one.due.ends_on, one.resolved_on or one.due.ends_on).toordinal() for one in settled]
    renewed = [int(one.state is DueState.RENEWED) for one in settled]
    row = [rows[one.due.account] for one in settled]
    return RenewalFacts(np.array(row, dtype=np.int64), np.array(day, dtype=np.int64), np.array(renewed, dtype=np.int64))


def _onboardings(accounts: pd.DataFrame, contracts: pd.DataFrame) -> Onboardings:
    """From onboarding (else the first paying day) to go-live, 90 days at most."""
    start = accounts["onboarded"].to_numpy().copy()
    paid = contracts[contracts["cents"] > 0].groupby("row")["start"].min()
    first_paid = np.full(start.shape, FOREVER)
    first_paid[paid.index.to_numpy()] = paid.to_numpy()
    start = np.where(start == FOREVER, first_paid, start)
    stop = np.minimum(start + curves.ONBOARDING_DAYS, accounts["live"].to_numpy())
    return Onboardings(start, np.where(start == FOREVER, FOREVER, stop))


def _community(actions: Sequence[str], first: date, last: date) -> SpanFacts:
    if not actions:
        return SpanFacts()
    since = first - timedelta(days=curves.COMMUNITY_MONTHS * curves.COMMUNITY_MONTH_DAYS)
    start = frames.community_days(actions, since, last + timedelta(days=1))
    return _spans(start.assign(stop=start["start"] + curves.COMMUNITY_MONTH_DAYS, weight=1))


def _paid_contracts(contracts: pd.DataFrame) -> ContractFacts:
    currency, _names = frames.codes(contracts["currency"])
    pays = contracts["cents"].to_numpy() > 0
    facts = {name: values[pays] for name, values in frames.columns(contracts, "row", "start", "stop", "cents").items()}
    return ContractFacts(**facts, currency=currency[pays])


def _rates(grid: Grid, contracts: pd.DataFrame, rates: Rates) -> dict[int, Floats]:
    _numbers, names = frames.codes(contracts["currency"])
    days = [date.fromordinal(number) for number in grid.numbers[0].tolist()]
    return {code: np.array([[float(rates.on(name, day) or "nan") for day in days]]) for code, name in enumerate(names)}


def _painted(running: Ints, values: pd.Series[str]) -> np.ndarray[tuple[int, int], np.dtype[np.object_]]:
    words = np.append(values.to_numpy(dtype=object), "")
    painted: np.ndarray[tuple[int, int], np.dtype[np.object_]] = words[running]
    return painted


def _overrides(grid: Grid, known_by: datetime | None) -> Ints:
    """The override recorded last among those that run."""
    frame = frames.overrides(known_by)
    return np.append(frame["id"].to_numpy(), 0)[_last_running(grid, frame)]


def _last_running(grid: Grid, frame: pd.DataFrame) -> Ints:
    """Position in the frame of the last row that holds, per account and day; -1: none does."""
    position = np.arange(len(frame), dtype=np.int64)
    latest = grid.peak(frame["row"].to_numpy(), frame["start"].to_numpy(), frame["stop"].to_numpy(), position, fill=-1)
    return latest.astype(np.int64)
