"""Who sends: a write key in the header or the body, looked up by its hash; and how much a key may send in a minute."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from accounts.keys import digest_of
from accounts.models import Source
from accounts.tracking.quick import fetch

# How often "last used" is written: enough to find a key that nobody uses.
USED_EVERY = timedelta(minutes=1)
# Losing the count in a crash costs nothing: it need not be on disk before the answer.
_COUNT = """
WITH quick AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true) AS now)
INSERT INTO accounts_intakeminute AS m (source_id, minute, calls)
SELECT %s, %s, %s FROM quick WHERE quick.now = 'off'
ON CONFLICT (source_id, minute) DO UPDATE SET calls = m.calls + excluded.calls WHERE m.calls + excluded.calls <= %s
RETURNING calls
"""
_FIELDS = tuple(field.attname for field in Source._meta.concrete_fields)
_SOURCE = f"SELECT {', '.join(_FIELDS)} FROM accounts_source WHERE key_sha256 = %s"  # noqa: S608 - only constants enter


def key_of(header: str, about: Mapping[str, Any]) -> str:
    """The write key of a request: Basic's user name, a bearer's token, else the body's; empty where there is none."""
    scheme, _space, rest = header.partition(" ")
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(rest.strip(), validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    if scheme.lower() == "bearer":
        return rest.strip()
    named = next((about[name] for name in ("writeKey", "api_key", "token") if about.get(name)), "")
    return named if isinstance(named, str) else ""


def source_of(key: str, now: datetime) -> Source | None:
    """The source whose key this is and which still may send; None for any other, whatever is wrong with it."""
    if not key or len(key) > 200 or not key.isascii():
        return None
    digest = digest_of(key)
    found = fetch(_SOURCE, [digest])
    source = Source.from_db(None, _FIELDS, found[0]) if found else None
    if source is None or source.revoked_at is not None or not hmac.compare_digest(source.key_sha256, digest):
        return None
    if source.last_used_at is None or source.last_used_at < now - USED_EVERY:
        Source.objects.filter(pk=source.pk).update(last_used_at=now)
    return source


def may_send(source: Source, calls: int, now: datetime, usual: int) -> bool:
    """Count the calls in the source's minute unless that goes over its limit (`usual` where it has none of its own).

    One statement, so that many processes together never let more pass.
    """
    most = source.calls_per_minute or usual
    if calls > most:
        return False
    return bool(fetch(_COUNT, [source.pk, now.replace(second=0, microsecond=0), calls, most]))
