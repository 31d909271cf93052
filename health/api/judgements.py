"""Ratings and overrides: what people and files judged, and ways to enter both."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.exceptions import ErrorDetail, NotFound, ValidationError
from rest_framework.response import Response

from accounts.api import parameters
from accounts.api.base import ListView, PortalView
from accounts.api.parameters import Parameter, choice
from accounts.edit_values import MAX_WORD, NotSaved
from accounts.models import Account
from csm_portal.web import today
from health.fresh_states import refresh_touched
from health.judging import overrides, ratings
from health.models import Override, Rating

ACCOUNT = Parameter("account_external_id", gettext_lazy("Only rows of this account; repeat for several."), many=True)
QUESTION = Parameter("question", gettext_lazy("Only answers to this question; repeat for several."), many=True)
CURRENT = Parameter(
    "current", gettext_lazy("1: only overrides in force today; 0: all."), parameters.read_flag, default=False, shape=parameters.FLAG
)
LATEST = Parameter(
    "latest", gettext_lazy("1: only the latest answer to each question of each account; 0: all."), parameters.read_flag, default=False
)
LARGEST_KEY = 2**63
MAX_TEXT = 5_000


class EnteredSerializer(serializers.Serializer[Any]):
    """What can be entered; a name that is no field would be lost without a word, so it is refused."""

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Names every field that is not known or cannot be set."""
        unknown = set(self.initial_data) - {name for name, field in self.fields.items() if not field.read_only}
        if unknown:
            raise ValidationError(
                {name: [ErrorDetail(_("There is no field of this name to be set."), "unknown_field")] for name in unknown}
            )
        return attrs


class RatingSerializer(EnteredSerializer):
    """One answer to one question. The fields of the file `ratings`."""

    account_external_id = serializers.CharField(source="account.external_id", help_text="An account that you see.")
    question = serializers.CharField(max_length=MAX_WORD, help_text="Key of a question in force.")
    score = serializers.IntegerField(min_value=1, max_value=5)
    rated_on = serializers.DateField(required=False, help_text="The day the answer is of, today at the latest; today by default.")
    rated_by_email = serializers.EmailField(source="rated_by.email", required=False, help_text="You, which is also the default.")
    reason = serializers.CharField(
        max_length=MAX_TEXT, default="", allow_blank=True, help_text="Needed where the score differs from the answer before."
    )
    recorded_at = serializers.DateTimeField(read_only=True)


class OverrideSerializer(EnteredSerializer):
    """A band set by hand, `[starts_on, ends_on)`."""

    id = serializers.IntegerField(source="pk", read_only=True, help_text="For `overrides/{override}/end/`.")
    account_external_id = serializers.CharField(source="account.external_id", help_text="An account that you see.")
    band = serializers.ChoiceField([str(band) for band in overrides.BANDS])
    starts_on = serializers.DateField(required=False, help_text="Today or later; today by default.")
    ends_on = serializers.DateField(help_text="The first day on which score and caps count again.")
    reason = serializers.CharField(max_length=MAX_TEXT, help_text="What the score does not know.")
    author = serializers.CharField(source="author.email", read_only=True)
    recorded_at = serializers.DateTimeField(read_only=True)


@extend_schema_view(
    get=extend_schema(summary="Ratings", operation_id="ratings_list", responses=RatingSerializer(many=True)),
    post=extend_schema(
        summary="Answer a question about an account",
        operation_id="ratings_create",
        request=RatingSerializer,
        responses={
            201: RatingSerializer,
            200: OpenApiResponse(RatingSerializer, "You had answered this question that day; the answer took its place."),
        },
    ),
)
class Ratings(ListView):
    """Answers given on a day in [from, to), the latest first."""

    serializer_class = RatingSerializer
    parameters = (parameters.FROM, parameters.TO, ACCOUNT, QUESTION, LATEST)
    order = ("-rated_on", "-pk")
    joined = ("account", "rated_by")

    def rows(self) -> QuerySet[Any]:
        """Answers about the accounts that the user sees."""
        asked = self.asked
        rows = Rating.objects.visible_to(self.request.user)
        if asked["from"]:
            rows = rows.filter(rated_on__gte=asked["from"])
        if asked["to"]:
            rows = rows.filter(rated_on__lt=asked["to"])
        if asked["question"]:
            rows = rows.filter(question__in=asked["question"])
        if asked["account_external_id"]:
            rows = rows.filter(account__external_id__in=asked["account_external_id"])
        if asked["latest"]:
            first = rows.order_by("account_id", "question", "-rated_on", "-recorded_at", "-id").distinct("account_id", "question")
            rows = Rating.objects.filter(pk__in=first.values("pk"))
        return rows

    def post(self, request: Any, *_args: Any, **_kwargs: Any) -> HttpResponseBase:
        """Keep one answer of yours: 201 where it is new, 200 where it takes the place of your answer of that day."""
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        told = serializer.validated_data
        account, user, now = _account(request.user, told), request.user, today()
        day = told.get("rated_on", now)
        faults: dict[str, str] = {}
        if day > now:
            faults["rated_on"] = _("An answer cannot be of a day to come; right would be %(day)s or earlier.") % {"day": now}
        if told.get("rated_by", {}).get("email", user.email).lower() != user.email:
            faults["rated_by_email"] = _("An answer is yours alone; those of others come in the file `ratings`.")
        if faults:
            raise _refused(faults)
        answer = ratings.Answer(told["question"], told["score"], " ".join(told["reason"].split()))
        mine = Rating.objects.filter(account=account, question=answer.question, rated_on=day, rated_by=user)
        there = mine.exists()
        try:
            ratings.rate(user, Account.objects.filter(pk=account.pk), [answer], timezone.now(), day)
        except NotSaved as refused:
            # Of one answer everything that is wrong is either the question or what was said about it.
            named = {
                "question" if not name else "reason" if 1 <= answer.score <= ratings.SCORES.stop else "score": text
                for name, text in refused.problems.items()
            }
            raise _refused(named) from refused
        refresh_touched([account.pk], now)
        row = mine.select_related("account", "rated_by").get()
        return Response(self.get_serializer(row).data, status.HTTP_200_OK if there else status.HTTP_201_CREATED)


