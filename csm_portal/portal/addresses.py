"""Addresses of pages whose path holds a foreign id."""

import functools
from urllib.parse import quote, urlencode

from django.urls import get_script_prefix, reverse

# A browser folds these away when they stand as a path segment, so such an id goes into the query.
FOLDED = {".", ".."}


def account_address(external_id: str) -> str:
    """Page of an account. Any printable character may stand in the id, slashes too."""
    book = _book(get_script_prefix())
    if FOLDED & set(external_id.split("/")) or external_id.startswith("/"):
        return f"{book}?{urlencode({'external_id': external_id})}"
    return f"{book}{quote(external_id, safe='/')}/"


@functools.lru_cache(maxsize=8)
def _book(_prefix: str) -> str:
    """Where the accounts stand below the installation's prefix; a list names hundreds of them, so it is looked up once."""
    return reverse("portal:accounts")
