"""The page Data as a control room: which parts stand on it for whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Count, QuerySet, Sum
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import ImportRun
from accounts.types import Role
from csm_portal.portal.ops.lights import page_at

if TYPE_CHECKING:
    from accounts.models import User

N_IMPORTS = 5
SUMMED = ("read", "created", "updated", "unchanged", "flagged", "rejected")


def pages_of(user: User) -> list[tuple[str, str, str]]:
    """Label, icon and address of the pages below Data that the person may open; only those that exist."""
    admin = user.role == Role.ADMIN
    wanted = [
        (admin, _("Upload files"), "upload", page_at("/data/import/")),
        (admin, _("Events over HTTP"), "bolt", page_at("/data/intake/")),
        (admin, _("Jobs"), "checklist", reverse("portal:data-jobs")),
        (True, _("Data dictionary"), "book", reverse("portal:dictionary")),
    ]
    return [(label, icon, href) for may, label, icon, href in wanted if may and href]


def latest_imports(user: User) -> QuerySet[ImportRun]:
    """The last loads, each with the sums over its files as `n_…`; one query."""
    sums = {f"n_{name}": Sum(f"files__{name}", default=0) for name in SUMMED}
    rows = ImportRun.objects.visible_to(user).select_related("source")
    return rows.annotate(n_files=Count("files"), **sums).order_by("-started_at", "-pk")[:N_IMPORTS]
