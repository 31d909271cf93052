"""Health per account and day, written for one run: facets, score, parts, band, caps and the facts behind them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from django.conf import settings
from django.db import connection, transaction

from accounts.calendar_rules import RenewalRules, parse_renewals
from accounts.models import RenewalDefinition
from csm_portal.lib.money import Rates
from csm_portal.lib.versions import version_on
from health import frames
from health.chunk import DAYS_BACK, Chunk, Setting, Stretch, load_chunk
from health.facets.facts import Sources
from health.model_types import HealthVersion
from health.scope import EVERYBODY, Scope
from health.score_cells import asked_cells, scored_parts
from health.score_rows import score_lines
from health.term_reads import exchange_rates
from health.versions import calendar_on, health_versions, north_star_versions, question_versions

CHUNK_ACCOUNTS = 1_000
STRETCH_DAYS = 35  # with the 27 days before them as many as the bits of a seat's days

_COPY = """
COPY health_healthscore (account_id, day, run_id, score, band, coverage, machine, human, facets, caps, version, profile) FROM STDIN
"""

_FORGET = "DELETE FROM health_healthscore WHERE run_id = %s AND day = ANY(%s) /* only account_id */"


def build_scores(run_id: int, days: Sequence[date], as_of: date, scope: Scope = EVERYBODY) -> int:
    """Replace the run's scores of the days, of the accounts in scope; returns the rows written.

    A row for every account that pays on the day or did within the 30 days before it; none before the first health model. Graded days come
    from this run where it built them, else from the published one. Facts later than a day do not enter it, nor any after `as_of`.
    """
    wanted = sorted({day for day in days if day <= as_of})
    versions = health_versions()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(scope.apply(_FORGET), [run_id, list(days)])
        if not versions or not wanted:
            return 0
        setting = read_setting(as_of, versions)
        return sum(_build_stretch(run_id, stretch, versions, setting, scope) for stretch in stretches(wanted))


def stretches(days: Sequence[date]) -> Iterator[list[date]]:
    """Ascending days in groups of at most STRETCH_DAYS from the first to the last."""
    group: list[date] = []
    for day in days:
        if group and (day - group[0]).days >= STRETCH_DAYS:
            yield group
            group = []
        group.append(day)
    if group:
        yield group


def read_setting(as_of: date, versions: Sequence[HealthVersion]) -> Setting:
    """What the facets need besides the accounts, as of a day."""
    zone = calendar_on(as_of).default_timezone or settings.TIME_ZONE
    renewals = version_on(RenewalDefinition.objects.all(), as_of)
    actions = tuple(sorted({action for version in versions for rules in version.rules for action in rules.community_actions}))
    return Setting(
        as_of=as_of,
        zone=zone,
        grace_days=(RenewalRules() if renewals is None else parse_renewals(renewals.body)).renewal_grace_days,
        questions=question_versions(),
        north_stars=north_star_versions(),
        community_actions=actions,
        sources=Sources(frames.first_ticket(zone, how_to=False), frames.first_ticket(zone, how_to=True), frames.first_community(actions)),
        rates=Rates.of(settings.REPORTING_CURRENCY, exchange_rates(as_of)),
    )


def _build_stretch(run_id: int, days: list[date], versions: Sequence[HealthVersion], setting: Setting, scope: Scope) -> int:
    first, last = days[0], days[-1]
    runs = frames.runs_of_days(run_id, first - timedelta(days=DAYS_BACK), last)
    accounts = [account for account in frames.paying_accounts(runs, scope=scope) if scope.holds(account)]
    written = 0
    stretch = Stretch(run_id, first, last, runs)
    for start in range(0, len(accounts), CHUNK_ACCOUNTS):
        chunk = load_chunk(accounts[start : start + CHUNK_ACCOUNTS], stretch, setting)
        written += _write(run_id, chunk, days, versions)
    return written


def _write(run_id: int, chunk: Chunk, days: Sequence[date], versions: Sequence[HealthVersion]) -> int:
    parts = scored_parts(chunk, asked_cells(chunk, days), versions)
    written = 0
    with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        for version, profile, scored in parts:
            lines = score_lines(scored, version.rules[profile], run_id=run_id, version=version.version, profile=profile)
            copy.write("".join(lines))
            written += len(scored.accounts)
    return written
