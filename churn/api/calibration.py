"""Calibration over REST."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.http import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts.api.base import PortalView, columns_of
from accounts.api.downloads import csv_response
from accounts.api.parameters import Parameter
from churn.api.calibration_serializers import CalibrationSerializer, GroupSerializer
from churn.as_of import read_basis
from churn.calibration.reads import DUES, LEADS, SNAPSHOTS, calibration
from churn.k_reads import told

if TYPE_CHECKING:
    from churn.calibration.reads import Calibration
    from churn.calibration.tables import Group
    from churn.k import Relation


def read_lead(text: str) -> int:
    """One of the leads; raises ValueError for another."""
    if text not in {str(lead) for lead in LEADS}:
        raise ValueError(text)
    return int(text)


LEAD = Parameter(
    "lead",
    _("30, 60, 90, 120 or 180: days before the due whose stored health is read."),
    read_lead,
    default=90,
    shape={"type": "integer", "enum": list(LEADS)},
)
KIND = Parameter("kind", _("due or snapshot; absent: renewals where there are any."), choices=(DUES, SNAPSHOTS), default="")
FIGURES = (
    "auc", "auc_low", "auc_high", "brier", "brier_base", "calibration_error", "calibration_error_chance", "calibration_error_chance_95",
    "lift", "separates", "beyond_base_rate", "version",
)  # fmt: skip


class CalibrationView(PortalView):
    """What past renewals say about health: order, chances, bands, and k. As CSV the table alone."""

    serializer_class = CalibrationSerializer
    parameters = (LEAD, KIND)

    @extend_schema(summary="Calibration of health", operation_id="churn_calibration_retrieve", responses=CalibrationSerializer)
    def get(self, request: Any) -> HttpResponseBase:
        """The report for the accounts that the user sees."""
        user: Any = request.user
        basis = read_basis()
        found = None if basis is None else calibration(user, basis, lead=self.asked["lead"], kind=self.asked["kind"])
        if self.wants_csv:
            rows = GroupSerializer(list(table(found)) if found else [], many=True).data
            return csv_response(list(columns_of(GroupSerializer())), rows, "calibration")
        relation = None if basis is None else told(user, basis.as_of).relation
        body = nothing(self.asked["lead"]) if found is None else told_of(found)
        return Response(CalibrationSerializer({**body, "k": parts(relation) if relation else None}).data)


def nothing(lead: int) -> dict[str, Any]:
    """The answer before anything is published."""
    counts = dict.fromkeys(("n", "lost", "scored", "scored_lost", "known_before"), 0)
    unknown = dict.fromkeys(("as_of", *FIGURES), None)
    return {**counts, **unknown, "lead": lead, "kind": DUES, "enough": False, "leak_warning": False, "table": []}


def told_of(found: Calibration) -> dict[str, Any]:
    """A report by the names of the API."""
    report = found.report
    auc, fault, worst = report.auc, report.fault, report.worst_lift
    return {
        "as_of": found.as_of,
        "version": found.health_version,
        "lead": found.lead,
        "kind": found.kind,
        "n": report.n,
        "lost": report.lost,
        "scored": report.scored,
        "scored_lost": report.scored_lost,
        "known_before": report.known_before,
        "enough": report.enough,
        "auc": auc.value if auc else None,
        "auc_low": auc.low if auc else None,
        "auc_high": auc.high if auc else None,
        "brier": report.brier,
        "brier_base": report.brier_of_base,
        "calibration_error": fault.value if fault else None,
        "calibration_error_chance": fault.chance if fault else None,
        "calibration_error_chance_95": fault.chance_95 if fault else None,
        "lift": worst.lift if worst else None,
        "separates": report.separates,
        "beyond_base_rate": report.beyond_base,
        "leak_warning": report.leak.warns,
        "table": list(table(found)),
    }


def table(found: Calibration) -> Iterator[dict[str, Any]]:
    """Every group of every table, one after the other."""
    report = found.report
    tables = {
        "band": report.bands,
        "part": report.parts,
        "reliability": report.reliability,
        "month": report.months,
        "quarter": [one.group for one in report.quarters],
    }
    for by, groups in tables.items():
        yield from (row(by, one) for one in groups)


def row(by: str, one: Group) -> dict[str, Any]:
    """A group by the names of the API."""
    return {
        "by": by, "group": one.name, "n": one.rate.n, "lost": one.lost, "score": one.score, "expected": one.expected, "told": one.told,
        "rate": one.rate.value, "low": one.rate.low, "high": one.rate.high, "amount": Decimal(str(round(one.amount, 2))),
        "rate_gross": one.gross, "lift": one.lift, "caught": one.caught,
    }  # fmt: skip


def parts(one: Relation) -> dict[str, Any]:
    """k by the names of the API."""
    return {
        "n": one.n, "active": one.active, "rate": one.rate.value, "k": one.k, "low": one.low, "high": one.high, "enough": one.enough,
        "p1": one.p1.value, "p1_low": one.p1.low, "p1_high": one.p1.high,
        "p0": one.p0.value, "p0_low": one.p0.low, "p0_high": one.p0.high,
    }  # fmt: skip
