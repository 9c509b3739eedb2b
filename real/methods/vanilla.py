"""The model as it is."""

from __future__ import annotations

from real.training.workspace import Workspace


def vanilla(_: Workspace) -> int:
    """Train nothing."""
    return 0
