"""Renewal packs: what was prepared for a renewal or a review, frozen as it stood. docs/methods/qbr.md."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet, Value
from django.db.models.functions import Coalesce, JSONObject, NullIf

from accounts.edits import UNDO_FOR
from accounts.models import Account
from churn.cases import PACK_OPENS
from churn.models import RenewalCase, RenewalPack

if TYPE_CHECKING:
    from accounts.models import User

ONE_DAY = timedelta(days=1)
# How late a night may be and still freeze what it opens: a book loaded today would otherwise fill with packs of talks long under way.
CAUGHT_UP = timedelta(days=7)
# A frozen pack as lists tell it; `author` empty: by itself.
PACK_ROW = JSONObject(
    pk="pk", as_of="as_of", frozen_at="frozen_at", author=Coalesce(NullIf("author__name", Value("")), "author__email", Value(""))
)


def frozen_packs(user: User) -> QuerySet[RenewalPack]:
    """Packs that were frozen and not taken back, of the accounts the user sees; the latest first."""
    rows: QuerySet[RenewalPack] = RenewalPack.objects.visible_to(user)
    return rows.filter(withdrawn_at__isnull=True).order_by("-frozen_at", "-pk")


@transaction.atomic
def freeze(user: User, account: Account, language: str, body: dict[str, Any], *, as_of: date, at: datetime) -> RenewalPack:
    """Freeze what is prepared for an account that the user sees; the very pack that the same person froze last is the same pack.

    Raises Account.DoesNotExist for what is not theirs.
    """
    Account.objects.visible_to(user).select_for_update(no_key=True, of=("self",)).get(
        pk=account.pk
    )  # two hands don't freeze one pack twice
    latest = RenewalPack.objects.filter(account=account, withdrawn_at__isnull=True).order_by("-frozen_at", "-pk").first()
    if latest and (latest.author_id, latest.language, latest.body) == (user.pk, language, body):
        return latest
    case = RenewalCase.objects.filter(account=account, state="open").order_by("decision_on", "product").first()
    due = {"product": case.product, "ends_on": case.ends_on} if case else {}
    return RenewalPack.objects.create(account=account, **due, language=language, as_of=as_of, body=body, author=user, frozen_at=at)


@transaction.atomic
def take_back(user: User, pk: int, at: datetime) -> RenewalPack | None:
    """Take back the user's own pack of the last day; None: there is no such pack."""
    own = RenewalPack.objects.select_for_update(of=("self",)).select_related("account")
    pack = own.filter(pk=pk, author=user, withdrawn_at__isnull=True, frozen_at__gt=at - UNDO_FOR).first()
    if pack is None or not user.is_active:
        return None
    pack.withdrawn_at = at
    pack.save(update_fields=["withdrawn_at"])
    return pack


def to_freeze(as_of: date) -> list[RenewalCase]:
    """Open renewals whose decision is 83 to 90 days away on the day after `as_of`, none of whose packs was frozen by itself; by account."""
    last = as_of + ONE_DAY + timedelta(days=PACK_OPENS)
    kept = RenewalPack.objects.filter(account=OuterRef("account"), product=OuterRef("product"), ends_on=OuterRef("ends_on"))
    rows = RenewalCase.objects.filter(state="open", decision_on__gt=last - CAUGHT_UP - ONE_DAY, decision_on__lte=last)
    rows = rows.filter(~Exists(kept.filter(author__isnull=True))).select_related("account__owner")
    return list(rows.order_by("account_id", "product", "ends_on"))


def keep(case: RenewalCase, language: str, body: dict[str, Any], as_of: date) -> bool:
    """Keep the pack of a case that opens by itself, at the first instant of the day on which people see its figures; False: it was kept."""
    at = datetime.combine(as_of + ONE_DAY, time(), tzinfo=ZoneInfo(settings.TIME_ZONE))
    due = {"account_id": case.account_id, "product": case.product, "ends_on": case.ends_on, "author": None}
    told = {"language": language, "as_of": as_of, "body": body, "frozen_at": at}
    return RenewalPack.objects.get_or_create(**due, defaults=told)[1]
