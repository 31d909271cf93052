"""The vitals in the words of Prometheus. Instants are told as ages in seconds; what was never seen has no sample."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from csm_portal.portal.ops.vitals import Vitals

PREFIX = "csm_portal_"


class Gauge(NamedTuple):
    """One figure: its name without the prefix, what it says, and (label value, value) of each sample; None is left out."""

    name: str
    what: str
    samples: list[tuple[str, float | None]]
    label: str = ""


class State(NamedTuple):
    """What is told: the tables' word, runs by state, nights owed, and whether Redis answers."""

    vitals: Vitals
    runs: dict[str, int]
    owed: int
    broker: bool
    now: datetime


def registry_of(state: State) -> CollectorRegistry:
    """A registry of this one reading: nothing is kept between two of them, so any number of processes may answer."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Reading(gauges(state)))
    return registry


class _Reading(Collector):
    def __init__(self, found: Iterable[Gauge]) -> None:
        self.found = found

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Families in the order of the list, without those that have no sample."""
        for gauge in self.found:
            samples = [(label, value) for label, value in gauge.samples if value is not None]
            family = GaugeMetricFamily(PREFIX + gauge.name, gauge.what, labels=[gauge.label] if gauge.label else None)
            for label, value in samples:
                family.add_metric([label] if gauge.label else [], value)
            if samples:
                yield family


def gauges(state: State) -> list[Gauge]:
    """Every figure, in the order of the page: nights, machines, jobs, outbox, intake."""
    vitals, now = state.vitals, state.now

    def age(moment: datetime | None) -> float | None:
        return None if moment is None else max(0.0, (now - moment).total_seconds())

    as_of = None if vitals.as_of is None else datetime(vitals.as_of.year, vitals.as_of.month, vitals.as_of.day, tzinfo=now.tzinfo)
    trip = None if vitals.round_trip is None else vitals.round_trip.total_seconds()
    return [
        Gauge("last_good_night_age_seconds", "Since the latest published night was finished.", [("", age(vitals.night_finished_at))]),
        Gauge("as_of_timestamp_seconds", "Last day that the pages count, as midnight UTC.", [("", as_of.timestamp() if as_of else None)]),
        Gauge("nights_owed", "Nights that are due and not published.", [("", state.owed)]),
        Gauge("runs", "Runs kept, by state; partial ones are published with faults.", list(state.runs.items()), "state"),
        Gauge("account_faults", "Accounts whose figures could not be computed and are not computed since.", [("", vitals.faults)]),
        Gauge(
            "heartbeat_age_seconds",
            "Since the last sign of beat, and of a worker that a message of beat's has come to.",
            [("beat", age(vitals.beat_at)), ("worker", age(vitals.worker_at))],
            "part",
        ),
        Gauge("heartbeat_round_trip_seconds", "From beat over the broker to a worker, the last time.", [("", trip)]),
        Gauge("redis_up", "1 when Redis answers this process.", [("", float(state.broker))]),
        Gauge(
            "jobs",
            "Jobs that are due, running, running without a live worker (orphaned), or failed and not decided on.",
            [
                ("due", vitals.jobs_due),
                ("running", vitals.jobs_running),
                ("orphaned", vitals.jobs_orphaned),
                ("failed", vitals.jobs_failed),
            ],
            "state",
        ),
        Gauge("job_oldest_due_age_seconds", "How long the oldest due job waits.", [("", age(vitals.job_oldest))]),
        Gauge(
            "outbox",
            "Outbox rows to be done (open), and those whose last try failed (dead).",
            [("open", vitals.letters_open), ("dead", vitals.letters_dead)],
            "state",
        ),
        Gauge("outbox_oldest_age_seconds", "Since the oldest open outbox row was written.", [("", age(vitals.letter_oldest))]),
        Gauge(
            "intake_refused_calls",
            "Calls over HTTP that were refused, or taken with a remark (flagged), and not settled.",
            [("refused", vitals.refused), ("flagged", vitals.flagged)],
            "kind",
        ),
        Gauge("intake_pending_events", "Events that wait for their account or seat.", [("", vitals.pending)]),
        Gauge("intake_pending_oldest_age_seconds", "Since the oldest of them came.", [("", age(vitals.pending_oldest))]),
        Gauge("intake_calls_5_minutes", "Calls over HTTP of the last five minutes.", [("", vitals.calls_5_minutes)]),
        Gauge("intake_calls_1_hour", "Calls over HTTP of the last hour.", [("", vitals.calls_hour)]),
        Gauge("last_import_age_seconds", "Since the latest load of files began.", [("", age(vitals.imported_at))]),
    ]
