"""Money: signed terms, invoices, exchange rates."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from accounts.models.accounts import Account
from accounts.models.sources import Loaded
from accounts.policy import DEFAULT_PRODUCT
from accounts.querysets import AccountBoundQuerySet, PublicQuerySet, TermQuerySet


class Contract(Loaded):
    """One signed term, `[starts_on, ends_on)`. A renewal is a new row."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="contracts")
    product = models.TextField(default=DEFAULT_PRODUCT)
    plan = models.TextField(blank=True)
    features: Any = ArrayField(models.TextField(), default=list, blank=True)
    seats = models.PositiveIntegerField(null=True, blank=True, help_text="Purchased seats; empty: unknown.")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True, help_text="First day no longer covered; empty: open-ended.")
    currency = models.TextField(help_text="ISO 4217.")
    mrr = models.DecimalField(
        max_digits=18,
        decimal_places=2,
        help_text="Per month, given or derived from `amount` (whole months plus days / days of that month).",
    )
    amount = models.DecimalField(max_digits=18, decimal_places=2, null=True, blank=True, help_text="Whole term, as given.")
    auto_renew = models.BooleanField(default=False)
    notice_days = models.PositiveIntegerField(default=0)
    payment_method_expires_on = models.DateField(null=True, blank=True)

    objects = TermQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="contract_once"),
            models.CheckConstraint(condition=Q(ends_on__isnull=True) | Q(ends_on__gt=F("starts_on")), name="contract_ends_after_start"),
            models.CheckConstraint(condition=Q(mrr__gte=0), name="contract_mrr_not_negative"),
            models.CheckConstraint(condition=Q(amount__isnull=True) | Q(ends_on__isnull=False), name="contract_amount_needs_end"),
            models.CheckConstraint(condition=Q(currency__regex=r"^[A-Z]{3}$"), name="contract_currency_iso"),
            models.CheckConstraint(condition=~Q(product=""), name="contract_has_product"),
        ]
        indexes = [models.Index(fields=["account", "starts_on"], name="contract_by_account")]  # terms of an account in order


class Invoice(Loaded):
    """One bill and how it was paid."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="invoices")
    issued_on = models.DateField()
    due_on = models.DateField(null=True, blank=True)
    paid_on = models.DateField(null=True, blank=True)
    amount = models.DecimalField(max_digits=18, decimal_places=2)
    currency = models.TextField()
    status = models.TextField(default="open")
    failed_attempts = models.PositiveIntegerField(default=0)

    objects = AccountBoundQuerySet["Invoice"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="invoice_once"),
            models.CheckConstraint(condition=Q(status__in=["open", "paid", "failed", "void", "disputed"]), name="invoice_status_known"),
            models.CheckConstraint(condition=Q(currency__regex=r"^[A-Z]{3}$"), name="invoice_currency_iso"),
            models.CheckConstraint(condition=Q(due_on__isnull=True) | Q(due_on__gte=F("issued_on")), name="invoice_due_after_issue"),
        ]


class ExchangeRate(models.Model):
    """Value of one unit of `currency` in the reporting currency, from `day` on until the next row."""

    currency = models.TextField()
    day = models.DateField()
    rate = models.DecimalField(max_digits=20, decimal_places=10)

    objects = PublicQuerySet["ExchangeRate"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["currency", "day"], name="exchange_rate_once"),
            models.CheckConstraint(condition=Q(rate__gt=0), name="exchange_rate_positive"),
            models.CheckConstraint(condition=Q(currency__regex=r"^[A-Z]{3}$"), name="exchange_rate_currency_iso"),
        ]
