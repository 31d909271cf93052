"""Packs that freeze by themselves, in the night that brings a renewal within 90 days of its decision."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.utils import translation

from accounts.models import User
from accounts.types import Role
from churn.packs import keep, to_freeze
from csm_portal.portal.qbr.frozen import freeze, roadmap_of, stories_of
from csm_portal.portal.qbr.pack import find_account, pack


def freeze_opened(as_of: date, today: date) -> int:
    """Freeze the packs of renewals that come within 90 days, in their owner's language; returns how many. Done again it does nothing."""
    somebody = User.objects.filter(is_active=True, role=Role.ADMIN).order_by("pk").first()
    made = 0
    for case in to_freeze(as_of):
        owner = case.account.owner
        reader = owner if owner is not None and owner.is_active else somebody
        account = find_account(reader, case.account.external_id) if reader is not None else None
        state = getattr(account, "state", None)
        if reader is None or account is None or state is None or state.as_of != as_of:
            continue
        language = reader.language or settings.LANGUAGE_CODE
        with translation.override(language):
            found = pack(account, reader, today)
            body = freeze(found, stories_of(found, today), roadmap_of(found, today))
        made += keep(case, "zh-hans" if language.startswith("zh") else "en", body, as_of)
    return made
