"""`python -m csm_portal.portal.sample DIR`: the sample book without Django."""

from __future__ import annotations

import argparse
import sys

from csm_portal.portal.sample.options import add_options, run


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m csm_portal.portal.sample", description="Write an invented sample book of customers.")
    add_options(parser)
    return run(parser.parse_args(arguments), sys.stdout.write, sys.stderr.write)


if __name__ == "__main__":
    sys.exit(main())
