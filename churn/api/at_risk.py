"""The Monday list over REST: its accounts with the results of calls, and the Mondays with what then happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.http import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.response import Response

from accounts.api.base import ListView
from accounts.api.pages import FigurePages
from accounts.api.parameters import DAY, Parameter, read_day
from accounts.edit_values import NotSaved
from accounts.touch import MAX_NOTE
from churn.as_of import read_basis
from churn.models import AtRisk, MondayReport
from churn.monday.campaign import CallResult, enter
from churn.monday.listing import LEFT, OPEN, RENEWED, TO_CALL, Entry, Monday, Wanted, entries, mondays
from csm_portal.lib.estimates import share
from csm_portal.web import today

NOT_CALLED = "to_call"
MONDAY = Parameter(
    "monday", gettext_lazy("a day YYYY-MM-DD: the latest list made for it or before it; without it the latest"), read_day, shape=DAY
)
OWNER = Parameter("owner", gettext_lazy("Only accounts that this e-mail owned on that Monday."))
RESULTS = (NOT_CALLED, *CallResult)
RESULT = Parameter("result", gettext_lazy("One of %(names)s.") % {"names": ", ".join(RESULTS)}, choices=RESULTS)


class ConditionSerializer(serializers.Serializer[Any]):
    """A sign that the account met, with its figure of that night."""

    feature = serializers.CharField()
    operator = serializers.CharField()
    value = serializers.JSONField(help_text="The border: a number, or a word.")
    figure = serializers.JSONField(help_text="The account's own; null: unknown.")
    met = serializers.BooleanField(allow_null=True)


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry with its Monday, the key of the rule that speaks for it, and the version of `[renewals]` in force."""

    entry: Entry
    monday: date
    rule_key: str
    version: int | None

    @property
    def facts(self) -> Sequence[Mapping[str, Any]]:
        """Its signs, each with the account's figure; empty where the score alone names it."""
        told: Sequence[Mapping[str, Any]] = self.entry.evidence.get("facts") or ()
        return told


class AtRiskSerializer(serializers.Serializer[Any]):
    """An account of a Monday's list."""

    monday = serializers.DateField()
    account_external_id = serializers.CharField(source="entry.external_id")
    account = serializers.CharField(source="entry.name")
    owner = serializers.CharField(source="entry.owner_email", help_text="E-mail of the owner on that Monday; empty: nobody.")
    mrr = serializers.DecimalField(18, 2, source="entry.amount", allow_null=True, help_text="In `currency`; null: a rate is missing.")
    currency = serializers.SerializerMethodField(help_text="The reporting currency.")
    chance = serializers.SerializerMethodField(help_text="Chance of loss, 0 … 1: `lost` / `matched`. Their sum is the count expected.")
    matched = serializers.IntegerField(source="entry.proof.n", help_text="Hold-out renewals that the chance rests on.")
    lost = serializers.IntegerField(source="entry.proof.lost", help_text="Of them lost.")
    low = serializers.SerializerMethodField(help_text="95% Wilson interval of the rate; the range of a count is wider, see `mondays/`.")
    high = serializers.SerializerMethodField(help_text="Its upper end.")
    rule = serializers.CharField(source="rule_key", help_text="Key of the combination that speaks for it; empty: the worst scores.")
    conditions = ConditionSerializer(source="facts", many=True)
    due_on = serializers.DateField(source="entry.due_on", allow_null=True)
    decision_on = serializers.DateField(source="entry.decision_on", allow_null=True)
    result = serializers.CharField(source="entry.result", help_text="`reached`, `not_reached`, `not_needed`; empty: not called.")
    note = serializers.CharField(source="entry.note")
    called_by = serializers.CharField(source="entry.called_by_email")
    called_at = serializers.DateTimeField(source="entry.called_at", allow_null=True)
    outcome = serializers.ChoiceField((LEFT, RENEWED, OPEN), source="entry.outcome", help_text="As of the latest night.")
    as_of = serializers.DateField(source="entry.as_of", help_text="The figures that the list was made with.")
    version = serializers.IntegerField(allow_null=True, help_text="Version of `[renewals]` in force.")

    def get_currency(self, _row: Listed) -> str:
        """The reporting currency."""
        return str(settings.REPORTING_CURRENCY)

    def get_chance(self, row: Listed) -> float:
        """Rounded as every share."""
        return round(row.entry.chance, 6)

    def get_low(self, row: Listed) -> float | None:
        """Low end of the rate."""
        return _rounded(share(row.entry.proof.lost, row.entry.proof.n).low)

    def get_high(self, row: Listed) -> float | None:
        """High end of the rate."""
        return _rounded(share(row.entry.proof.lost, row.entry.proof.n).high)


class CallInputSerializer(serializers.Serializer[Any]):
    """What came of calling an account of the latest list."""

    account_external_id = serializers.CharField(help_text="An account of the latest list that you see.")
    result = serializers.ChoiceField([one.value for one in CallResult])
    note = serializers.CharField(max_length=MAX_NOTE, default="", allow_blank=True, trim_whitespace=False)


