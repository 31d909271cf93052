"""What settling invoices would make of the facet: a bill paid late keeps its lateness while it is in the window."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from health.explaining.steps import Facts, Step, clipped
from health.facets import curves


def bill_steps(key: str, bills: Sequence[Facts], day: date) -> Iterator[Step]:
    """Pay the worst unpaid bills, one more with each step: failed, overdue and disputed ones first. `bills`: rows of INVOICES."""
    unpaid = sorted((bill for bill in bills if bill["unpaid"]), key=_badness, reverse=True)
    for n in range(1, len(unpaid) + 1):
        if not any(_badness(bill) for bill in unpaid[n - 1 : n]):
            return  # what is neither late nor failed nor disputed costs nothing
        paid = unpaid[:n]
        left = [bill for bill in bills if bill not in paid] + [_paid(bill) for bill in paid if _stays(bill, day)]
        said = {
            "invoices": n,
            "numbers": [bill["external_id"] for bill in paid],
            "overdue_days": max(bill["overdue_days"] for bill in paid),
        }
        yield Step(key, "invoices", n, _value(left), _evidence(left), said)


def _badness(bill: Facts) -> tuple[int, int, bool] | tuple[()]:
    worst = (int(bill["failed_attempts"]), int(bill["overdue_days"]), bool(bill["disputed"]))
    return worst if any(worst) else ()


def _stays(bill: Facts, day: date) -> bool:
    return day < _day(bill["issued_on"]) + timedelta(days=curves.INVOICE_DAYS)


def _paid(bill: Facts) -> dict[str, Any]:
    return {**bill, "unpaid": False, "failed_attempts": 0, "disputed": False}


def _evidence(bills: Sequence[Facts]) -> dict[str, int]:
    return {
        "invoices": len(bills),
        "overdue_days": max((int(bill["overdue_days"]) for bill in bills), default=0),
        "unpaid_overdue_days": max((int(bill["overdue_days"]) for bill in bills if bill["unpaid"]), default=0),
        "failed_attempts": max((int(bill["failed_attempts"]) for bill in bills), default=0),
        "disputed": sum(bool(bill["disputed"]) for bill in bills),
    }


def _value(bills: Sequence[Facts]) -> float | None:
    if not bills:
        return None
    facts = _evidence(bills)
    value = next((points for bound, points in curves.OVERDUE_POINTS if facts["overdue_days"] <= bound), curves.OVERDUE_BEYOND)
    if facts["failed_attempts"] >= curves.FAILED_ATTEMPTS_BAD:
        value = 0.0
    return clipped(min(value, curves.DISPUTED_AT_MOST) if facts["disputed"] else value)


def _day(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)
