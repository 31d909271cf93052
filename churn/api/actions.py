"""The day's list over REST: what is to be done and why, and what people do about it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.exceptions import ErrorDetail, NotFound, ValidationError
from rest_framework.response import Response

from accounts.api import parameters
from accounts.api.base import ListView
from accounts.api.parameters import Parameter, choice
from accounts.edit_values import MAX_SENTENCE, NotSaved
from churn.acting import items
from churn.acting.triggers import TRIGGERS
from churn.models import ActionItem, ItemStep
from churn.types import ItemState
from csm_portal.web import today

STATES = tuple(ItemState)
DONE, SNOOZE, DISMISS, ASSIGN, UNDO = "done", "snooze", "dismiss", "assign", "undo"
KINDS = {DONE: items.DONE, SNOOZE: items.SNOOZED, DISMISS: items.DISMISSED}
ACCOUNT = Parameter("account_external_id", gettext_lazy("Only items of this account; repeat for several."), many=True)
OWNER = Parameter("owner", gettext_lazy("Only items of the colleague with this e-mail: given to them, else of their accounts."), many=True)


class StepSerializer(serializers.Serializer[Any]):
    """What a person did about an item."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(("done", "snoozed", "dismissed", "reopened", "assigned"))
    reason = serializers.CharField()
    until = serializers.DateField(allow_null=True)
    author = serializers.CharField(source="author.email")
    taken_at = serializers.DateTimeField()


class ItemSerializer(serializers.Serializer[Any]):
    """One reason to act at one account. `facts` are the evidence, `because` the parts of the weight: docs/methods/actions.md."""

    id = serializers.IntegerField()
    account_external_id = serializers.CharField(source="account.external_id")
    account_name = serializers.CharField(source="account.name")
    rule = serializers.CharField(help_text="Key of the rule.")
    group = serializers.SerializerMethodField(help_text="What it is about; null: a rule that is no more.")
    growth = serializers.SerializerMethodField(help_text="A turn for the better: nothing is at risk.")
    next_step = serializers.SerializerMethodField(help_text="Key of the one thing to do.")
    state = serializers.ChoiceField(STATES)
    owner = serializers.SerializerMethodField(help_text="E-mail: whom it was given to, else the account's owner; null: nobody.")
    opened_on = serializers.DateField(help_text="As-of day on which it came up.")
    as_of = serializers.DateField(source="true_on", help_text="Last as-of day on which it held.")
    snoozed_until = serializers.DateField(allow_null=True)
    weight = serializers.DecimalField(20, 4, allow_null=True, help_text="Reporting currency; null: the amount is unknown.")
    facts = serializers.DictField()
    because = serializers.DictField()
    first_acted_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)

    def get_group(self, item: ActionItem) -> str | None:
        """Of its rule."""
        known = TRIGGERS.get(item.rule)
        return known.group.value if known else None

    def get_growth(self, item: ActionItem) -> bool:
        """Of its rule."""
        known = TRIGGERS.get(item.rule)
        return bool(known and known.good)

    def get_next_step(self, item: ActionItem) -> str | None:
        """Of its rule."""
        known = TRIGGERS.get(item.rule)
        return known.next_step if known else None

    def get_owner(self, item: ActionItem) -> str | None:
        """Whose it is."""
        person = item.owner or item.account.owner
        return person.email if person else None


class TakenSerializer(ItemSerializer):
    """The item as it is then, with the step taken."""

    step = serializers.SerializerMethodField(help_text="The step; null after an undo.")

    def get_step(self, _item: ActionItem) -> dict[str, Any] | None:
        """The step of this request."""
        step: ItemStep | None = self.context["step"]
        return dict(StepSerializer(step).data) if step else None


