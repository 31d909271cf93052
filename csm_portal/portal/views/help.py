"""Help inside the portal: what every figure is, and how it is computed, without a way out to the internet."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from csm_portal.portal import words
from csm_portal.portal.help import pages
from csm_portal.portal.help.figures import GROUPS, figures_of
from csm_portal.web import Request, signed_in

# Names of the pages in the reader's language, as the list beside them shows them.
NAMES = {
    "actions": _("Reasons to act and their rank"),
    "acting": _("Acting: lists, tasks, plays, absences"),
    "activity": _("Activity"),
    "alarms": _("Drop alarms"),
    "attrition": _("Attrition"),
    "attrition-trend": _("Trend and cuts of attrition"),
    "book": _("The book"),
    "calendar": _("Working days"),
    "calibration": _("Calibration: health against renewals"),
    "cohorts": _("Cohorts"),
    "definitions": _("Changed definitions"),
    "estimates": _("Estimates"),
    "explain": _("Explanations"),
    "facets": _("Facets of health"),
    "headlines": _("The four headlines"),
    "health": _("Health"),
    "helped": _("Did it help"),
    "k": _("k: renewal against activity"),
    "likelihood": _("Renewal likelihood and learned weights"),
    "monday": _("The Monday list"),
    "mrr": _("MRR"),
    "north-star": _("North star"),
    "outcomes": _("Outcomes and value"),
    "qbr": _("QBRs"),
    "raters": _("Raters: what ratings told"),
    "ratings": _("Ratings and overrides"),
    "reasons": _("Why accounts left"),
    "renewals": _("Renewals"),
    "replay": _("Loss replay"),
    "risk-rules": _("Combinations that went with losses"),
    "states": _("Named states and seat quality"),
    "team": _("Team"),
    "trust": _("What vouches for a figure"),
    "usage-sheet": _("Usage sheet"),
}


@require_GET
@signed_in
def help_index(request: Request) -> HttpResponse:
    """All figures with their definitions, and the methods pages."""
    return render(request, "portal/help.html", {"groups": GROUPS, "pages": _links()})


@require_GET
@signed_in
def help_page(request: Request, page: str) -> HttpResponse:
    """One methods page in the reader's language; where it is written in English only, its figures in their words stand above it."""
    found = pages.page(page, pages.CHINESE if words.chinese() else pages.ENGLISH)
    if found is None:
        raise Http404
    context = {
        "page": found,
        "title": NAMES.get(found.name, found.title),
        "figures": figures_of(found.name) if words.chinese() and found.language == pages.ENGLISH else [],
        "untranslated": words.chinese() and found.language == pages.ENGLISH,
        "pages": _links(),
    }
    return render(request, "portal/help_page.html", context)


def _links() -> list[tuple[str, str]]:
    return [(name, str(NAMES.get(name) or pages.page(name).title)) for name in pages.names()]  # type: ignore[union-attr]
