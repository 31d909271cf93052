"""Tags of cells that can be changed in place."""

from urllib.parse import urlencode

from django import template
from django.urls import reverse

from csm_portal.portal.editing.fields import form_address, label
from csm_portal.portal.judging.correcting import address

register = template.Library()


@register.filter
def edit_label(field: str) -> str:
    """What pages call the field."""
    return label(field)


@register.simple_tag
def edit_address(field: str, external_id: str) -> str:
    """Where the form for this field of this account is."""
    return form_address(field, external_id)


@register.simple_tag
def touch_address(what: str, external_id: str) -> str:
    """Where the form for a note or an interaction on this account is."""
    return f"{reverse('portal:touch_form')}?{urlencode({'what': what, 'account': external_id})}"


@register.simple_tag
def rating_address(external_id: str) -> str:
    """Where the account is rated."""
    return f"{reverse('portal:rating')}?{urlencode({'account': external_id})}"


@register.simple_tag
def override_address(external_id: str) -> str:
    """Where the account's band is set by hand."""
    return address(external_id)
