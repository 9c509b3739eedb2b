"""The model as it is."""

from __future__ import annotations

from real.methods.base import METHODS, Workspace


@METHODS.register("vanilla")
def vanilla(_: Workspace) -> int:
    """Train nothing."""
    return 0
