"""A Monday's list in words: how many are expected to leave, what that rests on, what came of calls and of accounts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext, pgettext_lazy

from churn.monday.campaign import CallResult
from churn.monday.expected import Expected
from churn.monday.listing import LEFT, OPEN, RENEWED, TO_CALL, Monday
from csm_portal.portal import words

Words = str | Promise
RESULTS: Mapping[str, Words] = {
    TO_CALL: pgettext_lazy("call", "to call"),
    CallResult.REACHED: pgettext_lazy("call", "reached"),
    CallResult.NOT_REACHED: pgettext_lazy("call", "not reached"),
    CallResult.NOT_NEEDED: pgettext_lazy("call", "not needed"),
}
OUTCOMES: Mapping[str, Words] = {
    LEFT: pgettext_lazy("what happened", "left"),
    RENEWED: pgettext_lazy("what happened", "renewed"),
    OPEN: pgettext_lazy("what happened", "still open"),
}
WHY_NONE: Mapping[str, Words] = {
    "few": gettext_lazy("There is too little history: too few decided renewals, or too few losses among them, to prove any sign of risk."),
    "no_difference": gettext_lazy(
        "Nothing proves itself: of the accounts with the worst scores no more left than of all. A list would only name the base rate."
    ),
}


def headline(found: Expected) -> str:
    """`Of these 70 accounts about 30 (20–40) will leave unless you act.` Never certainly."""
    n = words.number(found.accounts)
    text = ngettext(
        "Of this %(n)s account about %(about)s (%(low)s–%(high)s) will leave unless you act.",
        "Of these %(n)s accounts about %(about)s (%(low)s–%(high)s) will leave unless you act.",
        found.accounts,
    )
    return text % {"n": n, **spread(found)}


def spread(found: Expected) -> dict[str, str]:
    """The count expected and its range, for a sentence."""
    return {"about": about(found), "low": words.number(found.low), "high": words.number(found.high)}


def about(found: Expected) -> str:
    """The count expected; below one with a decimal, so that a chance is not told as none."""
    return words.number(found.count, 1 if 0 < found.count < 0.95 else 0)


def span(found: Expected) -> str:
    """`30 (20–40)`."""
    return _("%(about)s (%(low)s–%(high)s)") % spread(found)


def rests_on(monday: Monday) -> str:
    """What the list rests on, in a sentence."""
    body = monday.body
    if monday.ground == "rules":
        n = len(body.get("rules", ()))
        text = ngettext(
            "It names the accounts that %(n)d combination matches which later renewals confirmed, and counts by those renewals.",
            "It names the accounts that %(n)d combinations match which later renewals confirmed, and counts by those renewals.",
            n,
        )
        return text % {"n": n}
    if monday.ground == "score":
        text = _(
            "No combination is proven yet, so it names the accounts with a score of %(border)s or less, the worst tenth: of %(n)s such "
            "renewals %(lost)s were lost, of all %(base_n)s checked %(base_lost)s."
        )
        return text % {
            "border": words.number(body["border"], 1),
            **{k: words.number(body[k]) for k in ("n", "lost", "base_n", "base_lost")},
        }
    return str(WHY_NONE.get(str(body.get("why", "")), ""))


def result(word: str) -> str:
    """What came of a call."""
    return str(RESULTS.get(word, word))


def outcome(word: str) -> str:
    """What became of an account."""
    return str(OUTCOMES.get(word, word))


def verdict(monday: Monday) -> str:
    """Whether what happened lies in the range, as far as it is known."""
    held = monday.holds
    if held is None:
        return pgettext("range", "open") if monday.accounts else ""
    if held:
        return pgettext("range", "inside")
    return pgettext("range", "above") if monday.left > monday.expected.high else pgettext("range", "below")


def title(monday: date) -> str:
    """`Week of 2 Nov 2026`: the list may have been made later than on its Monday."""
    return _("Week of %(day)s") % {"day": words.day(monday)}


def sentence(text: str) -> str:
    """A word as it stands alone."""
    return text[:1].upper() + text[1:]


def money(amount: Any) -> str:
    """An amount in the reporting currency."""
    return words.money(amount, settings.REPORTING_CURRENCY)
