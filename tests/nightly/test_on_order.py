"""The worker's process of the bench: nights come in as days, and are done as jobs."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from csm_portal.nightly.management import on_order

pytestmark = pytest.mark.django_db


def test_a_night_that_fails_says_why(settings: Any) -> None:
    settings.PORTAL_AS_OF = date(2026, 2, 21)
    assert "activity definition" in on_order.done(date(2026, 2, 20))["error"]
