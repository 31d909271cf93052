"""Probes for supervisors and load balancers: plain text, no sign-in, no redirect."""

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """200 while the process answers. Touches nothing else."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when the database answers, 503 otherwise; a line for each part.

    Redis away delays wake-ups and loses nothing, so it is named and does not take the portal out of service.
    """
    lines, status = [], 200
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        lines.append("database ok")
    except DatabaseError as error:
        lines.append(f"database failed: {type(error).__name__}")
        status = 503
    try:
        cache.get("readyz")
        lines.append("redis ok")
    except (RedisError, OSError) as error:
        lines.append(f"redis failed: {type(error).__name__}")
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain", status=status)
