"""Scores by other definitions than the published ones, for chosen accounts and days, written into the temporary `restated_score`.

The graded days come from the tables that `health.lab.restating` has made, or from the published ones.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
from django.db import connection

from health import frames
from health.chunk import DAYS_BACK, Chunk, Setting, Stretch, load_chunk
from health.facets.grid import Bools
from health.lab.restating import Definitions
from health.model_types import HealthVersion
from health.score_cells import scored_parts
from health.score_days import CHUNK_ACCOUNTS, read_setting
from health.score_rows import Scored, numerics
from health.types import BANDS

# No run: rows that are published count, and none besides.
NO_RUN = 0
COPY = "COPY restated_score (account_id, day, score, band, coverage, machine, human, version) FROM STDIN"


def setting_of(definitions: Definitions, as_of: date) -> Setting:
    """What the facets need besides the accounts, by these definitions."""
    setting = read_setting(as_of, definitions.health)
    grace = setting.grace_days if definitions.grace_days is None else definitions.grace_days
    return replace(setting, questions=definitions.questions, north_stars=definitions.north_stars, grace_days=grace)


def score_day(day: date, setting: Setting, versions: Sequence[HealthVersion], source: frames.DaySource) -> int:
    """Score every account that pays on the day or did within the 30 days before it; returns rows written."""
    stretch = _stretch(day, day, source)
    return _score(stretch, frames.paying_accounts(stretch.runs, source), None, setting, versions)


def score_pairs(pairs: Iterable[tuple[int, date]], setting: Setting, versions: Sequence[HealthVersion], source: frames.DaySource) -> int:
    """Score these (account, day)s of one month, where the account paid lately; returns rows written."""
    wanted: dict[int, set[int]] = defaultdict(set)
    for account, day in pairs:
        wanted[account].add(day.toordinal())
    if not wanted:
        return 0
    days = set().union(*wanted.values())
    stretch = _stretch(date.fromordinal(min(days)), date.fromordinal(max(days)), source)
    return _score(stretch, sorted(wanted), wanted, setting, versions)


def _stretch(first: date, last: date, source: frames.DaySource) -> Stretch:
    return Stretch(NO_RUN, first, last, frames.runs_of_days(NO_RUN, first - timedelta(days=DAYS_BACK), last), source)


def _score(
    stretch: Stretch, accounts: Sequence[int], wanted: dict[int, set[int]] | None, setting: Setting, versions: Sequence[HealthVersion]
) -> int:
    written = 0
    for start in range(0, len(accounts), CHUNK_ACCOUNTS):
        chunk = load_chunk(accounts[start : start + CHUNK_ACCOUNTS], stretch, setting)
        parts = scored_parts(chunk, _asked(chunk, wanted), versions)
        with connection.cursor() as cursor, cursor.copy(COPY) as copy:
            for version, _profile, scored in parts:
                copy.write("".join(_lines(scored, version.version)))
                written += len(scored.accounts)
    return written


def _asked(chunk: Chunk, wanted: dict[int, set[int]] | None) -> Bools:
    asked: Bools = np.ones((chunk.grid.rows, chunk.grid.days), dtype=np.bool_)
    if wanted is not None:
        asked[:] = False
        for row, account in enumerate(chunk.ids):
            asked[row, [day - chunk.grid.first for day in wanted[account]]] = True
    return asked


def _lines(scored: Scored, version: int) -> Iterator[str]:
    """Lines of account, day, score, band, coverage, machine, human, version, for COPY."""
    scores = scored.scores
    for account, day, score, band, coverage, machine, human, correction in zip(
        scored.accounts.tolist(),
        scored.days.tolist(),
        numerics(scores.score, 4),
        scores.band.tolist(),
        numerics(scores.coverage, 6),
        numerics(scores.machine, 4),
        numerics(scores.human, 4),
        scored.corrections,
        strict=True,
    ):
        shown = BANDS[band] if correction is None else correction[0]
        yield f"{account}\t{date.fromordinal(day).isoformat()}\t{score}\t{shown}\t{coverage}\t{machine}\t{human}\t{version}\n"
