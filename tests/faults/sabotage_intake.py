"""What turns the checks of the intake red: each function spoils one thing in the process it is called in, before that begins its work."""

from __future__ import annotations

import gzip
import random
import threading
import time
import zlib
from types import ModuleType
from typing import Any

from django.db import connection

from accounts.keys import digest_of
from accounts.tracking import body, intake, segment, store, views, write_keys
from accounts.tracking.intake import Answer
from accounts.tracking.policy import MAX_BODY_BYTES

_KEYS, _SORTED = "SELECT source, s.id, s.mark FROM unnest(every, marks) AS s (id, mark)", 'ORDER BY s.id COLLATE "C"'


def spoil(module: ModuleType, name: str, value: object) -> None:
    """Put another thing in the place of one that is there."""
    assert hasattr(module, name), f"{module.__name__} has no {name}: the control would spoil nothing"
    setattr(module, name, value)


def spoil_function(old: str, new: str, times: int) -> None:
    """The function that stores a batch with another text here and there, under a name of its own that this process calls."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef('intake_store'::regproc)")
        text = str(cursor.fetchone()[0])
        assert text.count(old) == times, f"intake_store says {old!r} {text.count(old)} times: the control would spoil nothing"
        cursor.execute(text.replace(old, new).replace("intake_store(", "intake_store_spoiled(", 1))
    # The web server's workers begin as copies of this process: no connection may be shared.
    connection.close()
    spoil(store, "_STORE", store._STORE.replace("intake_store(", "intake_store_spoiled("))


def unsorted_ids() -> None:
    """The ids of a batch are locked in the order of the batch, and not quite so fast, so that few requests are enough to meet."""
    spoil_function(f"{_KEYS} {_SORTED}", f"{_KEYS} WHERE pg_sleep(0.004) IS NOT NULL", 2)


def no_memory_of_ids() -> None:
    """Every call counts as new."""
    spoil_function(f"{_KEYS} {_SORTED};", f"{_KEYS} WHERE false;", 1)


def answer_before_commit() -> None:
    """200 first, the database later."""
    take = intake.take

    def early(source: Any, raws: Any, *args: Any, **named: Any) -> Answer:
        def late() -> None:
            time.sleep(random.random())
            take(source, raws, *args, **named)

        threading.Thread(target=late, daemon=True).start()
        return Answer(accepted=len(raws))

    spoil(views, "take", early)


def redis_on_the_way() -> None:
    """Each request counts in the cache first."""
    from django.core.cache import cache

    take = intake.take

    def counted(*args: Any, **named: Any) -> Answer:
        cache.set("intake", 1)
        return take(*args, **named)

    spoil(views, "take", counted)


def database_errors_untold() -> None:
    """A database that is away is an error like any other."""

    class Never(Exception):
        """Raised by nobody."""

    spoil(views, "OperationalError", Never)
    spoil(views, "InterfaceError", Never)


def unbounded_inflation() -> None:
    """The whole body is inflated at once, and measured afterwards."""
    bounded = body.read_body

    def unbounded(stream: Any, encoding: str, limit: int = MAX_BODY_BYTES) -> bytes:
        if encoding != "gzip":
            return bounded(stream, encoding, limit)
        try:
            found = gzip.decompress(stream.read())
        except (OSError, EOFError, zlib.error):
            raise body.BodyError(400, "bad_gzip", "no gzip") from None
        if len(found) > limit:
            raise body.BodyError(413, "too_large", "too large")
        return found

    spoil(views, "read_body", unbounded)


def one_byte_more() -> None:
    """The limit of a body is a byte higher."""
    bounded = body.read_body
    spoil(views, "read_body", lambda stream, encoding: bounded(stream, encoding, MAX_BODY_BYTES + 1))


def blind_to_conflicts() -> None:
    """Every body looks the same."""
    spoil(segment, "digest_of", lambda _said: 1)


def one_source_for_all() -> None:
    """Ids are unique whoever sends them."""
    single = store.store
    spoil(intake, "store", lambda _source, calls, zone, now: single(1, calls, zone, now))


def revoked_keys_pass() -> None:
    """Nobody looks whether a key still stands."""
    from accounts.models import Source

    def found(key: str, _now: Any) -> Source | None:
        return Source.objects.filter(key_sha256=digest_of(key)).first()

    spoil(views, "source_of", found)


def keys_in_the_log() -> None:
    """A key that fails is logged, to help people."""
    source_of = write_keys.source_of

    def talkative(key: str, now: Any) -> Any:
        print("tried the key", key, flush=True)
        return source_of(key, now)

    spoil(views, "source_of", talkative)
