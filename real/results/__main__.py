"""``python -m real.results``: look at runs, rebuild their documents, and fill the paper's tables from them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from real.errors import RealError
from real.io import console
from real.results.commands import listing, publishing, reports


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns 0, or the exit code of the error that it prints (3: missing or damaged files)."""
    console.protect()
    arguments = _parser().parse_args(argv)
    try:
        arguments.command(arguments)
    except RealError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:  # `... | head` has seen enough
        sys.stderr.close()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m real.results", description="Report, tables and figures of runs.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for part in (listing, reports, publishing):
        part.add(commands)
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
