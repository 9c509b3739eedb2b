"""``build safesql``: SafeSQL-style tasks from seed programs and an evolver."""

from __future__ import annotations

import argparse

from real.errors import UsageError

HELP = "evolve seed queries into SafeSQL-style tasks and keep those that pass every gate"


def add(parser: argparse.ArgumentParser) -> None:
    """Define the options."""


def run(args: argparse.Namespace) -> int:
    """Build; returns the exit code."""
    raise UsageError("the SafeSQL builder is being written")
