"""Kinds of things in words: contacts' roles, tickets, touchpoints, reviews, churn types, fields of an account."""

from __future__ import annotations

from django.utils.translation import gettext_lazy, pgettext_lazy

from csm_portal.portal import words

ROLES = {
    "sponsor": gettext_lazy("sponsor"),
    "champion": gettext_lazy("champion"),
    "billing": gettext_lazy("billing"),
    "user": pgettext_lazy("contact role", "user"),
    "other": pgettext_lazy("contact role", "other"),
}
TICKETS = {
    "how_to": gettext_lazy("how to"),
    "bug": gettext_lazy("bug"),
    "request": gettext_lazy("request"),
    "other": pgettext_lazy("ticket kind", "other"),
}
CHANNELS = {
    "email": pgettext_lazy("channel", "e-mail"),
    "sms": pgettext_lazy("channel", "text message"),
    "call": pgettext_lazy("channel", "call"),
    "chat": pgettext_lazy("channel", "chat"),
}
TOUCHES = {
    "call": gettext_lazy("call"),
    "meeting": gettext_lazy("meeting"),
    "email": pgettext_lazy("touchpoint", "e-mail"),
    "visit": gettext_lazy("visit"),
    "training": gettext_lazy("training"),
    "interview": gettext_lazy("interview"),
}
REVIEWS = {
    "qbr": gettext_lazy("QBR"),
    "ebr": gettext_lazy("executive review"),
    "onboarding": gettext_lazy("onboarding review"),
    "other": pgettext_lazy("review", "review"),
}
CHURNS = {
    "voluntary": gettext_lazy("voluntary"),
    "satisfied": gettext_lazy("satisfied"),
    "involuntary": gettext_lazy("involuntary"),
    "unknown": pgettext_lazy("churn type", "type unknown"),
}
PERSONAS = {
    "basic": pgettext_lazy("persona", "basic"),
    "advanced": pgettext_lazy("persona", "advanced"),
    "admin": pgettext_lazy("persona", "administrator"),
    "": pgettext_lazy("persona", "unknown"),
}
INVOICES = {
    "open": pgettext_lazy("invoice", "open"),
    "paid": pgettext_lazy("invoice", "paid"),
    "failed": pgettext_lazy("invoice", "payment failed"),
    "void": pgettext_lazy("invoice", "void"),
    "disputed": pgettext_lazy("invoice", "disputed"),
}
DUES = {
    "open": pgettext_lazy("due", "open"),
    "renewed": pgettext_lazy("due", "renewed"),
    "lost": pgettext_lazy("due", "lost"),
}
WORK_WEEKS = {
    "5": gettext_lazy("5 days"),
    "6": gettext_lazy("6 days"),
    "7": gettext_lazy("7 days"),
    "alternating": gettext_lazy("alternating weekends"),
}
FITS = {"good": pgettext_lazy("fit", "good"), "poor": pgettext_lazy("fit", "poor")}
FIELDS = {
    "owner": gettext_lazy("Owner"),
    "co_owner": gettext_lazy("Co-owner"),
    "team": gettext_lazy("Team"),
    "tags": gettext_lazy("Tags"),
    "tier": gettext_lazy("Tier"),
    "lifecycle_stage": gettext_lazy("Stage"),
    "next_step": gettext_lazy("Next step"),
    "fit": gettext_lazy("Fit"),
}


def role(key: str) -> str:
    """Role of a contact."""
    return str(ROLES.get(key, ROLES["other"]))


def channel(key: str) -> str:
    """Channel that a contact prefers."""
    return str(CHANNELS.get(key, key))


def ticket(key: str) -> str:
    """Kind of a ticket."""
    return str(TICKETS.get(key, words.UNKNOWN))


def touch(key: str) -> str:
    """Kind of a touchpoint."""
    return str(TOUCHES.get(key, key))


def review(key: str) -> str:
    """Kind of a review."""
    return str(REVIEWS.get(key, key))


def churn(key: str) -> str:
    """Type of a loss."""
    return str(CHURNS.get(key, key))


def persona(key: str) -> str:
    """Persona of a seat."""
    return str(PERSONAS.get(key, key))


def account_field(name: str) -> str:
    """Field of an account, as its label says it."""
    return str(FIELDS.get(name, name))
