"""What PostHog's newer clients (`/i/v1/analytics/events`) are told: a result for each event, by its uuid. Pure.

The events are those of the older addresses, with `$set` among the properties, and go the same way (`posthog.understand`); the key is a
bearer token, the sender's clock stands in a header. The client gives `drop` up and says so; `ok` and `warning` it takes for stored. What it
should send again it learns from the status (429, 503): all good events of a request are stored together or not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from accounts.tracking.envelope import read_call
from accounts.tracking.intake import Answer

SENT_AT = "PostHog-Request-Timestamp"
OK, WARNING, DROP = "ok", "warning", "drop"
# Of several events under one uuid the worst is told: none of them is taken for stored that is not.
_WORSE = {OK: 0, WARNING: 1, DROP: 2}


def told(calls: Sequence[bytes], answer: Answer) -> dict[str, Any]:
    """The answer's JSON: the numbers that every address gives, and `results` by uuid (those without one only in `rejected`)."""
    verdicts: dict[int, tuple[str, str]] = {line["index"]: (WARNING, _words(line)) for line in answer.remarks}
    verdicts |= {line["index"]: (DROP, _words(line)) for line in (*answer.conflicts, *answer.rejected)}
    results: dict[str, dict[str, str]] = {}
    for place, raw in enumerate(calls):
        name = _uuid(raw)
        result, details = verdicts.get(place, (OK, ""))
        if name and (name not in results or _WORSE[results[name]["result"]] < _WORSE[result]):
            results[name] = {"result": result, **({"details": details} if details else {})}
    return answer.as_body() | {"results": results}


def _words(line: dict[str, Any]) -> str:
    return f"{line['code']}: {line['message']}"


def _uuid(raw: bytes) -> str:
    said, _replaced, _fault = read_call(raw)
    found = said.get("uuid") if said else None
    return found if isinstance(found, str) else ""
