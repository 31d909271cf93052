"""Whether our figures tell who renews: activity and health against the renewals that followed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.models import Target
from churn.as_of import read_basis
from churn.k_reads import BATCHES, BY, COHORTS, EVERY, closed_dues, coming, told
from csm_portal.lib.periods import period_of
from csm_portal.portal.churn.notes import EARLIEST, notes_between
from csm_portal.portal.downloads import sheet_answer
from csm_portal.portal.trust.bands import group_name
from csm_portal.portal.trust.dues import file_rows, line
from csm_portal.portal.trust.page import names_of_cuts, page, target_asked
from csm_portal.portal.trust.restated import both_panel, span
from csm_portal.web import PAGE_SIZE, Page, Request, reader, remembered, signed_in
from health.lab.restated_rates import restated_rates

if TYPE_CHECKING:
    from accounts.models import User


@require_GET
@signed_in
def k_page(request: Request) -> HttpResponse:
    """The page for what the viewer may see: `by` splits the table of k, `target` (percent) asks the way back. At most 8 queries."""
    basis = read_basis()
    context: dict[str, Any] = {"fixed_today": settings.PORTAL_AS_OF, "as_of": basis.as_of if basis else None}
    if basis is not None:
        user, as_of = request.user, basis.as_of
        cuts = names_of_cuts()
        by = request.GET.get("by", COHORTS)
        by = by if by in cuts else COHORTS
        asked = request.GET.get("target", "")
        target, problem = target_asked(asked, _own_target(user, as_of))
        viewer = f"{reader(user)}:{as_of}"
        past = remembered(f"k-past:{viewer}:{by}", lambda: told(user, as_of, by))
        ahead = remembered(f"k-ahead:{viewer}", lambda: coming(user, as_of))
        context |= {
            "both": both_panel(remembered(f"both-rates:{viewer}", lambda: restated_rates(user, *span(as_of)))),
            "page": page(past, ahead, notes_between(user, EARLIEST, as_of), basis.activity_changes, target, as_of, by),
            "cuts": cuts,
            "by": by,
            "by_name": cuts[by],
            "target": f"{target * 100:.10g}",
            "problem": problem,
            "version": basis.version,
        }
    return render(request, "portal/trust_k.html", {**context, "title": _("Active and renewed")})


@require_GET
@signed_in
def trust_dues(request: Request) -> HttpResponseBase:
    """The closed renewals behind a line (`by` and `name`, or `nameless`), as a list or with `format` as a file. At most one query."""
    basis = read_basis()
    asked = request.GET
    by = asked.get("by", BATCHES)
    if basis is None or by not in BY or "\0" in asked.get("name", ""):
        raise Http404
    name = None if "nameless" in asked else asked.get("name", EVERY)
    currency = settings.REPORTING_CURRENCY
    if "format" in asked:
        rows = file_rows(closed_dues(request.user, basis.as_of, by, name=name), currency)
        return sheet_answer(rows, asked["format"], f"renewals-{basis.as_of}", title=_("Closed renewals"), freeze="B2")
    number = asked.get("page", "1")
    wanted = int(number) if number.isascii() and number.isdigit() and len(number) < 7 else 1
    page_key = f"dues:{reader(request.user)}:{basis.as_of}:{by}:{name}:{name is None}:{wanted}:{get_language()}"
    place, renewed, active, lines = remembered(page_key, lambda: _dues_page(request.user, basis.as_of, by, name, wanted))
    narrowed = {key: asked[key] for key in ("by", "name", "nameless") if key in asked}
    context = {
        "title": _("Closed renewals"),
        "name": "" if name == EVERY else group_name(name),
        "total": place.total,
        "renewed": renewed,
        "active": active,
        "lines": lines,
        "page": place,
        "download": f"?{urlencode({**narrowed, 'by': by})}",
        "as_of": basis.as_of,
        "fixed_today": settings.PORTAL_AS_OF,
    }
    return render(request, "portal/trust_dues.html", context)


def _dues_page(user: User, as_of: date, by: str, name: str | None, wanted: int) -> tuple[Page, int, int, list[Any]]:
    """One page of the dues behind a line: where it is, how many of all were renewed and how many active before, and its rows."""
    found = closed_dues(user, as_of, by, name=name)
    place = Page(min(max(1, wanted), Page(1, len(found), PAGE_SIZE).n_pages), len(found), PAGE_SIZE)
    shown = [line(due, settings.REPORTING_CURRENCY) for due in found[max(0, place.first - 1) : place.last]]
    return place, sum(due.renewed for due in found), sum(due.lead == 1 for due in found), shown


def _own_target(user: User, as_of: date) -> Decimal | None:
    """The viewer's own target of the month for the renewal rate by count, else that of the team they manage or belong to; one query."""
    rows = Target.objects.visible_to(user).filter(month=period_of("month", as_of).first, metric="renewal_rate_count")
    found = {(owner, team): value for owner, team, value in rows.values_list("user_id", "team_id", "value")}
    return found.get((user.pk, None)) or found.get((None, user.manages_id)) or found.get((None, user.team_id))
