"""What vouches for a figure: the day, the night, the version, the coverage."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from csm_portal.portal.help.figure import Figure

MARKS = (
    Figure(
        "as_of",
        _("As of"),
        _("The figures count everything up to the end of this day, and nothing that happened or became known later."),
        "trust",
        "as-of",
    ),
    Figure(
        "run",
        _("Run"),
        _("The night that computed the figure. Readers see a run only when it is complete; days redone later are logged."),
        "trust",
        "run",
    ),
    Figure(
        "version",
        _("Definition version"),
        _("The published definition that was in force on the day. A later version never changes it without a word."),
        "trust",
        "definition-version",
    ),
    Figure(
        "setup",
        _("Setup completeness"),
        _("What the loaded data still lack, on how many accounts: each gap makes some figure unknown."),
        "trust",
        "setup-completeness",
    ),
)
