"""`manage.py bench [NAME]`: the benchmarks, with their table."""

from __future__ import annotations

import platform
from argparse import ArgumentParser
from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any

from django.core.management.base import BaseCommand

from csm_portal.portal.bench.churn import bench_churn
from csm_portal.portal.bench.cohorts import bench_cohorts
from csm_portal.portal.bench.intake import bench_intake
from csm_portal.portal.bench.lists import bench_lists
from csm_portal.portal.bench.load import bench_load
from csm_portal.portal.bench.night import bench_night
from csm_portal.portal.bench.pages import bench_pages
from csm_portal.portal.bench.predict import bench_predict
from csm_portal.portal.bench.recompute import bench_recompute
from csm_portal.portal.bench.rollup import bench_rollup

BENCHMARKS: dict[str, Callable[[], Iterable[tuple[str, str]]]] = {
    "load": bench_load,
    "intake": bench_intake,
    "rollup": bench_rollup,
    "recompute": bench_recompute,
    "night": bench_night,
    "lists": bench_lists,
    "pages": bench_pages,
    "predict": bench_predict,
    # One after the other, so that the first rows are seen while the second part runs.
    "churn": lambda: chain.from_iterable(part() for part in (bench_churn, bench_cohorts)),
}


class Command(BaseCommand):
    help = "Run the benchmarks in databases of their own and print their table."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", nargs="?", choices=sorted(BENCHMARKS), help="one benchmark; without it, all")

    def handle(self, *_args: Any, **options: Any) -> None:
        names = [options["name"]] if options["name"] else list(BENCHMARKS)
        self.stdout.write(f"Python {platform.python_version()} on {platform.machine()}\n")
        self.stdout.write("| benchmark | figure | value |\n|---|---|---|")
        for name in names:
            for figure, value in BENCHMARKS[name]():
                self.stdout.write(f"| {name} | {figure} | {value} |")
                self.stdout.flush()
