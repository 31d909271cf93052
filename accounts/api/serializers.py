"""Rows below an account as the API writes them: the columns of the files, and nothing that is not listed here."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.api.fields import MoneyField, NumberField


class SeatSerializer(serializers.Serializer[Any]):
    """A person's login."""

    external_id = serializers.CharField(help_text="Unique inside the account.")
    email = serializers.CharField()
    name = serializers.CharField()
    persona = serializers.CharField(help_text="basic, advanced, admin; empty: unknown.")
    kind = serializers.CharField(help_text="human or bot; bots count in nothing.")
    is_executive = serializers.BooleanField()
    unit = serializers.CharField(source="unit.name", default=None, allow_null=True, help_text="Outlet or department.")
    activated_on = serializers.DateField(allow_null=True)
    deactivated_on = serializers.DateField(allow_null=True, help_text="First day no longer counted.")
    first_event_on = serializers.DateField(allow_null=True, help_text="Local day of the first event: the activation where none was given.")


class ContractSerializer(serializers.Serializer[Any]):
    """A signed term."""

    external_id = serializers.CharField()
    product = serializers.CharField()
    plan = serializers.CharField()
    features = serializers.ListField(child=serializers.CharField())
    seats = serializers.IntegerField(allow_null=True, help_text="Purchased seats; null: unknown.")
    starts_on = serializers.DateField()
    ends_on = serializers.DateField(allow_null=True, help_text="First day no longer covered; null: open-ended.")
    currency = serializers.CharField()
    mrr = MoneyField(help_text="Per month, in `currency`.")
    amount = MoneyField(allow_null=True, help_text="Of the whole term, where given.")
    auto_renew = serializers.BooleanField()
    notice_days = serializers.IntegerField()
    payment_method_expires_on = serializers.DateField(allow_null=True)


class EventSerializer(serializers.Serializer[Any]):
    """One event on its local day."""

    message_id = serializers.CharField(help_text="Unique inside its source.")
    source_name = serializers.CharField(source="source.name", help_text="Source that the message id is unique in.")
    day = serializers.DateField(help_text="Local day of the account.")
    occurred_at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()
    action = serializers.CharField(source="action.name")
    seat_external_id = serializers.CharField(source="seat.external_id", default=None, allow_null=True)
    product = serializers.CharField()
    quantity = NumberField()
    value = serializers.DecimalField(max_digits=18, decimal_places=4, allow_null=True, normalize_output=True, help_text="Money, as text.")
    properties = serializers.JSONField(allow_null=True)


class TicketSerializer(serializers.Serializer[Any]):
    """One support case."""

    external_id = serializers.CharField()
    opened_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    first_response_at = serializers.DateTimeField(allow_null=True)
    priority = serializers.CharField()
    satisfaction = NumberField(allow_null=True)
    scale = NumberField()
    escalated = serializers.BooleanField()
    kind = serializers.CharField(help_text="how_to, bug, request, other; empty: unknown.")
    subject = serializers.CharField()
