"""What can be done from the jump dialog: each command is a control of the page, with a page of its own to fall back on."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import Account
from csm_portal.portal.jump.results import Result, marked, occurs, query


def commands(text: str, here: Account | None) -> list[Result]:
    """Commands that match the search: first those of the account whose page is open, then those of every page."""
    made = []
    for label, also, icon, href, press in [*(_of_account(here) if here else []), *_of_every_page()]:
        if occurs(text, f"{label} {also}"):
            made.append(Result(href, marked(label, text), icon, press=press))
    return made


def _of_account(account: Account) -> list[tuple[str, str, str, str, str]]:
    name, mine = {"name": account.name}, {"account": account.external_id}
    touch = reverse("portal:touch_form")
    return [
        (_("Rate %(name)s") % name, "rating score", "star", reverse("portal:rating") + query(**mine), "[data-key=r]"),
        (_("Add a note to %(name)s") % name, "write", "signature", touch + query(what="note", **mine), "[data-key=n]"),
        (
            _("Add an interaction with %(name)s") % name,
            "call meeting mail visit",
            "phone",
            touch + query(what="interaction", **mine),
            "[data-key=i]",
        ),
    ]


def _of_every_page() -> list[tuple[str, str, str, str, str]]:
    settings = reverse("portal:settings")
    chinese = get_language() == "zh-hans"
    return [
        (
            "Switch to English" if chinese else "切换到中文",
            "language english 语言" if chinese else "language chinese zhongwen",
            "language",
            settings,
            f"[name=language][value={'en' if chinese else 'zh-hans'}]",
        ),
        (_("Switch between light and dark"), "theme", "moon", settings, "[data-theme-toggle]"),
        (_("Keys of this page"), "shortcuts keyboard help", "info-circle", reverse("portal:jump") + "#keys-of-pages", "[data-keys-open]"),
        (_("Sign out"), "logout", "logout", reverse("account_logout"), f"form[action='{reverse('account_logout')}'] button"),
    ]
