"""What people enter over REST: the columns of a file to write, who entered them to read."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from accounts.edit_values import MAX_WORD, NotSaved
from accounts.models import Account, User


def entered_by() -> Any:
    """The field that says who entered a row."""
    return serializers.CharField(source="entered_by.email", default=None, allow_null=True, read_only=True, help_text="null: a file.")


class EnteredSerializer(serializers.Serializer[Any]):
    """Rows of a file that may be entered too. A name that is no field would be lost without a word, so it is refused."""

    external_id = serializers.CharField(
        max_length=MAX_WORD, required=False, allow_blank=True, help_text="Your own id: the same again changes the row, never adds one."
    )
    account_external_id = serializers.CharField(source="account.external_id", help_text="An account that you see.")

    def get_fields(self) -> dict[str, Any]:
        """With `source`, which as an attribute would be another thing of serializers."""
        told = "`portal` for what people enter, else where its file comes from."
        return {**super().get_fields(), "source": serializers.CharField(source="source.name", read_only=True, help_text=told)}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Known fields alone."""
        unknown = set(self.initial_data) - {name for name, field in self.fields.items() if not field.read_only}
        if unknown:
            raise ValidationError(
                {name: [ErrorDetail(_("There is no field of this name to be set."), "unknown_field")] for name in unknown}
            )
        return attrs


def account_told(user: User, told: dict[str, Any]) -> Account:
    """The account that the row names. Raises ValidationError where the user sees none of that id."""
    named = told["account"]["external_id"]
    rows = Account.objects.visible_to(user).select_related("owner__team", "team")
    account: Account | None = rows.filter(external_id=named).first() if "\0" not in named else None
    if account is None:
        raise ValidationError({"account_external_id": [ErrorDetail(_("You see no account of this id."), "does_not_exist")]})
    return account


def as_faults(refused: NotSaved) -> ValidationError:
    """What a service refused, by field."""
    return ValidationError(
        {name or "non_field_errors": [ErrorDetail(text, "invalid")] for name, text in refused.problems.items()}
    )  # fmt: skip
