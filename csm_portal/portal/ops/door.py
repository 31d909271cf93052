"""Who may read the metrics: a monitor with the installation's token, or a signed-in admin."""

from __future__ import annotations

import hmac

from django.http import HttpRequest

from accounts.types import Role


def carries_token(request: HttpRequest, token: str) -> bool:
    """Whether the request carries the installation's token. Where none is set nothing does.

    No address is trusted instead: behind a proxy every request comes from this machine.
    """
    scheme, _space, given = request.headers.get("Authorization", "").partition(" ")
    return bool(token) and scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), token.encode())


def is_admin(request: HttpRequest) -> bool:
    """Whether an admin is signed in."""
    user = request.user
    return user.is_authenticated and user.is_active and user.role == Role.ADMIN
