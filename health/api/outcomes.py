"""Desired outcomes: what files brought and people entered, how far their proof is, and a way to enter them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet, prefetch_related_objects
from django.http import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.response import Response

from accounts.api.base import ListView
from accounts.api.entered import EnteredSerializer, account_told, as_faults, entered_by
from accounts.api.parameters import Parameter, choice
from accounts.edit_values import MAX_SENTENCE, MAX_WORD, NotSaved
from csm_portal.web import today
from health.models import Outcome, OutcomeProof, OutcomeVersion
from health.value.outcomes import Moment, put
from health.value.outcomes_values import STATUSES, OutcomeValues

ACCOUNT = Parameter("account_external_id", gettext_lazy("Only outcomes of this account; repeat for several."), many=True)
STANDS = ("wanted", "withdrawn", "all")
STATE = Parameter("state", gettext_lazy("wanted (default): still wanted · withdrawn · all"), choices=STANDS, default="wanted")


class ProofSerializer(serializers.ModelSerializer[OutcomeProof]):
    """What the last night measured."""

    reached = serializers.DecimalField(24, 6, allow_null=True, help_text="So far; null: unknown.")
    needed = serializers.DecimalField(24, 6, allow_null=True, help_text="The target as a figure; null: it is none.")
    proven_on = serializers.DateField(allow_null=True, help_text="First day on which the target was reached; null: not yet.")
    problem = serializers.CharField(help_text="Why it cannot be measured: no_proof, no_number, unknown_action, unknown_metric; else empty.")

    class Meta:
        model = OutcomeProof
        fields = ("as_of", "reached", "needed", "proven_on", "problem")


class VersionSerializer(serializers.ModelSerializer[OutcomeVersion]):
    """The outcome as it stood from a day on."""

    since = serializers.SerializerMethodField(help_text="Day it was entered for, else the local day on which it was recorded.")

    class Meta:
        model = OutcomeVersion
        fields = ("since", "statement", "stage", "action", "metric", "target", "due_on", "status", "achieved_on", "withdrawn_on")

    def get_since(self, version: OutcomeVersion) -> str:
        """In the account's zone where nobody has named the day."""
        zone = version.outcome.account.timezone or settings.TIME_ZONE
        return (version.since or version.recorded_at.astimezone(ZoneInfo(zone)).date()).isoformat()


class OutcomeSerializer(EnteredSerializer):
    """What a customer wants to reach. The fields of the file `outcomes`; read-only ones say how far it is and how it moved."""

    statement = serializers.CharField(max_length=MAX_SENTENCE, help_text="What they want, in one sentence.")
    stage = serializers.CharField(max_length=MAX_WORD, default="", allow_blank=True, help_text="Stage of the account it belongs to.")
    action = serializers.CharField(max_length=MAX_WORD, default="", allow_blank=True, help_text="Action that proves it, or a metric does.")
    metric = serializers.CharField(
        max_length=MAX_WORD, default="", allow_blank=True, help_text="Metric that proves it: see the methods page."
    )
    target = serializers.CharField(max_length=MAX_WORD, default="", allow_blank=True, help_text="Such as 120, 80000 value, 95 %.")
    due_on = serializers.DateField(default=None, allow_null=True)
    status = serializers.ChoiceField(STATUSES, default=STATUSES[0], help_text="As people or the file say.")
    achieved_on = serializers.DateField(default=None, allow_null=True, help_text="With status achieved; null then: today.")
    withdrawn = serializers.BooleanField(default=False, write_only=True, help_text="true: they want it no more, from today on.")
    withdrawn_on = serializers.DateField(read_only=True, allow_null=True, help_text="From this day on they want it no more; null: they do.")
    reads = serializers.SerializerMethodField(help_text="The status with its proof: achieved where that is reached and nobody says missed.")
    proof = ProofSerializer(read_only=True, default=None, allow_null=True, help_text="null: not measured yet.")
    versions = VersionSerializer(many=True, read_only=True)
    entered_by = entered_by()
    recorded_at = serializers.DateTimeField(read_only=True)

    def get_reads(self, outcome: Outcome) -> str:
        """What the outcome facet takes it for today."""
        proof: OutcomeProof | None = getattr(outcome, "proof", None)
        return "achieved" if proof and proof.proven_on and outcome.status != "missed" else outcome.status


@extend_schema_view(
    get=extend_schema(summary="Desired outcomes", operation_id="desired_outcomes_list", responses=OutcomeSerializer(many=True)),
    post=extend_schema(
        summary="Enter a desired outcome",
        operation_id="desired_outcomes_create",
        request=OutcomeSerializer,
        responses={201: OutcomeSerializer, 200: OpenApiResponse(OutcomeSerializer, "The outcome of this external_id was there.")},
    ),
)
class DesiredOutcomes(ListView):
    """What the accounts that you see want, the latest entered first; what never stood is left out."""

    serializer_class = OutcomeSerializer
    parameters = (ACCOUNT, choice("status", STATUSES), STATE)
    order = ("-pk",)
    joined = ("account", "source", "entered_by", "proof")

    def rows(self) -> QuerySet[Any]:
        """Outcomes asked for; `status` is the one that they read as."""
        asked = self.asked
        rows = stood().filter(pk__in=Outcome.objects.visible_to(self.request.user).values("pk"))
        if asked["state"] != "all":
            rows = rows.filter(withdrawn_on__isnull=asked["state"] == "wanted")
        if asked["status"]:
            proven = Q(proof__proven_on__isnull=False) & ~Q(status="missed")
            said = Q(status__in=asked["status"])
            rows = rows.filter(said | proven if "achieved" in asked["status"] else said & ~proven)
        if asked["account_external_id"]:
            rows = rows.filter(account__external_id__in=asked["account_external_id"])
        return rows

    def shown(self, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """Rows with their versions, those in one query for all."""
        prefetch_related_objects(rows, Prefetch("versions", OutcomeVersion.objects.order_by("pk")))
        return super().shown(rows)

    def post(self, request: Any, *_args: Any, **_kwargs: Any) -> HttpResponseBase:
        """Keep one outcome: 201 where it is new, 200 where its `external_id` was there already; a change is a version from today."""
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        told = serializer.validated_data
        account = account_told(request.user, told)
        values = OutcomeValues(**{field.name: told[field.name] for field in fields(OutcomeValues)})
        act = Moment(request.user, timezone.now(), today())
        try:
            saved = put(act, account, values, external_id=told.get("external_id", ""), withdrawn=told["withdrawn"])
        except NotSaved as refused:
            raise as_faults(refused) from refused
        (row,) = self.shown([stood().get(pk=saved.outcome.pk)])
        return Response(row, status.HTTP_201_CREATED if saved.new else status.HTTP_200_OK)


def stood() -> QuerySet[Any]:
    """Outcomes that stood at some time: what was taken back on its first day did not."""
    said = OutcomeVersion.objects.filter(outcome=OuterRef("pk"), withdrawn_on__isnull=True)
    before = Exists(said.filter(Q(since__isnull=True) | Q(since__lt=OuterRef("withdrawn_on"))))
    rows: QuerySet[Any] = Outcome.objects.select_related(*DesiredOutcomes.joined)
    return rows.filter(Q(withdrawn_on__isnull=True) | before)
