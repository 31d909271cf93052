"""What a touchpoint was, in words."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, pgettext_lazy

KIND_WORDS: dict[str, Promise] = {
    "call": gettext_lazy("call"),
    "meeting": gettext_lazy("meeting"),
    "email": pgettext_lazy("touchpoint", "e-mail"),
    "visit": gettext_lazy("visit"),
    "training": gettext_lazy("training"),
    "interview": gettext_lazy("interview"),
}
