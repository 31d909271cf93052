"""Whether health says who renews: the calibration page, the renewals behind its numbers, and the record of raters."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.models import User
from churn.as_of import read_basis
from churn.calibration.observations import foreseeable, read_observations
from churn.calibration.rater_reads import rater_records
from churn.calibration.reads import LEADS, SNAPSHOTS, calibration, is_closed
from csm_portal.portal.calibration import raters, renewals
from csm_portal.portal.calibration.kept import kept_fits
from csm_portal.portal.calibration.page import page
from csm_portal.portal.downloads import sheet_answer
from csm_portal.web import PAGE_SIZE, Page, Request, reader, remembered, signed_in

if TYPE_CHECKING:
    from churn.calibration.observations import Observation

# Renewals close once a night; reasons entered meanwhile show after so many seconds.
KEPT_SECONDS = 300


@require_GET
@signed_in
def trust_page(request: Request) -> HttpResponse:
    """Past renewals of what the viewer may see against health `lead` days before; `kind` picks dues or weekly looks. At most 8 queries."""
    basis = read_basis()
    context: dict[str, Any] = {"fixed_today": settings.PORTAL_AS_OF, "as_of": basis.as_of if basis else None, "title": _("Trust")}
    if basis is not None:
        user, lead, kind = request.user, renewals.lead_asked(request.GET), renewals.kind_asked(request.GET)
        key = f"calibration-2:{reader(user)}:{basis.as_of}:{lead}:{kind}"
        fits = kept_fits(basis, lead)
        found = remembered(key, lambda: calibration(user, basis, lead=lead, kind=kind, fits=fits), seconds=KEPT_SECONDS)
        people = names(one.owner_id for one in (*found.green_lost, *found.red_renewed))
        context |= {
            "page": page(found, people, settings.REPORTING_CURRENCY, basis.renewals.renewal_grace_days),
            "found": found,
            "lead": lead,
            "leads": LEADS,
            "health_version": found.health_version,
        }
    return render(request, "portal/trust.html", context)


@require_GET
@signed_in
def trust_renewals(request: Request) -> HttpResponseBase:
    """The decided renewals behind a number, narrowed by `band`, `outcome`, `month` and `quarter`; with `format` a file. Two queries."""
    basis = read_basis()
    if basis is None:
        raise Http404
    wanted = renewals.asked(request.GET)
    closed_before = basis.as_of - timedelta(days=basis.renewals.renewal_grace_days)

    def decided() -> list[Observation]:
        every = foreseeable(
            read_observations(
                basis.as_of,
                lead=wanted.lead,
                user=request.user,
                facts=False,
                dues=wanted.kind != SNAPSHOTS,
                snapshots=wanted.kind == SNAPSHOTS,
            )
        )
        return [one for one in every if is_closed(one, closed_before) and wanted.holds(one)][::-1]

    currency = settings.REPORTING_CURRENCY
    if "format" in request.GET:
        found = decided()
        rows = renewals.file_rows(found, names(one.owner_id for one in found), currency)
        return sheet_answer(rows, request.GET["format"], f"calibration-{basis.as_of}", title=_("Renewals and health"), freeze="B2")
    number = request.GET.get("page", "1")
    asked = int(number) if number.isascii() and number.isdigit() and len(number) < 7 else 1

    def page_of_them() -> tuple[Page, int, list[Observation]]:
        found = decided()
        place = Page(min(max(1, asked), Page(1, len(found), PAGE_SIZE).n_pages), len(found), PAGE_SIZE)
        return place, sum(bool(one.renewed) for one in found), found[max(0, place.first - 1) : place.last]

    # All of them are read for any page of them; a page is then as good as new for a minute.
    key = f"trust-renewals:{reader(request.user)}:{basis.run_id}:{urlencode(wanted.query())}:{asked}"
    place, n_renewed, shown = remembered(key, page_of_them)
    people = names(one.owner_id for one in shown)
    context = {
        "title": _("Renewals and health"),
        "name": wanted.words(),
        "lead": wanted.lead,
        "total": place.total,
        "renewed": n_renewed,
        "lines": [renewals.line(one, people, currency) for one in shown],
        "page": place,
        "download": f"?{urlencode(wanted.query())}",
        "as_of": basis.as_of,
        "fixed_today": settings.PORTAL_AS_OF,
    }
    return render(request, "portal/trust_renewals.html", context)


@require_GET
@signed_in
def trust_raters(request: Request) -> HttpResponse:
    """What each rater's past ratings told: one's own, a manager's those of the people below. At most 8 queries."""
    basis = read_basis()
    context: dict[str, Any] = {"fixed_today": settings.PORTAL_AS_OF, "as_of": basis.as_of if basis else None, "title": _("Raters")}
    if basis is not None:
        found = remembered(f"raters:{basis.as_of}", lambda: rater_records(basis), seconds=KEPT_SECONDS)
        people = {pk: name or email for pk, name, email in User.objects.visible_to(request.user).values_list("pk", "name", "email")}
        context["rows"] = raters.rows(found, people, request.user.pk)
    return render(request, "portal/trust_raters.html", context)


def names(ids: Iterable[int | None]) -> dict[int, str]:
    """Names of people by id, the e-mail where one has none; one query, none without ids."""
    wanted = {one for one in ids if one is not None}
    if not wanted:
        return {}
    rows = User.objects.filter(pk__in=wanted).values_list("pk", "name", "email")
    return {pk: name or email for pk, name, email in rows}
