"""Addresses of the parts of an account's page. They are query parameters, for any path may be an account's id."""

from __future__ import annotations

from urllib.parse import urlencode

from csm_portal.portal.addresses import account_address


def part_address(external_id: str, part: str, **query: str | int) -> str:
    """The page with that part open; asked for by htmx, the part alone."""
    page = account_address(external_id)
    return f"{page}{'&' if '?' in page else '?'}{urlencode({'part': part, **query})}"
