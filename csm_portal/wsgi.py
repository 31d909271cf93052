"""WSGI entry point for gunicorn."""

import os
from pathlib import Path

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.template.loader import get_template
from django.urls import reverse
from django.utils import translation

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "csm_portal.settings")
application = get_wsgi_application()


def load_pages() -> int:
    """Load addresses, translations and templates, which Django otherwise does during the first page of each worker; returns the templates.

    Called before the workers are forked, so it happens once and its memory is shared. While templates are reloaded they are left alone.
    """
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            reverse("portal:today")
    if settings.DEBUG:
        return 0
    folders = [Path(folder) for folder in settings.TEMPLATES[0]["DIRS"]]
    names = [path.relative_to(folder).as_posix() for folder in folders for path in sorted(folder.rglob("*.html"))]
    for name in names:
        get_template(name)
    return len(names)
