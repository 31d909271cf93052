"""`manage.py evaluate`: the goals of prediction on the loaded book, as a table."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand

from churn.as_of import read_basis


class Command(BaseCommand):
    help = "Measure how well activity, health, likelihood, combinations and alarms foretell renewals on the loaded book. Changes nothing."

    def handle(self, *_args: Any, **_options: Any) -> None:
        from churn.evaluating.goals import findings  # brings numpy

        basis = read_basis()
        if basis is None:
            self.stdout.write("Nothing is measurable: no night has been published yet. Load a book, define, and run `manage.py nightly`.")
            return
        self.stdout.write(f"As of {basis.as_of}.\n")
        self.stdout.write("| goal | what | wanted | found | verdict |\n|---|---|---|---|---|")
        verdicts: Counter[str] = Counter()
        for one in findings(basis):
            self.stdout.write(f"| {one.goal} | {one.name} | {one.wanted} | {one.found} | {one.verdict.value} |")
            self.stdout.flush()
            verdicts[one.verdict.value] += 1
        self.stdout.write("\n" + ", ".join(f"{n} {verdict}" for verdict, n in sorted(verdicts.items())) + ".")
