"""Why accounts left, in words: causes, who says so, themes of talks, efforts, steps, and the evidence of a suggested type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from csm_portal.portal import words
from csm_portal.portal.account import kinds

if TYPE_CHECKING:
    from churn.suggest import Evidence

CAUSES = {
    "insufficient_roi": gettext_lazy("Not enough return for the price"),
    "adoption_difficulty": gettext_lazy("Hard to adopt"),
    "better_competing_roi": gettext_lazy("A rival returns more"),
    "roadmap_or_security": gettext_lazy("Roadmap or security"),
    "feeling_undervalued": gettext_lazy("Felt undervalued"),
    "misaligned_marketing": gettext_lazy("Sold for something else"),
    "onboarding_friction": gettext_lazy("Onboarding went badly"),
    "experience_gaps": gettext_lazy("Gaps in the experience"),
}
SOURCES = {
    "stated": gettext_lazy("said by the customer"),
    "inferred": gettext_lazy("concluded by us"),
    "refused": gettext_lazy("refused to say"),
    "": gettext_lazy("not said who says so"),
}
THEMES = {
    "price": pgettext_lazy("exit interview", "Price"),
    "value_unproven": gettext_lazy("Value not proven"),
    "missing_feature": gettext_lazy("Missing feature"),
    "hard_to_use": gettext_lazy("Hard to use"),
    "onboarding": pgettext_lazy("exit interview", "Onboarding"),
    "slow_support": gettext_lazy("Slow support"),
    "reliability_security": gettext_lazy("Reliability, security"),
    "feedback_ignored": gettext_lazy("Feedback ignored"),
    "competitor": gettext_lazy("Competitor"),
    "sponsor_left": gettext_lazy("Sponsor left"),
    "business_changed": gettext_lazy("Business changed"),
    "need_met": gettext_lazy("Need was met"),
    "payment": pgettext_lazy("exit interview", "Payment"),
}
EFFORTS = {
    "high": pgettext_lazy("effort", "high"),
    "low": pgettext_lazy("effort", "low"),
    "lowest": pgettext_lazy("effort", "lowest"),
    "find_out": pgettext_lazy("effort", "find out first"),
}
STEPS = {
    "exit_interview": gettext_lazy("Hold an exit interview: why, and what would have changed their mind."),
    "fix_what_was_named": gettext_lazy("Fix what was named, or say honestly that it stays."),
    "offer_return_talk": gettext_lazy("Offer a talk once the cause is gone, with proof."),
    "check_again_90": gettext_lazy("Ask again after 90 days."),
    "thank_and_reference": gettext_lazy("Say thanks, ask for a reference."),
    "note_next_need": gettext_lazy("Note when the need may come back."),
    "light_touch_quarterly": gettext_lazy("Write once a quarter, no selling."),
    "remind_payment": gettext_lazy("Remind of the payment, with a link to pay."),
    "call_billing": gettext_lazy("Call the billing contact if nothing happens."),
    "easier_payment": gettext_lazy("Offer an easier way to pay."),
    "ask_why": gettext_lazy("Ask why; a refusal is an answer too."),
    "set_type": gettext_lazy("Set the type, then take its path."),
}
FITS = {
    "good": gettext_lazy("the product fitted"),
    "poor": gettext_lazy("the product did not fit"),
    "unknown": gettext_lazy("fit unknown"),
}


def cause(key: str | None) -> str:
    """A cause; one of the customer's own words stands as it is."""
    return str(CAUSES.get(key or "", key or ""))


def source(key: str | None) -> str:
    """Who says why."""
    return str(SOURCES.get(key or "", key or ""))


def theme(key: str) -> str:
    """A theme of exit interviews."""
    return str(THEMES.get(key, key))


def effort(key: str) -> str:
    """How much a type of loss deserves."""
    return str(EFFORTS[key])


def step(key: str) -> str:
    """One step of a win-back path."""
    return str(STEPS[key])


def fit(key: str | None) -> str:
    """How well the product fitted, as it was known."""
    return str(FITS.get(key or "unknown", FITS["unknown"]))


def kind(key: str | None) -> str:
    """A type of loss; None: nobody has given a reason yet."""
    return _("no reason yet") if key is None else kinds.churn(key)


def regret(value: bool | None) -> str:
    """Whether the loss is to be regretted."""
    return {True: _("regrettable"), False: _("not regrettable"), None: _("not known")}[value]


def evidence(one: Evidence) -> str:
    """One fact behind a suggested type."""
    day = words.day(one.day)
    told = {
        "payment_failed": lambda: _("a payment failed: due %(day)s") % {"day": day},
        "card_expired": lambda: _("the payment method expired on %(day)s") % {"day": day},
        "invoice_overdue": lambda: _("an invoice due on %(day)s was not paid") % {"day": day},
        "paid_again": lambda: ngettext("paid again after %(n)d day", "paid again after %(n)d days", one.n) % {"n": one.n},
        "outcome_reached": lambda: _("outcome reached: %(text)s") % {"text": one.text},
        "content": lambda: _content(one),
        "one_off_need": lambda: _("a one-off need, as the account says"),
        "decided": lambda: _("decided to leave on %(day)s, as entered with the renewal") % {"day": day},
        "unhappy": lambda: _content(one),
        "paid_to_the_end": lambda: ngettext("paid its last invoice", "paid all of its last %(n)d invoices", one.n) % {"n": one.n},
    }
    return told[one.key]()


def _content(one: Evidence) -> str:
    return ngettext(
        "answered with %(share)s of the scale (%(n)d answer)", "answered with %(share)s of the scale (mean of %(n)d answers)", one.n
    ) % {"share": words.percent(one.share), "n": one.n}
