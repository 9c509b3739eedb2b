"""``build``: make a data set; one subcommand for each builder."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Callable

from real.datasets.build import BUILDERS

HELP = "make a data set: evolve, filter, verify; report what was kept and why the rest was not"


def add(parser: argparse.ArgumentParser) -> None:
    """Define a subcommand for each builder."""
    builders = parser.add_subparsers(required=True, metavar="BUILDER")
    for name, path in BUILDERS.items():
        module = importlib.import_module(path)
        sub = builders.add_parser(name, help=module.HELP, description=module.HELP)
        sub.set_defaults(builder=module.run)
        module.add(sub)


def run(args: argparse.Namespace) -> int:
    """Run the chosen builder; returns its exit code."""
    builder: Callable[[argparse.Namespace], int] = args.builder
    return builder(args)
