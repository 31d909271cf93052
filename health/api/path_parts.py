"""Parts of addresses with a shape of their own, so that no end of an account's id is taken for them."""

from __future__ import annotations

from django.urls import register_converter

from health.caps import FACETS


class DayConverter:
    """A day YYYY-MM-DD; whether the calendar has it is the view's to say."""

    regex = r"\d{4}-\d{2}-\d{2}"

    def to_python(self, value: str) -> str:
        """The text as it stands."""
        return value

    def to_url(self, value: str) -> str:
        """The text as it stands."""
        return value


class FacetConverter(DayConverter):
    """Key of a facet of health."""

    regex = "|".join(FACETS)


register_converter(DayConverter, "day")
register_converter(FacetConverter, "facet")
