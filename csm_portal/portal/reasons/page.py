"""The page about reasons: what the losses add up to, those nobody has explained, and the list of all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext as _

from churn import interviews, losses
from churn.entered import reasons_stamp
from churn.models import ExitInterview
from churn.suggest import Suggestion
from churn.suggest_reads import suggestions
from csm_portal.lib.periods import ONE_DAY
from csm_portal.portal import words
from csm_portal.portal.churn.filters import Chip, cut_names, people_named, value_name
from csm_portal.portal.reasons import words as why
from csm_portal.portal.reasons.asked import KINDS, WAITING, Asked
from csm_portal.portal.reasons.cards import Bar, Card, KindLine, cards, causes, kind_line, width
from csm_portal.portal.reasons.lines import LossLine, line, talks_by_loss
from csm_portal.web import Page, reader, remembered

if TYPE_CHECKING:
    from accounts.models import User
    from churn.as_of import Basis
    from churn.losses import Counts, Listed, Loss

Suggested = dict[tuple[int, date], Suggestion]
SHOWN_WAITING = 10
PAGE_SIZE = 25


@dataclass(frozen=True)
class Shown:
    """What the page places at once."""

    cards: list[Card]
    waiting: list[LossLine]
    n_waiting: int
    waiting_amount: str
    kinds: list[KindLine]
    causes: list[Bar]
    themes: list[Bar]
    n_talks: int
    n_losses: int


@dataclass(frozen=True)
class LossList:
    """One page of the list, with what it may be narrowed to."""

    rows: list[LossLine]
    total: str
    page: Page
    picks: list[tuple[str, str, bool]]


def shown(user: User, basis: Basis, asked: Asked, today: date) -> Shown:
    """The figures of the span and the losses that wait for a reason, whenever they happened. Five queries, or one."""
    counted, waiting, found, (n_talks, themes) = _read(user, basis, asked, today)
    grace = basis.renewals.renewal_grace_days
    return Shown(
        cards=cards(counted),
        waiting=[line(loss, today, grace, found.get((loss.account_id, loss.lost_on))) for loss in waiting.rows],
        n_waiting=waiting.n,
        waiting_amount=words.money(waiting.total, settings.REPORTING_CURRENCY),
        kinds=[kind_line(one, asked) for one in counted.types],
        causes=causes(counted),
        themes=[Bar(why.theme(key), n, width(n, themes[0][1])) for key, n in themes],
        n_talks=n_talks,
        n_losses=counted.whole.losses,
    )


def _read(user: User, basis: Basis, asked: Asked, today: date) -> tuple[Counts, Listed, Suggested, tuple[int, list[tuple[str, int]]]]:
    """What the page is made of, remembered for a minute as long as nobody enters anything."""
    after = basis.as_of + ONE_DAY
    # Losses go by the contracts of the as-of day; a talk of this morning is on record already.
    talks_until = max(basis.as_of, today) + ONE_DAY

    def read() -> tuple[Counts, Listed, Suggested, tuple[int, list[tuple[str, int]]]]:
        counted = losses.counts(user, basis, asked.first, after, asked.by_cut)
        waiting = losses.listed(user, basis, filters=asked.by_cut, chosen="waiting", order="amount", limit=SHOWN_WAITING)
        found = suggestions(user, waiting.rows, basis.as_of)
        return counted, waiting, found, interviews.themes(user, asked.first, talks_until, asked.by_cut)

    viewer = f"{reader(user)}"
    return remembered(f"reasons:{viewer}:{talks_until}:{basis.as_of}:{basis.version}:{reasons_stamp()}:{asked.query()}", read)


def loss_list(user: User, basis: Basis, asked: Asked, today: date) -> LossList:
    """One page of the losses of the span, the latest first, with their talks. At most three queries."""
    start = (asked.page - 1) * PAGE_SIZE
    kind, chosen = ("", "waiting") if asked.kind == WAITING else (asked.kind, "lost")
    found = losses.listed(
        user, basis, first=asked.first, filters=asked.by_cut, chosen=chosen, kind=kind, limit=PAGE_SIZE, start=start
    )  # fmt: skip
    if not found.rows and asked.page > 1:
        return loss_list(user, basis, replace(asked, page=1), today)
    waiting = [loss for loss in found.rows if loss.record_id is None]
    types = suggestions(user, waiting, basis.as_of)
    talks = talks_by_loss(found.rows, talks_of(user, found.rows))
    grace = basis.renewals.renewal_grace_days
    rows = [
        line(loss, today, grace, types.get(key), talks.get(key, ())) for loss in found.rows for key in [(loss.account_id, loss.lost_on)]
    ]
    names = {"": _("all"), **{str(one): why.kind(one) for one in KINDS}, WAITING: _("no reason yet")}
    picks = [(asked.query(("kind", key)), name, key == asked.kind) for key, name in names.items()]
    return LossList(rows, words.money(found.total, settings.REPORTING_CURRENCY), Page(asked.page, found.n, PAGE_SIZE), picks)


def talks_of(user: User, rows: list[Loss]) -> list[ExitInterview]:
    """The exit interviews with the accounts of these losses, the latest first; one query."""
    talks = ExitInterview.objects.visible_to(user).filter(account__in={loss.account_id for loss in rows}, withdrawn_at__isnull=True)
    return list(talks.select_related("author").order_by("-held_on", "-pk"))


def chips(user: User, asked: Asked) -> list[Chip]:
    """What the set is narrowed to, each with the address without it. One query where that is owners, else none."""
    filters = dict(asked.filters)
    names, people = cut_names(), people_named(user, filters.get("csm", ()))
    return [
        Chip(names[cut], value_name(cut, value, people), asked.query(*((cut, other) for other in values if other != value), without=cut))
        for cut, values in filters.items()
        for value in values
    ]
