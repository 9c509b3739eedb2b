"""``python -m real.detector``: the same as ``real-detect``."""

from __future__ import annotations

import sys

from real.linter.command import command, main

__all__ = ["command", "main"]

if __name__ == "__main__":
    sys.exit(command())
