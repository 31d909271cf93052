"""The rows behind a facet, held against what was stored of it."""

from __future__ import annotations

from collections import Counter
from typing import Any

from health.explaining.reading import Rows


def agrees(facet: str, rows: Rows, facts: dict[str, Any], value: float | None) -> bool:
    """Whether the sums over the rows are the stored evidence."""
    own = [line for line in rows.lines if line["counts"]]
    n = Counter[str]()
    for name in ("escalated", "is_open", "old", "renewed", "done", "disputed", "activated", "active"):
        n[name] = sum(bool(line.get(name)) for line in (rows.lines if name == "activated" else own))
    if facet == "activity":
        levels = Counter(line["level"] for line in own)
        wanted = (facts["open_days"], facts["active_days"], *(facts[name] for name in ("zero", "low", "medium", "high")))
        return wanted == (len(own), n["active"], *(levels[level] for level in range(4)))
    if facet == "outcome":
        statuses = Counter(line["status"] for line in own)
        return all(statuses[name] == facts[name] for name in ("missed", "behind", "on_track", "achieved"))
    if facet == "invoices":
        unpaid = [line["overdue_days"] for line in own if line["unpaid"]]
        late = max((line["overdue_days"] for line in own), default=0)
        wanted = (facts["invoices"], facts["overdue_days"], facts["unpaid_overdue_days"], facts["disputed"])
        return wanted == (len(own), late, max(unpaid, default=0), n["disputed"])
    if facet == "surveys":
        return facts["answers"] == len(own) and (not own or abs(float(sum(line["value"] for line in own)) / len(own) - (value or 0)) < 1e-3)
    if facet == "growth":
        now = sum(line["mrr"] for line in own if line["runs_now"])
        then = sum(line["mrr"] for line in own if line["ran_then"])
        return "then_on" not in facts or (float(now), float(then)) == (facts["mrr_now"], facts["mrr_then"])
    if facet in ("ratings", "executive"):
        mean = sum(line["score"] for line in own) / len(own) if own else None
        return facts["answers"] == len(own) and (mean is None or abs(mean - facts["mean"]) < 1e-3)
    counted = {
        "adoption": [(n["activated"], facts.get("activated", 0)), (len(own), facts.get("key_seats", 0))],
        "support": [(len(own), facts["tickets"])] if facet == "support" else [],
        "self_sufficiency": [(len(own), facts.get("how_to_tickets"))],
        "renewal_history": [(len(own), facts.get("due")), (n["renewed"], facts.get("renewed"))],
        "onboarding": [(len(own), facts.get("milestones_due")), (n["done"], facts.get("milestones_done"))],
        "community": [],
    }[facet]
    if facet == "support":
        counted += [(n["escalated"], facts["escalated"]), (n["is_open"], facts["open"]), (n["old"], facts["old"])]
    return all(found == stored for found, stored in counted)
