"""The latest Monday list in the viewer's book, as a line of the first page."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from csm_portal.portal import words

# Read with the renewals ahead (needs `book`): the Monday, its accounts of the book, those not called yet, and the sum of their chances.
SUMMED = """
SELECT jsonb_build_array(max(r.report_id), count(*), count(*) FILTER (WHERE NOT EXISTS (
           SELECT FROM churn_campaigncall k WHERE k.at_risk_id = r.id AND k.withdrawn_at IS NULL)), sum(r.expected))::text
FROM churn_atrisk r
WHERE r.report_id = (SELECT max(monday) FROM churn_mondayreport) AND r.account_id IN (SELECT id FROM book)
"""


@dataclass(frozen=True, slots=True)
class MondayList:
    """Whom to call this week: `title` names the Monday, `text` counts, `left` says how many are not called yet (empty: none)."""

    title: str
    text: str
    left: str
    href: str


def monday_list(summed: str | None) -> MondayList | None:
    """The line; None where no list was made or none of its accounts is in the book."""
    monday, n, waiting, expected = json.loads(summed or "[null, 0, 0, null]")
    if not n:
        return None
    counted = ngettext("%(n)s account at risk", "%(n)s accounts at risk", n) % {"n": words.number(n)}
    loss = _("%(n)s expected to leave") % {"n": words.number(expected, 1)}
    return MondayList(
        title=_("Monday list of %(day)s") % {"day": words.short_day(date.fromisoformat(monday))},
        text=f"{counted}, {loss}",
        left=ngettext("%(n)s not called yet", "%(n)s not called yet", waiting) % {"n": words.number(waiting)} if waiting else "",
        href=reverse("portal:risk-monday"),
    )
