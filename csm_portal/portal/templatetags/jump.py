"""Tag of the jump dialog: the pages that the viewer may open."""

from django import template
from django.http import HttpRequest

from csm_portal.portal.jump.places import Place, places

register = template.Library()


@register.simple_tag(takes_context=True)
def jump_places(context: template.Context) -> list[Place]:
    """Pages open to the signed-in person; nothing for visitors."""
    request: HttpRequest | None = context.get("request")
    user = getattr(request, "user", None)
    return places(user) if user is not None and user.is_authenticated else []
