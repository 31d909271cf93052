"""The notices about ourselves that every page of news shows while nobody has closed them."""

from __future__ import annotations

from datetime import date

from churn.alarms.notices import open_spells
from csm_portal.portal.alarms.page import NoticeLine, notice_line


def open_notices(as_of: date) -> list[NoticeLine]:
    """For `portal/alarms/_notices.html`, the newest first; one query. Everybody sees them: they name no customer."""
    return [notice_line(spell) for spell in open_spells(as_of)]
