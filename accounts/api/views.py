"""What hangs on an account, as it was loaded."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view

from accounts.api import parameters
from accounts.api.base import ListView, OfAccount
from accounts.api.serializers import ContractSerializer, EventSerializer, SeatSerializer, TicketSerializer
from accounts.models import Contract, Event, Seat, Ticket


class RowsOfAccount(ListView, OfAccount):
    """A list below one account."""

    span_field = ""

    def in_span(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Rows whose day lies in [from, to)."""
        if self.asked.get("from"):
            rows = rows.filter(**{f"{self.span_field}__gte": self.asked["from"]})
        if self.asked.get("to"):
            rows = rows.filter(**{f"{self.span_field}__lt": self.asked["to"]})
        return rows


@extend_schema_view(get=extend_schema(summary="Seats of an account", responses=SeatSerializer(many=True)))
class Seats(RowsOfAccount):
    """Seats by external id, bots too."""

    serializer_class = SeatSerializer
    order = ("external_id",)

    def rows(self) -> QuerySet[Any]:
        """Every seat ever loaded."""
        return Seat.objects.visible_to(self.request.user).filter(account=self.account).select_related("unit")


@extend_schema_view(get=extend_schema(summary="Contracts of an account", responses=ContractSerializer(many=True)))
class Contracts(RowsOfAccount):
    """Contracts, the first signed first."""

    serializer_class = ContractSerializer
    order = ("starts_on", "pk")

    def rows(self) -> QuerySet[Any]:
        """Every term, past ones too."""
        return Contract.objects.visible_to(self.request.user).filter(account=self.account)


@extend_schema_view(get=extend_schema(summary="Events of an account", responses=EventSerializer(many=True)))
class Events(RowsOfAccount):
    """Events with a local day in [from, to), the latest first."""

    serializer_class = EventSerializer
    parameters = (parameters.FROM, parameters.TO)
    order = ("-day", "-occurred_at", "-id")
    span_field = "day"

    def rows(self) -> QuerySet[Any]:
        """Events of the span."""
        rows = Event.objects.visible_to(self.request.user).filter(account_id=self.account.pk)
        return self.in_span(rows).select_related("source", "action", "seat")


@extend_schema_view(get=extend_schema(summary="Tickets of an account", responses=TicketSerializer(many=True)))
class Tickets(RowsOfAccount):
    """Tickets opened (UTC) in [from, to), the latest first."""

    serializer_class = TicketSerializer
    parameters = (parameters.FROM, parameters.TO)
    order = ("-opened_at", "-pk")
    span_field = "opened_at__date"

    def rows(self) -> QuerySet[Any]:
        """Tickets of the span."""
        return self.in_span(Ticket.objects.visible_to(self.request.user).filter(account=self.account))