class DoSerializer(serializers.Serializer[Any]):
    """What is done about an item."""

    item = serializers.IntegerField(min_value=1, max_value=2**63 - 1, help_text="`id` of the item.")
    do = serializers.ChoiceField((DONE, SNOOZE, DISMISS, ASSIGN, UNDO), help_text="`undo` takes back your own latest step of the last day.")
    reason = serializers.CharField(max_length=MAX_SENTENCE, default="", allow_blank=True, help_text="Why; needed to snooze and to dismiss.")
    until = serializers.DateField(default=None, allow_null=True, help_text="Snooze: first day on which it shows again.")
    owner = serializers.CharField(default="", allow_blank=True, help_text="Assign: e-mail; empty: back to the account's owner.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A name that is no field would be lost without a word, so it is refused."""
        unknown = set(self.initial_data) - set(self.fields)
        if unknown:
            told = _("There is no field of this name to be set.")
            raise ValidationError({name: [ErrorDetail(told, "unknown_field")] for name in unknown})
        return attrs


@extend_schema_view(
    get=extend_schema(summary="Items of the day's list", operation_id="actions_list", responses=ItemSerializer(many=True)),
    post=extend_schema(
        summary="Do something about an item", operation_id="actions_create", request=DoSerializer, responses={200: TakenSerializer}
    ),
)
class Actions(ListView):
    """Items that came up in [from, to), by weight; without `state` the open ones. What is held back to compare with is left out."""

    serializer_class = ItemSerializer
    parameters = (parameters.FROM, parameters.TO, choice("state", STATES), choice("rule", tuple(TRIGGERS)), OWNER, ACCOUNT)
    order = ("-weight", "-pk")
    joined = ("account", "account__owner", "owner")

    def rows(self) -> QuerySet[Any]:
        """Items of the accounts that the user sees; one that was snoozed until today or earlier is open."""
        asked = self.asked
        mine: QuerySet[Any] = ActionItem.objects.visible_to(self.request.user).filter(held_back=False)
        rows = in_states(mine, asked["state"] or [ItemState.OPEN.value], today())
        if asked["from"]:
            rows = rows.filter(opened_on__gte=asked["from"])
        if asked["to"]:
            rows = rows.filter(opened_on__lt=asked["to"])
        if asked["rule"]:
            rows = rows.filter(rule__in=asked["rule"])
        if asked["account_external_id"]:
            rows = rows.filter(account__external_id__in=asked["account_external_id"])
        if asked["owner"]:
            rows = rows.annotate(whose=Coalesce("owner__email", "account__owner__email")).filter(whose__in=asked["owner"])
        return rows

    def post(self, request: Any, *_args: Any, **_kwargs: Any) -> HttpResponseBase:
        """Take one step; the item as it is then."""
        if not isinstance(request.data, Mapping):
            raise ValidationError({"non_field_errors": [ErrorDetail(_("Send an object with the fields by name."), "invalid")]})
        serializer = DoSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        told = serializer.validated_data
        try:
            step = self.take(told)
        except NotSaved as refused:
            faults = {name or "non_field_errors": [ErrorDetail(text, "invalid")] for name, text in refused.problems.items()}
            raise ValidationError(faults) from refused
        except ActionItem.DoesNotExist:
            raise NotFound from None
        item = ActionItem.objects.select_related(*self.joined).get(pk=told["item"])
        return Response(TakenSerializer(item, context={"step": step}).data, status.HTTP_200_OK)

    def take(self, told: Mapping[str, Any]) -> ItemStep | None:
        """The step that the body asks for; None after an undo. Raises NotSaved and ActionItem.DoesNotExist."""
        user: Any = self.request.user
        now = timezone.now()
        if told["do"] == ASSIGN:
            return items.assign(user, told["item"], told["owner"], now)
        if told["do"] != UNDO:
            return items.close(user, told["item"], items.Told(KINDS[told["do"]], told["reason"], told["until"]), now, today())
        if not ActionItem.objects.visible_to(user).filter(pk=told["item"], held_back=False).exists():
            raise ActionItem.DoesNotExist
        latest = ItemStep.objects.filter(item=told["item"], undone_at__isnull=True).order_by("-taken_at", "-pk").first()
        if latest is None or items.undo(user, latest.pk, now) is None:
            raise NotSaved({"item": _("There is nothing to undo: only who took the latest step takes it back, within a day.")})
        return None


def in_states(rows: QuerySet[Any], states: list[str], day: date) -> QuerySet[Any]:
    """Items in one of the states on the day: one that was put off until then is open again, whether a night has run or not."""
    wanted = Q(state__in=[state for state in states if state != ItemState.SNOOZED])
    if ItemState.OPEN in states:
        wanted |= Q(state=ItemState.SNOOZED, snoozed_until__lte=day)
    if ItemState.SNOOZED in states:
        wanted |= Q(state=ItemState.SNOOZED, snoozed_until__gt=day)
    return rows.filter(wanted)