@extend_schema_view(
    get=extend_schema(summary="Bands set by hand", operation_id="overrides_list", responses=OverrideSerializer(many=True)),
    post=extend_schema(
        summary="Set the band of an account by hand",
        operation_id="overrides_create",
        request=OverrideSerializer,
        responses={201: OverrideSerializer},
    ),
)
class Overrides(ListView):
    """Overrides that run on a day in [from, to), the latest entered first; what was taken back is left out."""

    serializer_class = OverrideSerializer
    parameters = (parameters.FROM, parameters.TO, choice("band", tuple(str(band) for band in overrides.BANDS)), ACCOUNT, CURRENT)
    order = ("-recorded_at", "-pk")
    joined = ("account", "author")

    def rows(self) -> QuerySet[Any]:
        """Overrides of the accounts that the user sees."""
        asked, day = self.asked, today()
        rows = Override.objects.visible_to(self.request.user).filter(withdrawn_at__isnull=True)
        if asked["from"]:
            rows = rows.filter(ends_on__gt=asked["from"])
        if asked["to"]:
            rows = rows.filter(starts_on__lt=asked["to"])
        if asked["current"]:
            rows = rows.filter(starts_on__lte=day, ends_on__gt=day)
        if asked["band"]:
            rows = rows.filter(band__in=asked["band"])
        if asked["account_external_id"]:
            rows = rows.filter(account__external_id__in=asked["account_external_id"])
        return rows

    def post(self, request: Any, *_args: Any, **_kwargs: Any) -> HttpResponseBase:
        """Set the band of one account."""
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        told = serializer.validated_data
        account = _account(request.user, told)
        wish = overrides.Wish(told["band"], told["ends_on"], told["reason"], told.get("starts_on"))
        try:
            made = overrides.enter(request.user, account, wish, timezone.now(), today())
        except NotSaved as refused:
            raise _refused({name or "account_external_id": text for name, text in refused.problems.items()}) from refused
        return Response(self.get_serializer(made).data, status.HTTP_201_CREATED)


class EndOverride(PortalView):
    """Ends an override today; one that has not held a day yet is taken back."""

    serializer_class = OverrideSerializer

    @extend_schema(
        summary="End an override",
        operation_id="overrides_end",
        parameters=[OpenApiParameter("override", int, OpenApiParameter.PATH, description="`id` of the override in `overrides/`.")],
        request=None,
        responses=OverrideSerializer,
    )
    def post(self, request: Any, *_args: Any, **kwargs: Any) -> HttpResponseBase:
        """The override as it is now."""
        pk = int(kwargs["override"])
        row = overrides.end_early(request.user, pk, timezone.now(), today()) if pk < LARGEST_KEY else None
        if row is None:
            raise NotFound
        return Response(self.get_serializer(row).data)


def _account(user: Any, told: dict[str, Any]) -> Account:
    external_id = told["account"]["external_id"]
    found: Account | None = Account.objects.visible_to(user).filter(external_id=external_id).first() if "\0" not in external_id else None
    if found is None:
        raise ValidationError({"account_external_id": [ErrorDetail(_("You see no account of this id."), "does_not_exist")]})
    return found


def _refused(problems: dict[str, str]) -> ValidationError:
    return ValidationError({name: [ErrorDetail(text, "invalid")] for name, text in problems.items()})
