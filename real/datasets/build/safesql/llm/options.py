"""The options of ``build safesql`` that concern a language model."""

from __future__ import annotations

import argparse

from real.datasets.build.safesql.evolver import Evolver
from real.errors import UsageError


def add_options(parser: argparse.ArgumentParser) -> None:
    """Define the options."""


def open_evolver(args: argparse.Namespace) -> Evolver:
    """The evolver."""
    raise UsageError("not yet")
