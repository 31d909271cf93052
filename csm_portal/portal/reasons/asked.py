"""What the address of the page asks for: how far back, which set, and which losses of it the list holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from churn.types import ChurnType
from csm_portal.lib.periods import ONE_DAY, add_months
from csm_portal.portal.churn.asked import ALL_CUTS

MONTHS = ("3", "6", "12", "24")
EVER, DEFAULT = "all", "12"
# Losses that the list holds: all, those without a reason, or those of one type.
WAITING, KINDS = "none", tuple(ChurnType)


@dataclass(frozen=True, slots=True)
class Asked:
    """The choice. `span` is a number of months up to the as-of day, or `all`; `kind` empty: every loss."""

    span: str
    as_of: date
    filters: tuple[tuple[str, tuple[str, ...]], ...] = ()
    kind: str = ""
    page: int = 1

    @property
    def first(self) -> date:
        """First day of the losses shown: so many whole months before the as-of day's morrow."""
        after = self.as_of + ONE_DAY
        return date(1, 1, 1) if self.span == EVER else add_months(after.replace(day=1), -int(self.span)) + timedelta(days=after.day - 1)

    @property
    def by_cut(self) -> Mapping[str, list[str]]:
        """The filters as the figures take them."""
        return {name: list(values) for name, values in self.filters}

    def query(self, *more: tuple[str, str], without: str = "") -> str:
        """The address's query, with more in it or one name left out; the page of the list goes with any change."""
        pairs = [("span", self.span)] if self.span != DEFAULT else []
        pairs += [(name, value) for name, values in self.filters for value in values]
        pairs += [("kind", self.kind)] if self.kind else []
        left_out = {without, *(name for name, _value in more)}
        return "?" + urlencode([pair for pair in pairs if pair[0] not in left_out] + [pair for pair in more if pair[1]])

    @property
    def xlsx(self) -> str:
        """The address's query for the workbook."""
        return self.query(("format", "xlsx"))

    @property
    def joint(self) -> str:
        """What stands between the address's query and one name more."""
        return "" if self.query() == "?" else "&"

    def spans(self) -> list[tuple[str, str, bool]]:
        """The spans on offer: address, name, whether chosen."""
        names = {span: ngettext("%(n)d month", "%(n)d months", int(span)) % {"n": int(span)} for span in MONTHS}
        names[EVER] = pgettext("span of losses", "all")
        return [(self.query(("span", "" if span == DEFAULT else span)), name, span == self.span) for span, name in names.items()]


def asked(query: QueryDict, as_of: date) -> Asked:
    """The question of an address; whatever makes no sense in it is passed over."""
    span, kind, page = query.get("span", DEFAULT), query.get("kind", ""), query.get("page", "")
    filters = [(name, sorted({value for value in query.getlist(name) if value and "\0" not in value})) for name in ALL_CUTS]
    return Asked(
        span=span if span in {*MONTHS, EVER} else DEFAULT,
        as_of=as_of,
        filters=tuple((name, tuple(values)) for name, values in filters if values),
        kind=kind if kind in {WAITING, *KINDS} else "",
        page=int(page) if page.isascii() and page.isdigit() and 0 < int(page) < 10_000 else 1,
    )


def title_of(span: str) -> str:
    """The span in a sentence."""
    if span == EVER:
        return _("since the first contract")
    return ngettext("last %(n)d month", "last %(n)d months", int(span)) % {"n": int(span)}
