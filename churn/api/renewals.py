"""Renewals over REST: what falls due, what people enter about it, and the rates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.exceptions import ErrorDetail, NotFound, ValidationError
from rest_framework.response import Response

from accounts.api import parameters
from accounts.api.base import ListView, PortalView
from accounts.api.pages import FigurePages
from accounts.api.parameters import FLAG, Parameter, choice, read_flag
from accounts.edit_values import NotSaved
from accounts.terms import DueState
from churn import deciding
from churn.amounts import other_amounts
from churn.api.money_parameters import CUT_BY, MORE_FILTERS, MRR_GRAIN, every_filter, periods_in
from churn.api.renewal_serializers import (
    AccuracySerializer,
    CaseSerializer,
    CheckInputSerializer,
    ForecastInputSerializer,
    OutcomeInputSerializer,
    RenewedSerializer,
)
from churn.as_of import read_basis
from churn.cases import NEEDS, listed, mismatched
from churn.decision_values import read_check, read_forecast, read_outcome
from churn.models import CaseCheck, RenewalCase
from churn.renewal_rates import forecast_against_actual, rates
from churn.spans import SPAN
from churn.types import ForecastCategory, Stage
from csm_portal.web import today
from health.api.money import CURRENCY, Told, told_in

STATE = choice("state", tuple(DueState))
RENEWAL_STAGE = choice("renewal_stage", tuple(Stage))
CATEGORY = choice("category", tuple(ForecastCategory))
MISSING = choice("needs", NEEDS)
MISMATCH = Parameter(
    "mismatch", gettext_lazy("1: only where people and contracts say different things."), read_flag, default=False, shape=FLAG
)


def case_context() -> dict[str, Any]:
    """What a row of a case needs to know beside itself."""
    return {"today": today(), "basis": read_basis()}


@extend_schema_view(get=extend_schema(summary="Renewals that fall due", operation_id="renewals_list", responses=CaseSerializer(many=True)))
class Renewals(ListView):
    """Dues whose term ends in [from, to), all without them, by decision day: stage, forecast, outcome, steps, and what is missing."""

    serializer_class = CaseSerializer
    parameters = (parameters.FROM, parameters.TO, STATE, RENEWAL_STAGE, CATEGORY, MISSING, MISMATCH, *parameters.FILTERS, *MORE_FILTERS)
    order = ("decision_on", "pk")

    def get_serializer_context(self) -> dict[str, Any]:
        """With today and the as-of day."""
        if not hasattr(self, "known"):
            self.known = case_context()
        return {**super().get_serializer_context(), **self.known}

    def rows(self) -> QuerySet[Any]:
        """Cases of the accounts that the user sees."""
        asked: dict[str, Any] = self.asked
        user: Any = self.request.user
        rows = listed(
            user,
            today(),
            first=asked["from"],
            after=asked["to"],
            filters=every_filter(asked),
            states=asked["state"] or None,
            stages=asked["renewal_stage"] or None,
            categories=asked["category"] or None,
            needs=asked["needs"] or None,
        )
        return mismatched(rows, other_amounts(user)) if asked["mismatch"] else rows

    def file_name(self) -> str:
        """Name of the file."""
        return "renewals"


@extend_schema_view(get=extend_schema(summary="Renewal rates", operation_id="renewals_rates_list", responses=RenewedSerializer(many=True)))
class RenewalRates(ListView):
    """By count, gross and net amount, per month or quarter that begins in [from, to), or of the span itself, by any cut."""

    serializer_class = RenewedSerializer
    pagination_class = FigurePages
    parameters = (MRR_GRAIN, parameters.FROM, parameters.TO, CUT_BY, parameters.DETAIL, CURRENCY, *parameters.FILTERS, *MORE_FILTERS)
    told: Told | None = None

    def check_parameters(self) -> None:
        """The currency needs a rate."""
        self.told = told_in(self.asked)

    def get_serializer_context(self) -> dict[str, Any]:
        """With the currency that amounts are told in."""
        return {**super().get_serializer_context(), "told": self.told}

    def rows(self) -> Sequence[Any]:
        """One row per period and group."""
        user: Any = self.request.user
        asked = self.asked
        basis = read_basis()
        if basis is None:
            return []
        first, after = periods_in(asked, basis)
        return rates(user, asked["grain"], first, after, asked["by"], every_filter(asked), detail=asked["detail"], basis=basis)

    def shown(self, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """Rows as they are answered: ids only where they were asked for."""
        found = super().shown(rows)
        if not self.asked["detail"]:
            for row in found:
                row.pop("ids", None)
        return found

    def columns(self) -> list[str]:
        """Header of the CSV file."""
        return [name for name in super().columns() if name != "ids" or self.asked["detail"]]

    def file_name(self) -> str:
        """Name of the file."""
        return "renewal-rates"


@extend_schema_view(
    get=extend_schema(
        summary="Forecasts against what happened", operation_id="renewals_forecasts_list", responses=AccuracySerializer(many=True)
    )
)
class ForecastAccuracy(ListView):
    """Of the dues that ended in [from, to) and are decided: what was forecast by the decision day, and what became of it, by any cut."""

    serializer_class = AccuracySerializer
    pagination_class = FigurePages
    parameters = (parameters.FROM, parameters.TO, CUT_BY, CURRENCY, *parameters.FILTERS, *MORE_FILTERS)
    told: Told | None = None

    def check_parameters(self) -> None:
        """The currency needs a rate."""
        self.told = told_in(self.asked)

    def get_serializer_context(self) -> dict[str, Any]:
        """With the currency that amounts are told in."""
        return {**super().get_serializer_context(), "told": self.told}

    def rows(self) -> Sequence[Any]:
        """One row per group; by default of the last twelve months."""
        user: Any = self.request.user
        basis = read_basis()
        if basis is None:
            return []
        first, after = periods_in({**self.asked, "grain": SPAN}, basis)
        return forecast_against_actual(user, first, after, self.asked["by"], every_filter(self.asked), basis=basis)

    def file_name(self) -> str:
        """Name of the file."""
        return "renewal-forecasts"


class OfOneCase(PortalView):
    """Something entered about one renewal; the answer is the renewal as it is then. Not yours and not there give the same answer: 404."""

    serializer_class = CaseSerializer
    case: RenewalCase

    def check_access(self) -> None:
        """Find the case among those the user may see."""
        found = RenewalCase.objects.visible_to(self.request.user).filter(pk=self.kwargs["case"]).first()
        if found is None:
            raise NotFound
        self.case = found

    def enter(self, given: Mapping[str, Any]) -> bool:
        """Save it; whether it is new. Raises NotSaved."""
        raise NotImplementedError

    def post(self, request: Any, *_args: Any, **_kwargs: Any) -> HttpResponseBase:
        """Save what the body says."""
        if not isinstance(request.data, Mapping):
            raise ValidationError({"non_field_errors": [ErrorDetail(_("Send an object with the fields by name."), "invalid")]})
        try:
            new = self.enter(request.data)
        except NotSaved as refused:
            faults = {name or "non_field_errors": [ErrorDetail(text, "invalid")] for name, text in refused.problems.items()}
            raise ValidationError(faults) from refused
        except RenewalCase.DoesNotExist:
            # Given away, or due no more, since it was found.
            raise NotFound from None
        row = listed(request.user, today()).get(pk=self.case.pk)
        shown = CaseSerializer(row, context=case_context()).data
        return Response(shown, status.HTTP_201_CREATED if new else status.HTTP_200_OK)


def _documented(summary: str, body: type, name: str) -> Any:
    case = OpenApiParameter("case", int, OpenApiParameter.PATH, description="`id` of the renewal in `renewals/`.")
    answers = {201: CaseSerializer, 200: OpenApiResponse(CaseSerializer, "It was so already.")}
    return extend_schema_view(post=extend_schema(summary=summary, operation_id=name, request=body, responses=answers, parameters=[case]))


@_documented("Enter a forecast", ForecastInputSerializer, "renewals_forecast")
class EnterForecast(OfOneCase):
    """Amount, probability, category, reason and expansion of an open renewal; the latest counts."""

    def enter(self, given: Mapping[str, Any]) -> bool:
        """Keep the forecast."""
        user: Any = self.request.user
        at = timezone.now()
        return deciding.enter_forecast(user, self.case, read_forecast(given), at).entered_at == at


@_documented("Enter an outcome", OutcomeInputSerializer, "renewals_outcome")
class EnterOutcome(OfOneCase):
    """Renewed or lost, as a person knows it: it wins over the contracts, and takes the place of what was entered before."""

    def enter(self, given: Mapping[str, Any]) -> bool:
        """Keep the outcome."""
        user: Any = self.request.user
        at = timezone.now()
        return deciding.enter_outcome(user, self.case, read_outcome(given, today()), at).entered_at == at


@_documented("Tick a step", CheckInputSerializer, "renewals_checks")
class TickStep(OfOneCase):
    """That the pack is opened or usage is shared with the customer."""

    def enter(self, given: Mapping[str, Any]) -> bool:
        """Tick or untick the step."""
        user: Any = self.request.user
        at = timezone.now()
        kind, done = read_check(given)
        if done:
            return deciding.tick(user, self.case, kind, at).checked_at == at
        found = CaseCheck.objects.visible_to(user).filter(
            account=self.case.account_id, product=self.case.product, ends_on=self.case.ends_on, kind=kind, withdrawn_at__isnull=True
        )
        ticked = found.first()
        if ticked is not None and deciding.untick(user, ticked.pk, at) is None:
            raise NotSaved({"done": _("Only who ticked it takes this back, within a day, or a manager; a pack that opened stays open.")})
        return False
