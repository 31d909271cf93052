"""Write keys of sources: 256 random bits, shown once, stored as their SHA-256 beside a prefix for the look-up."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from django.db import transaction

from accounts.models import Source

PREFIX_LENGTH = 8
KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class NewKey:
    """A write key just made; `replaced`: the source had one, which no longer works."""

    source: Source
    key: str
    replaced: bool


@transaction.atomic
def new_write_key(name: str) -> NewKey:
    """Give the source of that name (made where there is none) a new write key."""
    source, _created = Source.objects.select_for_update().get_or_create(name=name.strip())
    replaced = bool(source.key_sha256)
    key = secrets.token_urlsafe(KEY_BYTES)
    source.key_prefix, source.key_sha256, source.revoked_at = key[:PREFIX_LENGTH], digest_of(key), None
    source.save(update_fields=["key_prefix", "key_sha256", "revoked_at"])
    return NewKey(source, key, replaced)


def digest_of(key: str) -> str:
    """Hex SHA-256 of a key. No salt: 256 random bits have no dictionary."""
    return hashlib.sha256(key.encode()).hexdigest()
