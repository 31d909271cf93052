"""That an account is on the latest Monday's list, for its page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import JSONField, OuterRef, Subquery
from django.db.models.functions import JSONObject
from django.urls import reverse
from django.utils.translation import gettext as _

from churn.models import AtRisk, CampaignCall, MondayReport
from csm_portal.portal import words
from csm_portal.portal.monday import words as told


@dataclass(frozen=True)
class Mark:
    """What the account's page says about it, and where the list is."""

    text: str
    title: str
    href: str


def on_list() -> Subquery:
    """The account's entry of the latest list with the result of its call, as JSON; None: it is on none. For an annotation."""
    latest = MondayReport.objects.order_by("-monday").values("monday")[:1]
    calls = CampaignCall.objects.filter(at_risk=OuterRef("pk"), withdrawn_at__isnull=True).order_by("-called_at", "-pk")
    entry = AtRisk.objects.filter(account=OuterRef("pk"), report=Subquery(latest))
    fields = JSONObject(chance="expected", n="matched", lost="lost", monday="report_id", result=Subquery(calls.values("result")[:1]))
    return Subquery(entry.values(told=fields)[:1], output_field=JSONField())


def mark(entry: Mapping[str, Any] | None) -> Mark | None:
    """`On the Monday list: 44%`, with what it rests on and what came of the call."""
    if not entry:
        return None
    proof = _("Chance of loss %(chance)s: of %(n)s renewals with the same signs %(lost)s were lost.")
    counts = {"chance": words.percent(entry["chance"]), "n": words.number(entry["n"]), "lost": words.number(entry["lost"])}
    called = told.sentence(told.result(entry["result"] or ""))
    address = f"{reverse('portal:risk-monday')}?monday={entry['monday']}"
    return Mark(_("On the Monday list: %(chance)s") % counts, f"{proof % counts} {called}.", address)
