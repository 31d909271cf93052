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
# A night freezes so many at most, the latest to come within reach first; the others follow in the next ones, as long as they are not this
# much nearer: the figures of a talk long under way are not those it began with.
MOST_A_NIGHT = 60
CAUGHT_UP = timedelta(days=30)
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
    """Open renewals whose pack the night of `as_of` is to freeze, by account.

    Their decision is 60 to 90 days away on the day after, and none of their packs was frozen by itself. What the night froze already
    counts towards its most, so that a second time nothing is left to do.
    """
    last = as_of + ONE_DAY + timedelta(days=PACK_OPENS)
    by_itself = RenewalPack.objects.filter(author__isnull=True)
    left = max(0, MOST_A_NIGHT - by_itself.filter(as_of=as_of).count())
    kept = by_itself.filter(account=OuterRef("account"), product=OuterRef("product"), ends_on=OuterRef("ends_on"))
    rows = RenewalCase.objects.filter(~Exists(kept), state="open", decision_on__gte=last - CAUGHT_UP, decision_on__lte=last)
    found = rows.select_related("account__owner").order_by("-decision_on", "account_id", "product", "ends_on")[:left]
    return sorted(found, key=lambda case: (case.account_id, case.product, case.ends_on))


def keep(case: RenewalCase, language: str, body: dict[str, Any], as_of: date) -> bool:
    """Keep the pack of a case that opens by itself, at the first instant of the day on which people see its figures; False: it was kept."""
    at = datetime.combine(as_of + ONE_DAY, time(), tzinfo=ZoneInfo(settings.TIME_ZONE))
    due = {"account_id": case.account_id, "product": case.product, "ends_on": case.ends_on, "author": None}
    told = {"language": language, "as_of": as_of, "body": body, "frozen_at": at}
    return RenewalPack.objects.get_or_create(**due, defaults=told)[1]
