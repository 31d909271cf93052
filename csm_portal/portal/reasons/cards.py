"""The figures of the page about reasons: cards, types with their win-back paths, causes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from churn import policy
from churn.types import ChurnType
from csm_portal.portal import words
from csm_portal.portal.reasons import words as why
from csm_portal.portal.reasons.asked import WAITING, Asked

if TYPE_CHECKING:
    from decimal import Decimal

    from churn.losses import Count, Counts
    from csm_portal.lib.estimates import Share


@dataclass(frozen=True)
class Card:
    """One figure: its key in the registry, its value, and what stands below it."""

    key: str
    name: str
    value: str
    notes: list[str]


@dataclass(frozen=True)
class KindLine:
    """One type of loss, with its path and what that has brought so far."""

    key: str
    name: str
    href: str
    losses: int
    amount: str
    won: str
    interval: str
    of: str
    effort: str
    steps: list[str]


@dataclass(frozen=True)
class Bar:
    """One cause or theme with its count; `parts` say who says so. `width` is the bar's, in percent of the longest."""

    name: str
    count: int
    width: str
    parts: str = ""


def cards(counted: Counts) -> list[Card]:
    """Losses, and the shares of them that are silent, regrettable, won back."""
    known = counted.regrettable
    judged = known.get(True, 0) + known.get(False, 0)
    regrets = [_("%(n)d of %(of)d") % {"n": known.get(True, 0), "of": judged}]
    if known.get(None):
        regrets.append(ngettext("of %(n)d the fit is not known", "of %(n)d the fit is not known", known[None]) % {"n": known[None]})
    refused = counted.silent.hits - counted.unrecorded
    silent = _("%(n)d without a record, %(m)d refused to say") % {"n": counted.unrecorded, "m": refused}
    won_back = counted.whole.won_back
    days = _("within %(n)d days") % {"n": policy.WIN_BACK_DAYS}
    return [
        Card("churn_losses", _("Losses"), words.number(counted.whole.losses), _losses(counted)),
        Card("silent_churn", _("Silent churn"), words.percent(counted.silent.value), [_of(counted.silent), silent]),
        Card("regrettable", _("Regrettable"), words.percent(known.get(True, 0) / judged if judged else None), regrets),
        Card("win_back", _("Won back"), words.percent(won_back.value), [_of(won_back), days]),
    ]


def _losses(counted: Counts) -> list[str]:
    whole = counted.whole
    notes = [_("%(amount)s MRR") % {"amount": _amount(whole.amount)}]
    for n, text in (
        (whole.without_rate, ngettext("%(n)d left out: no exchange rate", "%(n)d left out: no exchange rate", whole.without_rate)),
        (counted.fresh, ngettext("%(n)d more may still be renewed late", "%(n)d more may still be renewed late", counted.fresh)),
        (counted.late, ngettext("not counted: %(n)d late renewal", "not counted: %(n)d late renewals", counted.late)),
    ):
        if n:
            notes.append(text % {"n": n})
    return notes


def _amount(value: Decimal) -> str:
    return words.money(value, settings.REPORTING_CURRENCY)


def _of(found: Share) -> str:
    """`12 of 45, 16% to 41%`: the counts and the 95% interval."""
    if not found.n:
        return _("none to judge yet")
    told = {"n": found.hits, "of": found.n, "low": words.percent(found.low), "high": words.percent(found.high)}
    return _("%(n)d of %(of)d, %(low)s to %(high)s") % told


def kind_line(one: Count, asked: Asked) -> KindLine:
    """A type of loss with its path and what it has brought."""
    path = policy.WIN_BACK[ChurnType(one.key or ChurnType.UNKNOWN)]
    won = one.won_back
    return KindLine(
        key=one.key or WAITING,
        name=why.kind(one.key),
        href=asked.query(("kind", one.key or WAITING)),
        losses=one.losses,
        amount=_amount(one.amount),
        won=words.percent(won.value),
        interval=_("%(low)s to %(high)s") % {"low": words.percent(won.low), "high": words.percent(won.high)} if won.n else "",
        of=_("%(n)d of %(of)d") % {"n": won.hits, "of": won.n} if won.n else _("none to judge yet"),
        effort=why.effort(path.effort),
        steps=[why.step(key) for key in path.steps],
    )


def causes(counted: Counts) -> list[Bar]:
    """Causes by count, each with who says so; at the end those that nobody named."""
    named: dict[str, dict[str, int]] = {}
    refused = unnamed = 0
    for one in counted.causes:
        if one.key is not None:
            named.setdefault(one.key, {})[one.source or ""] = one.losses
        elif one.source == "refused":
            refused = one.losses
        else:
            unnamed += one.losses
    rows = sorted(((sum(parts.values()), key, parts) for key, parts in named.items()), key=lambda row: (-row[0], row[1]))
    most = max([row[0] for row in rows] + [refused, counted.unrecorded, unnamed - counted.unrecorded, 1])
    bars = [
        Bar(why.cause(key), n, width(n, most), ", ".join(f"{parts[who]} {why.source(who)}" for who in why.SOURCES if parts.get(who)))
        for n, key, parts in rows
    ]
    rest = (
        (_("Recorded, no cause named"), unnamed - counted.unrecorded),
        (_("The customer refused to say"), refused),
        (_("No record"), counted.unrecorded),
    )
    return bars + [Bar(name, n, width(n, most)) for name, n in rest if n]


def width(n: int, most: int) -> str:
    """Of a bar, in percent of the longest."""
    return f"{100 * n / most:.1f}"
