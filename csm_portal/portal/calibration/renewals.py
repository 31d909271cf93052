"""The renewals behind a number of the page, as a list and as a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from churn.calibration.reads import DUES, LEADS, SNAPSHOTS
from csm_portal.lib.sheets import Cell
from csm_portal.portal import words
from csm_portal.portal.addresses import account_address
from csm_portal.portal.calibration.page import CHURN_TYPES, POINTS, name_of, quarter_name

if TYPE_CHECKING:
    from django.http import QueryDict

    from churn.calibration.observations import Observation

BANDS = ("red", "amber", "green", "unknown", "none")
OUTCOMES = ("renewed", "lost")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list is narrowed to; empty: not narrowed. Wrong values count as not asked for."""

    lead: int
    kind: str
    band: str
    outcome: str
    month: str
    quarter: str

    def holds(self, one: Observation) -> bool:
        """Whether a renewal belongs to the list."""
        quarter = f"{one.ends_on.year}-Q{(one.ends_on.month + 2) // 3}"
        checks = (
            (self.kind, one.kind), (self.band, one.band or "none"), (self.outcome, one.state), (self.month, f"{one.ends_on:%Y-%m}"),
            (self.quarter, quarter),
        )  # fmt: skip
        return all(not wanted or wanted == found for wanted, found in checks)

    def query(self) -> dict[str, str]:
        """The same as an address asks for it."""
        named = {"kind": self.kind, "band": self.band, "outcome": self.outcome, "month": self.month, "quarter": self.quarter}
        return {"lead": str(self.lead), **{key: value for key, value in named.items() if value}}

    def words(self) -> str:
        """What the list is narrowed to, for its head."""
        told = []
        if self.band:
            told.append(words.band(self.band) if self.band != "none" else _("without published health"))
        if self.outcome:
            told.append(outcome_word(self.outcome))
        if self.month:
            told.append(name_of(self.month))
        if self.quarter:
            told.append(quarter_name(self.quarter))
        return ", ".join(told)


@dataclass(frozen=True, slots=True)
class Line:
    """One renewal in words."""

    name: str
    href: str
    owner: str
    product: str
    ends_on: date
    seen_on: date
    health: str
    band: str
    outcome: str
    tone: str
    why: str
    late: str
    amount: str
    kept: str


def asked(query: QueryDict) -> Asked:
    """The narrowing of an address."""
    month, quarter = query.get("month", ""), query.get("quarter", "")
    return Asked(
        lead=lead_asked(query),
        kind=_one_of(query, "kind", (DUES, SNAPSHOTS)),
        band=_one_of(query, "band", BANDS),
        outcome=_one_of(query, "outcome", OUTCOMES),
        month=month if _is_month(month) else "",
        quarter=quarter if len(quarter) == 7 and quarter[:4].isascii() and quarter[:4].isdigit() and quarter[4:] in QUARTERS else "",
    )


QUARTERS = ("-Q1", "-Q2", "-Q3", "-Q4")


def lead_asked(query: QueryDict) -> int:
    """Days before the due, one of LEADS; 90 where something else is asked for."""
    given = query.get("lead", "")
    return int(given) if given in {str(lead) for lead in LEADS} else 90


def kind_asked(query: QueryDict) -> str:
    """`due`, `snapshot`, or empty: whichever there is."""
    return _one_of(query, "kind", (DUES, SNAPSHOTS))


def _one_of(query: QueryDict, key: str, known: Sequence[str]) -> str:
    given = query.get(key, "")
    return given if given in known else ""


def _is_month(text: str) -> bool:
    try:
        date.fromisoformat(f"{text}-01")
    except ValueError:
        return False
    return len(text) == 7


def outcome_word(state: str) -> str:
    """What became of it."""
    return pgettext("due", "renewed") if state == "renewed" else pgettext("due", "lost")


def line(one: Observation, people: Mapping[int, str], currency: str) -> Line:
    """A renewal in words; `people` names owners by id."""
    return Line(
        name=one.name,
        href=account_address(one.external_id),
        owner=people.get(one.owner_id or 0, ""),
        product=words.readable(one.product) if one.product else "",
        ends_on=one.ends_on,
        seen_on=one.seen_on,
        health=words.score(one.score),
        band=one.band or "",
        outcome=outcome_word(one.state),
        tone="green" if one.renewed else "red",
        why=CHURN_TYPES[one.churn_type]() if one.churn_type in CHURN_TYPES else "",
        late=_("without facts recorded later") if one.late else "",
        amount=words.money(_money(one.amount), currency),
        kept=words.money(_money(one.kept), currency),
    )


def file_rows(found: Iterable[Observation], people: Mapping[int, str], currency: str) -> Iterator[list[Cell]]:
    """Every renewal with plain values; the last line tells the currency."""
    yield [
        _("Account"), _("Id"), _("Owner"), _("Product"), _("Due on"), _("Health of"), _("Health"), _("Band"), _("System part"),
        _("CSM part"), _("Coverage"), _("Renewed"), _("Type of loss"), _("MRR due"), _("MRR renewed"),
    ]  # fmt: skip
    for one in found:
        yield [
            one.name, one.external_id, people.get(one.owner_id or 0, ""), one.product, one.ends_on, one.seen_on, one.score, one.band,
            one.machine, one.human, one.coverage, int(bool(one.renewed)), one.churn_type, _money(one.amount), _money(one.kept),
        ]  # fmt: skip
    yield [_("amounts in %(currency)s") % {"currency": currency}]


def _money(amount: float | None) -> Decimal | None:
    return None if amount is None else Decimal(str(amount)).quantize(POINTS)