class MondaySerializer(serializers.Serializer[Any]):
    """A Monday's list as a whole: how many were expected to leave, and what then happened. Counts are of the accounts that you see."""

    monday = serializers.DateField()
    ground = serializers.ChoiceField(("rules", "score", "none"), help_text="What names the accounts; none: there is no list, see `why`.")
    why = serializers.SerializerMethodField(help_text="Where there is no list: `few` or `no_difference`; else empty.")
    accounts = serializers.IntegerField()
    expected = serializers.SerializerMethodField(help_text="How many are expected to leave unless somebody acts.")
    low = serializers.IntegerField(source="expected.low", help_text="95% range of that count.")
    high = serializers.IntegerField(source="expected.high")
    left = serializers.IntegerField()
    renewed = serializers.IntegerField()
    open = serializers.IntegerField()
    inside = serializers.BooleanField(source="holds", allow_null=True, help_text="Whether `left` lies in the range; null: still open.")
    as_of = serializers.DateField()
    version = serializers.SerializerMethodField(help_text="Version of `[renewals]` in force.")

    def get_why(self, row: Monday) -> str:
        """The reason as a word."""
        return str(row.body.get("why", ""))

    def get_expected(self, row: Monday) -> float:
        """The count expected."""
        return round(row.expected.count, 6)

    def get_version(self, _row: Monday) -> int | None:
        """Of the latest night."""
        version: int | None = self.context["version"]
        return version


@extend_schema_view(
    get=extend_schema(summary="The Monday list", operation_id="churn_at_risk_list", responses=AtRiskSerializer(many=True)),
    post=extend_schema(
        summary="Enter what came of a call",
        operation_id="churn_at_risk_call",
        request=CallInputSerializer,
        responses={201: AtRiskSerializer},
    ),
)
class AtRiskList(ListView):
    """Accounts at risk of one Monday, by the money that is expected to go."""

    serializer_class = AtRiskSerializer
    pagination_class = FigurePages
    parameters = (MONDAY, OWNER, RESULT)

    def rows(self) -> Sequence[Listed]:
        """Entries of the accounts that the user sees."""
        asked = self.asked
        result = TO_CALL if asked["result"] == NOT_CALLED else asked["result"]
        return self._listed(asked["monday"], Wanted(asked["owner"], result))

    def _listed(self, monday: date | None, wanted: Wanted) -> list[Listed]:
        user: Any = self.request.user
        basis = read_basis()
        chosen = next(iter(mondays(user, basis, monday)), None) if basis else None
        if basis is None or chosen is None:
            return []
        keys = {one["rule"]: one["key"] for one in chosen.body.get("rules", ())}
        found, _n = entries(user, basis, chosen.monday, wanted)
        return [Listed(one, chosen.monday, keys.get(one.rule_id, ""), basis.version) for one in found]

    def post(self, request: Any, *_args: Any, **_kwargs: Any) -> HttpResponseBase:
        """Keep one result; the answer is the account as it stands then."""
        given = CallInputSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        told = given.validated_data
        latest = MondayReport.objects.order_by("-monday").values("monday")[:1]
        listed = AtRisk.objects.visible_to(request.user).filter(report=latest, account__external_id=told["account_external_id"])
        entry = listed.select_related("account").first()
        if entry is None:
            fault = ErrorDetail(_("No account of this id that you see is on the latest list."), "does_not_exist")
            raise ValidationError({"account_external_id": [fault]})
        try:
            enter(request.user, entry, told["result"], told["note"], timezone.now(), today=today(), home=settings.TIME_ZONE)
        except NotSaved as refused:
            raise ValidationError({name: [ErrorDetail(text, "invalid")] for name, text in refused.problems.items()}) from refused
        rows = [one for one in self._listed(entry.report_id, Wanted()) if one.entry.pk == entry.pk]
        return Response(self.shown(rows)[0], status.HTTP_201_CREATED)


@extend_schema_view(
    get=extend_schema(summary="Mondays and what then happened", operation_id="churn_at_risk_mondays", responses=MondaySerializer(many=True))
)
class Mondays(ListView):
    """The latest Mondays up to `monday`, the latest first: the count expected, its range, and what became of the accounts."""

    serializer_class = MondaySerializer
    pagination_class = FigurePages
    parameters = (MONDAY,)
    version: int | None = None

    def get_serializer_context(self) -> dict[str, Any]:
        """With the version in force."""
        return {**super().get_serializer_context(), "version": self.version}

    def rows(self) -> Sequence[Any]:
        """One row per Monday that has a list, or the reason why it has none."""
        user: Any = self.request.user
        basis = read_basis()
        if basis is None:
            return []
        self.version = basis.version
        return mondays(user, basis, self.asked["monday"])


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
