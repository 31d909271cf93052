"""Addresses of pages whose path holds a foreign id."""

from urllib.parse import quote, urlencode

from django.urls import reverse

# A browser folds these away when they stand as a path segment, so such an id goes into the query.
FOLDED = {".", ".."}


def account_address(external_id: str) -> str:
    """Page of an account. Any printable character may stand in the id, slashes too."""
    book = reverse("portal:accounts")
    if FOLDED & set(external_id.split("/")) or external_id.startswith("/"):
        return f"{book}?{urlencode({'external_id': external_id})}"
    return f"{book}{quote(external_id, safe='/')}/"
