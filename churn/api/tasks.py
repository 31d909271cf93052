"""Tasks over REST: what somebody is to do at an account by a day, and what becomes of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.exceptions import ErrorDetail, NotFound, ValidationError
from rest_framework.response import Response

from accounts.api import parameters
from accounts.api.base import ListView, PortalView
from accounts.api.parameters import Parameter, choice
from accounts.edit_values import NotSaved, Refused
from accounts.models import Account
from accounts.touch import MAX_NOTE
from churn.acting import tasks
from churn.models import ActionItem, Task
from csm_portal.web import today

OPEN, OVERDUE, DONE = "open", "overdue", "done"
FINISH, REOPEN, WITHDRAW, RESTORE, COMMENT = "done", "reopen", "withdraw", "restore", "comment"
MOST_KEY = 2**63 - 1
ACCOUNT = Parameter("account_external_id", gettext_lazy("Only tasks of this account; repeat for several."), many=True)
OWNER = Parameter("owner", gettext_lazy("Only tasks of the colleague with this e-mail: given to them, else of their accounts."), many=True)


class TaskSerializer(serializers.Serializer[Any]):
    """Something to be done at an account. Read-only fields say what became of it."""

    id = serializers.IntegerField(read_only=True)
    account_external_id = serializers.CharField(source="account.external_id", help_text="An account that you see.")
    title = serializers.CharField(max_length=tasks.MAX_TITLE)
    owner = serializers.CharField(
        source="owner.email", default="", allow_blank=True, help_text="E-mail of who does it; empty: whoever owns the account."
    )
    due_on = serializers.DateField(default=None, allow_null=True, help_text="null: some day.")
    item = serializers.IntegerField(
        source="item_id", default=None, allow_null=True, min_value=1, max_value=MOST_KEY, help_text="`id` of the item it came from."
    )
    play = serializers.CharField(
        source="play_run.play.name", default=None, allow_null=True, read_only=True, help_text="The play it is a step of; null: of none."
    )
    created_by = serializers.CharField(
        source="created_by.email", default=None, allow_null=True, read_only=True, help_text="null: a play began by itself."
    )
    created_at = serializers.DateTimeField(read_only=True)
    done_at = serializers.DateTimeField(read_only=True, allow_null=True)
    done_by = serializers.CharField(source="done_by.email", default=None, allow_null=True, read_only=True)
    withdrawn_at = serializers.DateTimeField(
        read_only=True, allow_null=True, help_text="Only right after it was withdrawn: lists leave those out."
    )


class StepSerializer(serializers.Serializer[Any]):
    """What is done about a task."""

    do = serializers.ChoiceField((FINISH, REOPEN, WITHDRAW, RESTORE, COMMENT), help_text="`restore` undoes a withdrawal of the last day.")
    text = serializers.CharField(max_length=MAX_NOTE, default="", allow_blank=True, help_text="The comment.")


@extend_schema_view(
    get=extend_schema(summary="Tasks", operation_id="tasks_list", responses=TaskSerializer(many=True)),
    post=extend_schema(summary="Make a task", operation_id="tasks_create", request=TaskSerializer, responses={201: TaskSerializer}),
)
class Tasks(ListView):
    """Tasks due in [from, to), the earliest first, those without a day last; without `state` the open ones."""

    serializer_class = TaskSerializer
    parameters = (parameters.FROM, parameters.TO, choice("state", (OPEN, OVERDUE, DONE)), OWNER, ACCOUNT)
    order = ("due_on", "pk")
    joined = ("account", "owner", "created_by", "done_by", "play_run__play")

    def rows(self) -> QuerySet[Any]:
        """Tasks at the accounts that the user sees."""
        asked = self.asked
        rows: QuerySet[Any] = Task.objects.visible_to(self.request.user).filter(withdrawn_at__isnull=True)
        rows = rows.filter(in_states(asked["state"] or [OPEN]))
        if asked["from"]:
            rows = rows.filter(due_on__gte=asked["from"])
        if asked["to"]:
            rows = rows.filter(due_on__lt=asked["to"])
        if asked["account_external_id"]:
            rows = rows.filter(account__external_id__in=asked["account_external_id"])
        if asked["owner"]:
            rows = rows.annotate(whose=Coalesce("owner__email", "account__owner__email")).filter(whose__in=asked["owner"])
        return rows

    def post(self, request: Any, *_args: Any, **_kwargs: Any) -> HttpResponseBase:
        """Make one; the same again within a minute is the same task."""
        told = _read(TaskSerializer(data=request.data), request.data)
        account = Account.objects.visible_to(request.user).filter(external_id=told["account"]["external_id"]).first()
        if account is None:
            raise ValidationError({"account_external_id": [ErrorDetail(_("You see no account of this id."), "does_not_exist")]})
        owner = told["owner"]["email"] if isinstance(told["owner"], dict) else told["owner"]
        wish = tasks.Wish(told["title"], owner, told["due_on"])
        try:
            made = tasks.create(request.user, account, wish, timezone.now(), today(), item=told["item_id"])
        except NotSaved as refused:
            raise ValidationError({name: [ErrorDetail(text, "invalid")] for name, text in refused.problems.items()}) from refused
        except ActionItem.DoesNotExist:
            raise ValidationError({"item": [ErrorDetail(_("This account has no item of this id."), "does_not_exist")]}) from None
        return Response(TaskSerializer(_full(made.pk)).data, status.HTTP_201_CREATED)


@extend_schema_view(
    post=extend_schema(
        summary="Do something about a task",
        operation_id="tasks_do",
        request=StepSerializer,
        responses={200: TaskSerializer},
        parameters=[OpenApiParameter("task", int, OpenApiParameter.PATH, description="`id` of the task.")],
    )
)
class OneTask(PortalView):
    """Done, open again, withdrawn, restored, talked about. Not yours and not there give the same answer: 404."""

    serializer_class = TaskSerializer

    def check_access(self) -> None:
        """Find the task among those of the accounts that the user sees."""
        if not Task.objects.visible_to(self.request.user).filter(pk=self.kwargs["task"]).exists():
            raise NotFound

    def post(self, request: Any, *_args: Any, **_kwargs: Any) -> HttpResponseBase:
        """Take one step; the task as it is then."""
        told = _read(StepSerializer(data=request.data), request.data)
        try:
            found = self.take(request.user, told["do"], told["text"])
        except Refused as refused:
            raise ValidationError({"text": [ErrorDetail(str(refused), "invalid")]}) from refused
        if found is None:
            raise NotFound
        return Response(TaskSerializer(_full(self.kwargs["task"])).data, status.HTTP_200_OK)

    def take(self, user: Any, do: str, text: str) -> object | None:
        """The step; None where the task is not there for it. Raises Refused."""
        pk, now = self.kwargs["task"], timezone.now()
        if do == COMMENT:
            return tasks.comment(user, pk, text, now)
        if do == FINISH:
            return tasks.done(user, pk, now)
        if do == REOPEN:
            return tasks.reopen(user, pk)
        return tasks.withdraw(user, pk, now) if do == WITHDRAW else tasks.restore(user, pk, now)


def in_states(states: list[str]) -> Q:
    """Tasks in one of the states on the portal's day; an overdue one is open too."""
    wanted = Q()
    if DONE in states:
        wanted |= Q(done_at__isnull=False)
    if OPEN in states:
        wanted |= Q(done_at__isnull=True)
    if OVERDUE in states:
        wanted |= Q(done_at__isnull=True, due_on__lt=today())
    return wanted


def _read(serializer: Any, body: Any) -> dict[str, Any]:
    """The body's values. A name that is no field would be lost without a word, so it is refused."""
    if not isinstance(body, Mapping):
        raise ValidationError({"non_field_errors": [ErrorDetail(_("Send an object with the fields by name."), "invalid")]})
    unknown = set(body) - {name for name, field in serializer.fields.items() if not field.read_only}
    if unknown:
        told = _("There is no field of this name to be set.")
        raise ValidationError({name: [ErrorDetail(told, "unknown_field")] for name in unknown})
    serializer.is_valid(raise_exception=True)
    found: dict[str, Any] = serializer.validated_data
    return found


def _full(pk: int) -> Task:
    task: Task = Task.objects.select_related(*Tasks.joined).get(pk=pk)
    return task
