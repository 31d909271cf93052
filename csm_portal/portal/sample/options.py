"""The command's options and words, shared by `manage.py sample` and `python -m`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import date
from pathlib import Path

from csm_portal.portal.sample import policy
from csm_portal.portal.sample.book import NOTE, BookRefusedError, Wish, write_book


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", metavar="DIR", type=Path, help="folder to write into; made when missing")
    parser.add_argument(
        "--accounts", type=int, default=policy.DEFAULT_ACCOUNTS, help=f"1 to {policy.MAX_ACCOUNTS}, default {policy.DEFAULT_ACCOUNTS}"
    )
    parser.add_argument(
        "--months", type=int, default=policy.DEFAULT_MONTHS, help=f"whole months up to the last day, default {policy.DEFAULT_MONTHS}"
    )
    parser.add_argument("--seed", type=int, default=policy.DEFAULT_SEED, help="another seed, another book")
    parser.add_argument(
        "--as-of", type=date.fromisoformat, default=policy.DEFAULT_AS_OF, help=f"last day of the book, default {policy.DEFAULT_AS_OF}"
    )


def run(options: argparse.Namespace, out: Callable[[str], object], err: Callable[[str], object]) -> int:
    """Write the book and say what was written. 0 when done, 2 when the wish was refused."""
    try:
        counts = write_book(options.folder, Wish(options.accounts, options.months, options.seed, options.as_of))
    except BookRefusedError as refusal:
        err(f"{refusal}\n")
        return 2
    out(f"{NOTE}\n")
    out("".join(f"  {name:<16}{count:>10}\n" for name, count in counts.items()))
    return 0
