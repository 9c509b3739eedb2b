"""``python -m real.datasets``: look at a data set, check it, count it, and describe it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from real.datasets.commands import build, card, contamination, export, show, stats, targets, validate
from real.errors import RealError
from real.io import console

_COMMANDS = {
    "show": show,
    "export": export,
    "validate": validate,
    "stats": stats,
    "contamination": contamination,
    "card": card,
    "targets": targets,
    "build": build,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code.

    0: fine; 1: ``validate`` found rows that are not valid; 2: wrong usage; 3: unusable data; 4: the machine failed;
    130: interrupted.
    """
    console.protect()
    args = _parser().parse_args(argv)
    command: Callable[[argparse.Namespace], int] = args.command
    try:
        return command(args)
    except RealError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("interrupted: what is in a journal is kept, and the same command goes on from there", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader, such as head, has seen enough
        sys.stderr.close()
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m real.datasets", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, module in _COMMANDS.items():
        sub = commands.add_parser(name, help=module.HELP, description=module.HELP)
        sub.set_defaults(command=module.run)
        module.add(sub)
    return parser


if __name__ == "__main__":
    sys.exit(main())
