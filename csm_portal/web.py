"""What every page shares: the typed request, who may come in, page or fragment, pages of a list."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import uuid
import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar, cast

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.db import connection
from django.db.models import IntegerField, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponseBase, QueryDict
from django.utils import timezone, translation
from redis.exceptions import RedisError

from csm_portal.lib.clock import local_today

if TYPE_CHECKING:
    from django_htmx.middleware import HtmxDetails

    from accounts.models import User

P = ParamSpec("P")
T = TypeVar("T")
PAGE_SIZE = 50


class Request(HttpRequest):
    """A request of a signed-in person, with what htmx said about it."""

    user: User
    htmx: HtmxDetails


View = Callable[Concatenate[Request, P], HttpResponseBase]
PlainView = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def signed_in(view: View[P]) -> PlainView[P]:
    """Lets signed-in people in, others to the sign-in page; their own language and time zone are in force inside."""

    @functools.wraps(view)
    def inside(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        known = cast("Request", request)  # login_required has seen to the user
        language = known.user.language
        if language in dict(settings.LANGUAGES):
            translation.activate(language)
            request.LANGUAGE_CODE = language
        with timezone.override(zone(known.user.timezone)):
            answer = view(known, *args, **kwargs)
        if request.method == "POST":
            _note_change(known.user)
        return answer

    return cast("PlainView[P]", login_required(inside))


def for_roles(*roles: str) -> Callable[[View[P]], PlainView[P]]:
    """Like `signed_in`, for these roles only; to the others the page does not exist (404)."""

    def decorate(view: View[P]) -> PlainView[P]:
        @functools.wraps(view)
        def guarded(request: Request, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if request.user.role not in roles:
                raise Http404
            return view(request, *args, **kwargs)

        return signed_in(cast("View[P]", guarded))

    return decorate


def zone(name: str) -> zoneinfo.ZoneInfo:
    """The named time zone; the installation's where the name is empty or unknown."""
    try:
        return zoneinfo.ZoneInfo(name or settings.TIME_ZONE)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return zoneinfo.ZoneInfo(settings.TIME_ZONE)


def today() -> date:
    """The portal's day: PORTAL_AS_OF where it is set, else the clock's day in the installation's time zone."""
    return local_today(timezone.now(), zone=settings.TIME_ZONE, pinned=settings.PORTAL_AS_OF)


def remembered(name: str, compute: Callable[[], T], *, seconds: int = 60) -> T:
    """A value that is dear to compute and may be a minute old; computed anew where the cache has none or is away.

    `name` says all that the value depends on: the viewer, the published run, the language.
    """
    key = cache_key(name)
    try:
        found: T | None = cache.get(key)
    except (RedisError, OSError):
        return compute()
    if found is None:
        found = compute()
        with contextlib.suppress(RedisError, OSError):
            cache.set(key, found, seconds)
    return found


def remembered_of(user: User, name: str, compute: Callable[[], T]) -> T:
    """Like `remembered`, for what one reader sees: it may be a minute old, but is never older than the reader's own last change."""
    try:
        changed = cache.get(_change_key(user), "")
    except (RedisError, OSError):
        return compute()
    return remembered(f"{name}:{reader(user)}:{changed}", compute)


def _note_change(user: User) -> None:
    with contextlib.suppress(RedisError, OSError):
        # Kept longer than anything that is named by it.
        cache.set(_change_key(user), uuid.uuid4().hex, 3600)


def _change_key(user: User) -> str:
    return cache_key(f"changed:{user.pk}")


def cache_key(name: str) -> str:
    """The key under which `remembered` keeps a value: whoever changes what it says deletes it."""
    # A name may hold what somebody typed; a key may not.
    return f"{connection.settings_dict['NAME']}:{hashlib.blake2b(name.encode(), digest_size=16).hexdigest()}"


def reader(user: User) -> str:
    """The reader as a part of `remembered`'s names: all of them that decides what they see, also whom they cover for."""
    return ":".join(map(str, (user.pk, user.role, user.team_id, user.manages_id, *getattr(user, "covered_ids", ()))))


def without_empty(query: QueryDict) -> QueryDict:
    """The query without its empty parts, so that links and addresses made of it stay short."""
    kept = query.copy()
    for name in [name for name, value in query.items() if not value]:
        del kept[name]
    return kept


def wants_fragment(request: Request) -> bool:
    """Whether htmx asks for a part of the page. A restored history entry (`HX-Request-Type: full`) gets the whole."""
    return bool(request.htmx) and not request.htmx.boosted and request.headers.get("HX-Request-Type") != "full"


class CountOf(Subquery):
    """Number of rows of a query, as a scalar inside another one: evaluated once, so a list needs no second query."""

    template = "(SELECT count(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


@dataclass(frozen=True)
class Page:
    """Where a list stands. Counts are rows; `number` starts at 1."""

    number: int
    total: int
    size: int = PAGE_SIZE

    @property
    def n_pages(self) -> int:
        """At least one, also for an empty list."""
        return max(1, -(-self.total // self.size))

    @property
    def first(self) -> int:
        """Number of the first row shown, 0 for an empty list."""
        return min(self.total, (self.number - 1) * self.size + 1)

    @property
    def last(self) -> int:
        """Number of the last row shown."""
        return min(self.total, self.number * self.size)

    @property
    def previous(self) -> int:
        """Number of the page before."""
        return self.number - 1

    @property
    def next(self) -> int:
        """Number of the page after."""
        return self.number + 1

    @property
    def near(self) -> list[int | None]:
        """Page numbers to offer: first, last and two around this one; None stands for a gap."""
        wanted = sorted({1, self.n_pages, *range(max(1, self.number - 2), min(self.n_pages, self.number + 2) + 1)})
        numbers: list[int | None] = []
        for number in wanted:
            if numbers and numbers[-1] is not None and number - numbers[-1] > 1:
                numbers.append(None)
            numbers.append(number)
        return numbers


def paginate(rows: QuerySet[Any], asked: str | None, size: int = PAGE_SIZE) -> tuple[list[Any], Page]:
    """One page of ordered rows and where it stands, in one query (two where the page asked for lies behind the end).

    The total rides on each row as `n_total`, from a subquery that ignores the order and reads only keys.
    """
    number = int(asked) if asked and asked.isascii() and asked.isdigit() and 0 < int(asked) < 1_000_000 else 1
    counted = CountOf(rows.order_by().values("pk"))
    # The inner query orders bare keys; only the rows of the page are then read in full.
    keys = rows.values("pk")[(number - 1) * size : number * size]
    found = list(rows.filter(pk__in=keys).annotate(n_total=counted))
    if found:
        return found, Page(number, found[0].n_total, size)
    if number == 1:
        return [], Page(1, 0, size)
    total = rows.count()
    last = Page(1, total, size).n_pages
    return list(rows[(last - 1) * size : last * size]), Page(last, total, size)
