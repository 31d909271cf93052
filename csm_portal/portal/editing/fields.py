"""The fields that people change, as pages name and show them, and what their forms offer."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.db.models import F, Func, TextField
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.assigning import assignable_to
from accounts.edit_values import LENGTHS, MAX_TAG, MAX_TAGS, PEOPLE, Field, Refused, field_of
from accounts.models import Account
from accounts.types import Role
from csm_portal.portal.words import readable

if TYPE_CHECKING:
    from accounts.models import User
    from csm_portal.portal.editing.chosen import Chosen

# Pages call some fields by a shorter name than the table does.
SHORT = {"stage": Field.STAGE}
LABELS: dict[Field, Promise] = {
    Field.OWNER: gettext_lazy("Owner"),
    Field.CO_OWNER: gettext_lazy("Co-owner"),
    Field.TAGS: gettext_lazy("Tags"),
    Field.TIER: gettext_lazy("Tier"),
    Field.STAGE: gettext_lazy("Stage"),
    Field.NEXT_STEP: gettext_lazy("Next step"),
}
OFFERED = {Field.TAGS, Field.TIER, Field.STAGE}
MOST_OFFERS = 200


@dataclass(frozen=True)
class EditForm:
    """What `portal/_edit_*.html` place. `one` is the account where the form is about a single one; `n` how many it is about."""

    field: Field
    n: int
    chosen: Chosen
    one: Account | None
    value: str = ""
    mode: str = "set"
    problem: str = ""
    back: str = ""
    people: list[tuple[str, str]] = dataclasses.field(default_factory=list)
    nobody: bool = False
    offers: list[str] = dataclasses.field(default_factory=list)

    @property
    def name(self) -> str:
        """As addresses name the field."""
        return short(self.field)

    @property
    def label(self) -> str:
        """As pages name it."""
        return label(self.field)

    @property
    def kind(self) -> str:
        """`person`, `tags`, `text` or `long`."""
        if self.field in PEOPLE:
            return "person"
        return {Field.TAGS: "tags", Field.NEXT_STEP: "long"}.get(self.field, "text")

    @property
    def most(self) -> int:
        """Characters that fit."""
        return LENGTHS.get(self.field, (MAX_TAG + 2) * MAX_TAGS)


def known(name: str) -> Field:
    """The field by either of its names. Raises Refused."""
    return SHORT.get(name) or field_of(name)


def short(name: str) -> str:
    """The field as addresses name it."""
    return next((word for word, field in SHORT.items() if field == name), str(name))


def label(name: str) -> str:
    """A field's name on pages; empty for one that nobody changes here."""
    try:
        return str(LABELS[known(name)])
    except Refused:
        return ""


def form_address(name: str, external_id: str) -> str:
    """Where the form for one field of one account is."""
    return f"{reverse('portal:edit_form')}?{urlencode({'field': short(name), 'account': external_id})}"


def shown(account: Account, name: Field) -> str:
    """The value as cells show it; empty: none."""
    value = getattr(account, name)
    if name in PEOPLE:
        return value.get_full_name() if value else ""
    return readable(str(value)) if name in (Field.TIER, Field.STAGE) else _as_text(value)


def held(account: Account, name: Field) -> str:
    """The value as a form holds it: a person by e-mail."""
    value = getattr(account, name)
    return (value.email if value else "") if name in PEOPLE else _as_text(value)


def _as_text(value: str | list[str]) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)


def people_for(user: User) -> list[tuple[str, str]]:
    """E-mail and name of those who may be given accounts; two of one name are told apart by the address."""
    found = [(email, name or email) for email, name in assignable_to(user).values_list("email", "name")]
    names = [name for _email, name in found]
    return [(email, name if names.count(name) == 1 else f"{name} ({email})") for email, name in found]


def may_leave_empty(user: User, name: Field) -> bool:
    """Whether the person may leave the place empty."""
    return name is Field.CO_OWNER or user.role != Role.CSM


def offers_for(user: User, name: Field) -> list[str]:
    """Values that occur in the person's book, for completion."""
    if name not in OFFERED:
        return []
    value = Func(F("tags"), function="unnest", output_field=TextField()) if name is Field.TAGS else F(name.value)
    seen = Account.objects.visible_to(user).order_by().annotate(offer=value).values_list("offer", flat=True).distinct()
    return sorted((offer for offer in seen[:MOST_OFFERS] if offer), key=str.casefold)


def nobody_word() -> str:
    """What stands where no person is."""
    return _("nobody")
