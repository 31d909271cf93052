"""Headlines, cuts and setup completeness."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_view

from accounts.api import parameters
from accounts.api.base import ListView, OfAccount
from accounts.api.pages import FigurePages
from accounts.api.parameters import Parameter, filters_in
from csm_portal.portal.account.dated import Wanted
from csm_portal.portal.api.serializers import CutSerializer, EntrySerializer, HeadlineSerializer, SetupCheckSerializer
from csm_portal.portal.cuts import cut_values
from csm_portal.portal.headlines import headlines
from csm_portal.portal.setup import setup_checks
from csm_portal.portal.timeline import GROUPS, KINDS, Timeline, kinds_of
from health.api.money import CURRENCY, Told, told_in


@extend_schema_view(get=extend_schema(summary="The four headlines", operation_id="headlines_list", responses=HeadlineSerializer(many=True)))
class Headlines(ListView):
    """Renewal rate by count and by net amount, monthly active rate and NPS of one month, with change, target and attainment."""

    serializer_class = HeadlineSerializer
    pagination_class = FigurePages

    told: Told | None = None
    parameters = (parameters.MONTH, parameters.ACCOUNT_BY, parameters.DETAIL, *parameters.FILTERS, CURRENCY)

    def check_parameters(self) -> None:
        """The currency needs a rate."""
        self.told = told_in(self.asked)

    def get_serializer_context(self) -> dict[str, Any]:
        """With the currency that amounts are told in."""
        return {**super().get_serializer_context(), "told": self.told}

    def rows(self) -> Sequence[Any]:
        """Four rows per group."""
        user: Any = self.request.user
        return headlines(user, self.asked["month"], self.asked["by"], filters_in(self.asked), detail=self.asked["detail"])


@extend_schema_view(get=extend_schema(summary="Timeline of an account", responses=EntrySerializer(many=True)))
class AccountTimeline(ListView, OfAccount):
    """What happened and what is due in [from, to), the latest first: the stream of the account's page."""

    serializer_class = EntrySerializer
    parameters = (
        parameters.FROM,
        parameters.TO,
        parameters.choice("kind", (*GROUPS, *KINDS)),
        Parameter("author", _("E-mail of who did it.")),
        Parameter("q", _("Only entries that hold this text.")),
    )

    def rows(self) -> Sequence[Any]:
        """Dated facts, read page by page."""
        first, to = self.asked["from"] or date.min, self.asked["to"]
        last = date.max if to is None else max(date.min, to - timedelta(days=1))
        text, author = self.asked["q"] or "", self.asked["author"] or ""
        return Timeline(self.account, Wanted(kinds_of(self.asked["kind"]), first, last, author, text))

    def file_name(self) -> str:
        """Name of the CSV file."""
        return "timeline"


@extend_schema_view(get=extend_schema(summary="Values of the cuts", operation_id="cuts_list", responses=CutSerializer(many=True)))
class Cuts(ListView):
    """What `by` and the filters may be."""

    serializer_class = CutSerializer

    def rows(self) -> Sequence[Any]:
        """One row per cut."""
        user: Any = self.request.user
        return [{"name": name, "values": values} for name, values in cut_values(user).items()]


@extend_schema_view(get=extend_schema(summary="Setup completeness", operation_id="setup_list", responses=SetupCheckSerializer(many=True)))
class SetupChecks(ListView):
    """What is missing in the accounts you may see."""

    serializer_class = SetupCheckSerializer

    def rows(self) -> Sequence[Any]:
        """One row per check."""
        user: Any = self.request.user
        return setup_checks(user)
