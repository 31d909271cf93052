"""QBRs and other reviews: what files brought and people entered, and a way to enter them."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.response import Response

from accounts.api import parameters
from accounts.api.base import ListView
from accounts.api.entered import EnteredSerializer, account_told, as_faults, entered_by
from accounts.api.parameters import Parameter, choice
from accounts.edit_values import NotSaved
from accounts.touch import MAX_NOTE
from csm_portal.web import today
from health.judging.reviews import KINDS, Told, put
from health.models import FeedbackCare, Review

STATES = ("planned", "held")
ACCOUNT = Parameter("account_external_id", gettext_lazy("Only reviews of this account; repeat for several."), many=True)
STATE = Parameter("state", gettext_lazy("planned: not held yet · held"), choices=STATES)


def words(told: str) -> Any:
    """A text of several lines, empty where nothing was said."""
    return serializers.CharField(max_length=MAX_NOTE, default="", allow_blank=True, trim_whitespace=False, help_text=told)


class ReviewSerializer(EnteredSerializer):
    """One review. The fields of the file `reviews`; read-only ones say what became of its feedback, and where it comes from."""

    kind = serializers.ChoiceField(KINDS, help_text="What it is: a QBR, an executive review (ebr), one of the onboarding, another.")
    planned_on = serializers.DateField(default=None, allow_null=True, help_text="Day it is or was planned for.")
    held_on = serializers.DateField(default=None, allow_null=True, help_text="Day it was held on; null: not held yet.")
    executive_attended = serializers.BooleanField(default=False, help_text="An executive of the customer was there.")
    landed = words("What landed.")
    fell_flat = words("What fell flat.")
    feedback = words("What the customer said for product.")
    next_on = serializers.DateField(default=None, allow_null=True, help_text="Day agreed on for the next one.")
    themes = serializers.SerializerMethodField(help_text="What the feedback is about.")
    feedback_owner = serializers.CharField(
        source="care.owner.email", default=None, allow_null=True, read_only=True, help_text="Who answers it; null: nobody yet."
    )
    answer = serializers.SerializerMethodField(help_text="What was answered; empty: nothing yet.")
    answered_on = serializers.DateField(
        source="care.answered_on", default=None, allow_null=True, read_only=True, help_text="Day of the answer; null: not answered yet."
    )
    entered_by = entered_by()
    recorded_at = serializers.DateTimeField(read_only=True, help_text="When its present values became known.")

    def get_themes(self, review: Review) -> list[str]:
        """None where nobody has named any."""
        care: FeedbackCare | None = getattr(review, "care", None)
        return care.themes if care else []

    def get_answer(self, review: Review) -> str:
        """The answer so far."""
        care: FeedbackCare | None = getattr(review, "care", None)
        return care.answer if care else ""


@extend_schema_view(
    get=extend_schema(summary="Reviews planned and held", operation_id="reviews_list", responses=ReviewSerializer(many=True)),
    post=extend_schema(
        summary="Enter a review",
        operation_id="reviews_create",
        request=ReviewSerializer,
        responses={201: ReviewSerializer, 200: OpenApiResponse(ReviewSerializer, "The review of this external_id was there.")},
    ),
)
class Reviews(ListView):
    """Reviews of the accounts you see, the latest entered first; [from, to) is about the day held, or the day planned for."""

    serializer_class = ReviewSerializer
    parameters = (parameters.FROM, parameters.TO, choice("kind", KINDS), STATE, ACCOUNT)
    order = ("-pk",)
    joined = ("account", "source", "entered_by", "care", "care__owner")

    def rows(self) -> QuerySet[Any]:
        """Reviews asked for."""
        asked = self.asked
        # Planned ones go by the day planned for, held ones by the day they were held on.
        rows = Review.objects.visible_to(self.request.user).annotate(on=Coalesce("held_on", "planned_on"))
        if asked["from"]:
            rows = rows.filter(on__gte=asked["from"])
        if asked["to"]:
            rows = rows.filter(on__lt=asked["to"])
        if asked["kind"]:
            rows = rows.filter(kind__in=asked["kind"])
        if asked["state"]:
            rows = rows.filter(held_on__isnull=asked["state"] == "planned")
        if asked["account_external_id"]:
            rows = rows.filter(account__external_id__in=asked["account_external_id"])
        return rows

    def post(self, request: Any, *_args: Any, **_kwargs: Any) -> HttpResponseBase:
        """Keep one review: 201 where it is new, 200 where its `external_id` was there already."""
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        told = serializer.validated_data
        account = account_told(request.user, told)
        review = Told(**{field.name: told[field.name] for field in fields(Told)})
        try:
            kept, new = put(request.user, account, review, timezone.now(), today(), external_id=told.get("external_id", ""))
        except NotSaved as refused:
            raise as_faults(refused) from refused
        shown = Review.objects.select_related(*self.joined).get(pk=kept.pk)
        return Response(self.get_serializer(shown).data, status.HTTP_201_CREATED if new else status.HTTP_200_OK)
