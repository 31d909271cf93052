"""Pages beside what falls due: rates, forecasts against what happened, and where people and contracts differ."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from churn.as_of import Basis, figures_as_of, read_basis
from csm_portal.lib.sheets import Cell
from csm_portal.portal.churn.notes import notes_between, on_chart
from csm_portal.portal.downloads import sheet_answer
from csm_portal.portal.renewals import accuracy, mismatches, rates, said
from csm_portal.portal.renewals.period import GRAINS, Choice, choice
from csm_portal.web import Request, signed_in, today


@require_GET
@signed_in
def rates_page(request: Request) -> HttpResponse:
    """Renewal rates by count, gross and net: per month or quarter, and of the whole span by a cut."""
    basis = read_basis()
    context: dict[str, Any] = _frame("rates", basis)
    if basis is not None:
        chosen = choice(request.GET, basis.as_of, request.user.role)
        found = rates.rates_page(request.user, chosen, basis)
        notes = notes_between(request.user, chosen.first, chosen.after)
        figure = on_chart(found.figure, notes, found.stamps) if notes else found.figure
        context |= _asked(chosen) | {"rates": found, "figure": figure, "notes": notes}
    return render(request, "portal/renewals_rates.html", context)


@require_GET
@signed_in
def accuracy_page(request: Request) -> HttpResponse:
    """Forecasts against what happened, per owner or another cut."""
    as_of = figures_as_of()
    context: dict[str, Any] = _frame("accuracy", Basis(as_of) if as_of else None)
    if as_of is not None:
        chosen = choice(request.GET, as_of, request.user.role)
        heads = [str(word) for word in said.CATEGORIES.values()]
        lines = accuracy.lines(request.user, chosen, as_of)
        context |= _asked(chosen) | {"lines": lines, "categories": heads, "nothing_told": not any(line.told_any for line in lines)}
    return render(request, "portal/renewals_accuracy.html", context)


@require_GET
@signed_in
def mismatches_page(request: Request) -> HttpResponseBase:
    """Where people and contracts tell differently; `format` csv or xlsx makes a file of it."""
    day, here = today(), reverse("portal:renewals-mismatches")
    if kind := request.GET.get("format"):
        lines = mismatches.file_lines(mismatches.every_mismatch(request.user, day, here))
        return sheet_answer(lines, kind, f"renewal-mismatches-{day.isoformat()}", title=_("Mismatches"), freeze="C2")
    as_of, asked = figures_as_of(), request.GET.get("page", "")
    number = int(asked) if asked.isascii() and asked.isdigit() and 0 < len(asked) < 6 else 1
    found, page = mismatches.mismatches_page(request.user, day, here, max(1, number))
    context = _frame("mismatches", Basis(as_of) if as_of else None) | {"found": found, "page": page}
    return render(request, "portal/renewals_mismatches.html", context)


@require_GET
@signed_in
def export_rates(request: Request) -> HttpResponseBase:
    """The rates of every period by the cut as a file; 404 before the first night."""
    return _file(request, "renewal-rates", _("Renewal rates"), rates.file_lines)


@require_GET
@signed_in
def export_accuracy(request: Request) -> HttpResponseBase:
    """Forecasts against what happened as a file; 404 before the first night."""
    return _file(request, "renewal-forecasts", _("Forecasts"), lambda user, chosen, _basis: accuracy.file_lines(user, chosen))


def _file(request: Request, name: str, title: str, lines: Callable[[Any, Choice, Basis], Iterable[list[Cell]]]) -> HttpResponseBase:
    basis = read_basis()
    if basis is None:
        raise Http404
    chosen = choice(request.GET, basis.as_of, request.user.role)
    rows = lines(request.user, chosen, basis)
    return sheet_answer(rows, request.GET.get("format", "csv"), f"{name}-{basis.as_of.isoformat()}", title=title, freeze="B2")


def _frame(tab: str, basis: Basis | None) -> dict[str, Any]:
    return {
        "tab": tab,
        "as_of": basis.as_of if basis else None,
        "version": basis.version if basis else None,
        "fixed_today": settings.PORTAL_AS_OF,
        "currency": settings.REPORTING_CURRENCY,
    }


def _asked(chosen: Choice) -> dict[str, Any]:
    """What the form of the page holds, and the filters in force with the query that lets each go."""
    named = {"month": _("by month"), "quarter": _("by quarter")}
    return {
        "choice": chosen,
        "grains": [(grain, named[grain]) for grain in GRAINS],
        "cuts": rates.cuts(),
        "by_name": said.CUTS[chosen.by],
        "chips": [(said.chip(name, value), chosen.query(without=name)) for name, value in chosen.filters],
    }
