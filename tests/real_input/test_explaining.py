"""Books that nobody here wrote, explained: every difference of every account sums, every change of band is named, rows are the evidence."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import combinations
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from accounts.models import User
from accounts.types import Role
from csm_portal.portal.account.why import parts_of
from health.explaining.bands import Judged, band_changes
from health.explaining.change import explain_change
from health.explaining.definitions import definitions
from health.explaining.facet_rows import Asked, facet_rows
from health.explaining.reading import Viewed
from health.lab.publish_definitions import publish_draft, read_draft
from health.models import HealthScore
from health.reasons import reason_words
from tests.health.evidence_rows import agrees

DATA = Path(settings.BASE_DIR).parent / "shared" / "data"
EXAMPLES = Path(settings.BASE_DIR) / "examples"
AT = datetime(2025, 1, 2, tzinfo=UTC)
# A second model half way, with other weights, a profile, bands and a cap, so that a difference is more than one sum.
SECOND = """
[health]
effective_from = {since}
min_coverage = "0.3"
weights = {{ activity = 35, support = 25, renewal_history = 20, growth = 20 }}
bands = {{ amber = 45, green = 70 }}
caps = [{{ when = "activity < 20", band = "amber" }}]
[[health.profiles]]
when = {{ plan = "Enterprise" }}
weights = {{ activity = 60, growth = 40 }}
"""

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.wide]


@pytest.mark.parametrize(
    ("name", "last", "facets"),
    [
        ("ravenstack", date(2024, 12, 31), {"activity", "support", "growth", "renewal_history"}),
        ("fightchurn_sample", date(2022, 12, 31), {"activity", "growth", "renewal_history"}),
    ],
)
def test_every_difference_of_a_book_sums_and_its_rows_are_the_evidence(name: str, last: date, facets: set[str], tmp_path: Path) -> None:
    if not (DATA / name).is_dir():
        pytest.skip(f"shared/data/{name} is not here")
    first, second = last - timedelta(days=45), last - timedelta(days=20)
    call_command("load", str(DATA / name), "--map", str(EXAMPLES / name / "mapping.toml"), "--rejects", str(tmp_path))
    call_command("define", str(EXAMPLES / name / "definitions.toml"))
    publish_draft(read_draft(SECOND.format(since=second)), at=AT)
    call_command("nightly", "--from", str(first), "--to", str(last))
    admin = User.objects.create_user("admin@example.com", "secret", role=Role.ADMIN)
    days = [last, last - timedelta(days=7), second, second - timedelta(days=1), first]
    rows = HealthScore.objects.visible_to(admin).published().filter(day__in=days).select_related("account")
    scores = {(row.account_id, row.day): row for row in rows}
    assert {row.version for row in scores.values()} == {1, 2}
    assert _differences(scores, days) > 100
    _rows_are_evidence(admin, [row for (_account, day), row in scores.items() if day == last][:60], facets)


def _differences(scores: dict[tuple[int, date], HealthScore], days: list[date]) -> int:
    """Checks every pair of days of every account; returns how many differences there were."""
    known, compared = definitions(2), 0
    for account in {account for account, _day in scores}:
        for earlier, later in combinations(sorted(days), 2):
            then, now = scores.get((account, earlier)), scores.get((account, later))
            if then is None or now is None:
                continue
            rules = [known.health_rules(row.version, row.profile) for row in (then, now)]
            moved = band_changes(_judged(then), _judged(now), *rules)
            assert bool(moved) == (then.band != now.band)
            assert all(reason_words(reason) for reason in moved)
            if then.score is None or now.score is None:
                continue
            change = now.score - then.score
            assert sum((share.delta for share in explain_change(then.facets, now.facets, change)), Decimal(0)) == change
            printed = [Decimal(part.points.replace("−", "-")) for part in parts_of(then.facets, now.facets, change) if part.points]
            assert sum(printed, Decimal(0)) == change.quantize(Decimal("0.1"))
            compared += 1
    return compared


def _rows_are_evidence(admin: User, found: list[HealthScore], facets: set[str]) -> None:
    known, checked = definitions(2), Counter[str]()
    for row in found:
        rules = known.health_rules(row.version, row.profile)
        for facet, stored in row.facets.items():
            told = facet_rows(Viewed(row.account, admin, "UTC"), Asked(facet, row.day, stored["evidence"], known, rules))
            assert agrees(facet, told, stored["evidence"], stored["value"]), (row.account.external_id, row.day, facet)
            checked[facet] += 1
    assert facets <= checked.keys()


def _judged(row: HealthScore) -> Judged:
    return Judged(row.score, row.band, row.coverage, row.facets, row.caps, row.version, row.profile)
