"""What holds for every account, as one digest: two runs with the same one would compute an untouched account alike."""

from __future__ import annotations

import hashlib
from datetime import date
from functools import cache
from importlib.metadata import version as version_of
from pathlib import Path

from django.conf import settings
from django.db import connection

from churn import frames as churn_frames
from health.versions import calendar_on, health_versions

# Tables of rows that are about nobody in particular: a change of one of them may change every account.
GLOBAL_TABLES = (
    "accounts_action",
    "accounts_calendardefinition",
    "accounts_exchangerate",
    "accounts_renewaldefinition",
    "health_activitydefinition",
    "health_healthmodel",
    "health_northstardefinition",
    "health_questionset",
    "health_statedefinition",
)
_COMPUTING = ("accounts", "health", "churn", "csm_portal/lib", "csm_portal/nightly")
# Of the users a night reads only where they work, and how an override names them.
_USERS = "SELECT md5(string_agg(concat_ws(' ', id, team_id, email), E'\\n' ORDER BY id)) FROM accounts_user"
_TABLE = "SELECT md5(string_agg(t::text, E'\\n' ORDER BY t::text)) FROM {table} t"
# Sources that do not exist yet are no measure for anybody: the first ticket, and the first how-to ticket, of the whole book.
_FIRST_TICKETS = "SELECT concat_ws(' ', min(opened_at), min(opened_at) FILTER (WHERE kind = 'how_to')) FROM accounts_ticket"
# And the first day on which anyone took part in the community.
_FIRST_COMMUNITY = """
SELECT min(first.day)::text FROM accounts_action a
CROSS JOIN LATERAL (
    SELECT min(day) AS day FROM (
        SELECT min(day) AS day FROM event WHERE action_id = a.id UNION ALL SELECT min(day) FROM accounts_usagedaily WHERE action_id = a.id
    ) e
) first WHERE a.name = ANY(%s)
"""


def inputs(as_of: date) -> str:
    """Digest of the definitions, rates, users, settings and code by which a run as of the day computes."""
    parts = [_code(), settings.TIME_ZONE, settings.REPORTING_CURRENCY, version_of("holidays")]
    parts += [str(calendar_on(as_of)), str(churn_frames.renewal_rules(as_of))]
    actions = sorted({name for one in health_versions() for rules in one.rules for name in rules.community_actions})
    with connection.cursor() as cursor:
        for query in (*(_TABLE.format(table=table) for table in GLOBAL_TABLES), _USERS, _FIRST_TICKETS):
            cursor.execute(query)
            parts.append(str(cursor.fetchone()))
        if actions:
            cursor.execute(_FIRST_COMMUNITY, [actions])
            parts.append(str(cursor.fetchone()))
    return digest(*parts)


def digest(*parts: str) -> str:
    """A short name of what these texts say."""
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=16).hexdigest()


@cache
def _code() -> str:
    """The source that computes figures, by the content of its files: another version may compute otherwise."""
    root = Path(settings.BASE_DIR)
    files = sorted(path for name in _COMPUTING for path in (root / name).rglob("*.py"))
    seen = [f"{path.relative_to(root)} {hashlib.blake2b(path.read_bytes(), digest_size=8).hexdigest()}" for path in files]
    return digest(*seen)
