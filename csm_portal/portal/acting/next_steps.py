"""The one next step of an item: what it says, and where it is done. `dialog`: the form opens over the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from csm_portal.portal.account.explain import explain_address
from csm_portal.portal.account.links import part_address
from csm_portal.portal.addresses import account_address
from csm_portal.portal.qbr.addresses import plan_address, qbr_address


@dataclass(frozen=True, slots=True)
class NextStep:
    """What to do, and the address where it is done."""

    label: str
    href: str
    dialog: bool = False


def _at(anchor: str) -> Callable[[str], str]:
    return lambda external_id: f"{account_address(external_id)}#{anchor}"


def _part(part: str) -> Callable[[str], str]:
    return lambda external_id: f"{part_address(external_id, part)}#{part}"


def _form(route: str, **query: str) -> Callable[[str], str]:
    return lambda external_id: f"{reverse(route)}?{urlencode({**query, 'account': external_id})}"


def _renewals(external_id: str) -> str:
    return f"{reverse('portal:renewals')}?{urlencode({'account': external_id})}"


def _reminders(_external_id: str) -> str:
    return reverse("portal:churn-reminders")


CALL = _form("portal:touch_form", what="interaction")
# Words, where it leads, and whether that is a form that opens over the page.
STEPS: Mapping[str, tuple[Promise, Callable[[str], str], bool]] = {
    "enter_outcome": (gettext_lazy("Enter the outcome"), _renewals, False),
    "enter_forecast": (gettext_lazy("Enter a forecast"), _renewals, False),
    "share_usage": (gettext_lazy("Share the usage"), _at("terms"), False),
    "read_pack": (gettext_lazy("Prepare the renewal"), qbr_address, False),
    "see_risk": (gettext_lazy("See the account"), account_address, False),
    "call_customer": (gettext_lazy("Call and log it"), CALL, True),
    "see_usage": (gettext_lazy("See the usage"), _part("usage"), False),
    "see_seats": (gettext_lazy("See the seats"), _part("seats"), False),
    "work_scenario": (gettext_lazy("See the scenario"), _part("usage"), False),
    "see_explanation": (gettext_lazy("See why"), explain_address, False),
    "compare_parts": (gettext_lazy("Compare and rate"), _form("portal:rating"), True),
    "rate": (gettext_lazy("Rate"), _form("portal:rating"), True),
    "remind_payment": (gettext_lazy("Send a reminder"), _reminders, False),
    "see_tickets": (gettext_lazy("See the tickets"), _at("open"), False),
    "answer_customer": (gettext_lazy("Answer and log it"), CALL, True),
    "answer_feedback": (gettext_lazy("Answer the feedback"), qbr_address, False),
    "find_champion": (gettext_lazy("Find a successor"), _at("people"), False),
    "reach_boss": (gettext_lazy("Reach the boss, log it"), CALL, True),
    "log_contact": (gettext_lazy("Get in touch, log it"), CALL, True),
    "prepare_review": (gettext_lazy("Prepare the QBR"), qbr_address, False),
    "plan_review": (gettext_lazy("Plan the QBR"), plan_address, True),
    "update_outcome": (gettext_lazy("Update the outcome"), _at("wants"), False),
    "see_onboarding": (gettext_lazy("See the milestones"), _at("open"), False),
    "offer_seats": (gettext_lazy("Begin a play"), _form("portal:play-begin"), True),
    "ask_reference": (gettext_lazy("Ask for a reference"), CALL, True),
    "celebrate": (gettext_lazy("Congratulate, log it"), CALL, True),
}
ELSE: tuple[Promise, Callable[[str], str], bool] = (gettext_lazy("See the account"), account_address, False)


def next_step(key: str, external_id: str) -> NextStep:
    """The step of a trigger at an account; an unknown key leads to the account's page."""
    words, href, dialog = STEPS.get(key, ELSE)
    return NextStep(str(words), href(external_id), dialog)
