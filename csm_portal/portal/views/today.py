"""The first page: the headlines, what to do today, the renewals ahead, what else changed since the last visit, and the book."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.types import Role
from churn.as_of import read_basis
from csm_portal.portal.acting.page import shown as day_list_shown
from csm_portal.portal.alarms.notices import open_notices
from csm_portal.portal.book.table import book_context
from csm_portal.portal.first_run.steps import Step, all_done, facts_now, steps
from csm_portal.portal.night.notice import held_notice
from csm_portal.portal.stats import headline_stats
from csm_portal.portal.today.changes import changes
from csm_portal.portal.today.losses import waiting as waiting_losses
from csm_portal.portal.today.renewals import renewals
from csm_portal.portal.today.visits import visited
from csm_portal.portal.today.words import heading, narrowed, section
from csm_portal.web import Request, remembered, signed_in, today

if TYPE_CHECKING:
    from accounts.models import User


@require_GET
@signed_in
def today_page(request: Request) -> HttpResponse:
    """Everything that matters this morning; opening it is the visit that the next day's news starts from."""
    day = today()
    context = book_context(request, page="today")
    # Of the installation, not of the rows found: a search without a hit has news all the same.
    basis = read_basis()
    run_id, as_of = (basis.run_id, basis.as_of) if basis else (None, None)
    since = visited(request.user, day, as_of, timezone.now())
    news = changes(request.user, since, day, as_of, run_id)
    shown, waiting = [section(group, day) for group in news.shown], [section(group, day, waiting=True) for group in news.waiting]
    lines = narrowed([*shown, *waiting])
    context |= {
        "as_of": as_of,
        "stats": headline_stats(request.user, run_id),
        "since": heading(since),
        "news": news,
        "shown": lines[: len(shown)],
        "waiting": lines[len(shown) :],
        "n_later": sum(line.later for section in lines for line in section.lines),
        "folded": [section(group, day) for group in news.folded],
        "day_list": day_list_shown(request.user, day) if run_id else None,
        "start": _first_steps(request.user),
        "strip": renewals(request.user, day, run_id) if run_id else None,
        "losses": waiting_losses(request.user, day, basis) if basis else None,
        "held": held_notice(request.user) if basis and basis.has_held else None,
        "notices": open_notices(basis.as_of) if basis and basis.has_notices else [],
    }
    return render(request, "portal/today.html", context)


def _first_steps(user: User) -> list[Step]:
    """The steps from an empty installation, for admins while one is left to do; what is there is remembered for a minute."""
    if user.role != Role.ADMIN:
        return []
    found = steps(facts=remembered("first-steps", facts_now))
    return [] if all_done(found) else found
