"""Overrides in the current rows: the band a person has set, from the day it is entered to the day it ends.

Scores are of the closed day; whoever reads them reads on the day after. So a current row shows the override in force on the reader's day,
which that night's score may not know yet, and no longer one that has ended meanwhile: then the band goes by score and caps again.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from health.explaining.change import contributions
from health.model_types import HealthRules
from health.reasons import top_reason
from health.types import BANDS, NOISE_PLACES, RANK, Band
from health.versions import health_versions

OVERRIDE = "override"
# Of those in force the one recorded last counts, as in the scores (health/frames.py).
IN_FORCE = """
SELECT DISTINCT ON (o.account_id) o.account_id, o.band, o.ends_on, o.reason, u.email
FROM health_override o JOIN accounts_user u ON u.id = o.author_id
WHERE o.withdrawn_at IS NULL AND o.starts_on <= %(day)s AND o.ends_on > %(day)s
ORDER BY o.account_id, o.recorded_at DESC, o.id DESC
"""
COLUMNS = """
n.account_id, n.score, n.facets::text, n.caps::text, s.version, s.profile, n.as_of, f.band, f.ends_on, f.reason, f.email
"""
TOUCHED = f"""
WITH force AS ({IN_FORCE})
SELECT {COLUMNS} FROM next_state n
LEFT JOIN force f ON f.account_id = n.account_id
LEFT JOIN state_score s ON s.account_id = n.account_id
WHERE f.account_id IS NOT NULL OR n.caps @> '[{{"when": "override"}}]'
"""  # noqa: S608
NAMED = f"""
WITH force AS ({IN_FORCE})
SELECT {COLUMNS} FROM health_accountstate n
LEFT JOIN force f ON f.account_id = n.account_id
LEFT JOIN health_publishedslice p ON p.grain = 'health' AND p.starts_on = n.as_of
LEFT JOIN health_healthscore s ON s.account_id = n.account_id AND s.day = n.as_of AND s.run_id = p.run_id
WHERE n.account_id = ANY(%(ids)s)
"""  # noqa: S608
WRITE = """
UPDATE {table} n SET band = w.band, caps = w.caps::jsonb, top_reason = w.reason::jsonb
FROM unnest(%(ids)s::bigint[], %(bands)s::text[], %(caps)s::text[], %(reasons)s::text[]) AS w (id, band, caps, reason)
WHERE n.account_id = w.id AND (n.band, n.caps, n.top_reason) IS DISTINCT FROM (w.band, w.caps::jsonb, w.reason::jsonb)
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a current row is to show."""

    account_id: int
    band: str
    caps: Sequence[Mapping[str, Any]]
    reason: Mapping[str, Any]


def band_without(score: Any, facets: Mapping[str, Any], caps: Iterable[Mapping[str, Any]], rules: HealthRules | None) -> str:
    """The band by score and caps alone. Score of 0 … 100, None unknown; the border is decided on the unrounded score of the facets."""
    if score is None or rules is None:
        return Band.UNKNOWN
    exact = round(float(sum(contributions(facets).values())), NOISE_PLACES)
    by_score = int(exact >= float(rules.amber)) + int(exact >= float(rules.green))
    return BANDS[min([by_score, *(RANK[Band(cap["band"])] for cap in caps)])]


def correct_staged(reader_day: date) -> int:
    """Bring the rows of `next_state` to the overrides in force on the day they are read; returns the rows changed."""
    return _correct("next_state", TOUCHED, {"day": reader_day})


def correct_now(account_ids: Collection[int], today: date) -> int:
    """Bring the current rows of these accounts to the overrides in force today; returns the rows changed. No row, no night yet: none."""
    return _correct("health_accountstate", NAMED, {"day": today, "ids": list(account_ids)}) if account_ids else 0


def _correct(table: str, query: str, params: dict[str, Any]) -> int:
    rules = {version.version: version.rules for version in health_versions()}
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        shown = [_shown(row, rules) for row in cursor.fetchall()]
        if not shown:
            return 0
        cursor.execute(
            WRITE.format(table=table),
            {
                "ids": [one.account_id for one in shown],
                "bands": [str(one.band) for one in shown],
                "caps": [json.dumps(one.caps, ensure_ascii=False) for one in shown],
                "reasons": [json.dumps(one.reason, ensure_ascii=False) for one in shown],
            },
        )
        return int(cursor.rowcount)


def _shown(row: tuple[Any, ...], rules: Mapping[int, tuple[HealthRules, ...]]) -> Shown:
    account_id, score, facets_text, caps_text, version, profile, as_of, band, ends_on, reason, email = row
    facets = json.loads(facets_text)
    caps = [cap for cap in json.loads(caps_text) if cap["when"] != OVERRIDE]
    if band is None:
        own = rules.get(version) if version is not None else None
        band = band_without(score, facets, caps, own[profile] if own and profile < len(own) else None)
    else:
        caps.append({"when": OVERRIDE, "band": band, "until": ends_on.isoformat(), "reason": reason, "by": email})
    return Shown(account_id, band, caps, top_reason(facets, caps, band, as_of) if facets or caps else {})
