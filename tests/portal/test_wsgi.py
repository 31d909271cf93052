"""What the web process loads before its workers are forked."""

from django.conf import settings as configured
from django.urls import get_resolver
from pytest_django import Settings

from csm_portal.wsgi import load_pages


def test_every_template_is_compiled_before_the_first_page(settings: Settings) -> None:
    settings.DEBUG = False
    assert load_pages() > 50


def test_templates_that_are_reloaded_anyway_are_left_alone(settings: Settings) -> None:
    settings.DEBUG = True
    assert load_pages() == 0


def test_addresses_are_known_in_every_language() -> None:
    load_pages()
    assert {code for code, _name in configured.LANGUAGES} <= set(get_resolver()._reverse_dict)
