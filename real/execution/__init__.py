"""Sandboxed execution of untrusted programs: what a model wrote is run, never trusted.

``Pool`` runs requests (a program and its tests) in warm, jailed worker processes and compares what they claim.
"""

from __future__ import annotations

from real.execution.pool import LEVELS, VERSION, Pool

__all__ = ["LEVELS", "VERSION", "Pool"]
