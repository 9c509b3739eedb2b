"""What every method is: a row of the tables. Its file imports torch only where it runs, so that names are cheap."""

from __future__ import annotations

from typing import ClassVar

from real.settings import RootCfg
from real.training.workspace import Workspace


class Method:
    """What is done with a model before, or while, it answers the test tasks.

    A method that trains leaves the trained policy and its generator in the workspace; one that answers otherwise leaves
    a ``responder`` there. Everything else (data, generation, judging, records) is the same for all.
    """

    learns_from_tasks: ClassVar[bool] = False  # whether it needs the training split

    def trains_model(self, root: RootCfg) -> bool:
        """Whether this process changes the model's own weights, which then are loaded in float32."""
        return False

    def packages(self, root: RootCfg) -> tuple[str, ...]:
        """Packages that it needs besides torch and transformers."""
        return ()

    def missing(self, root: RootCfg) -> list[str]:
        """What is not there for it (files, endpoints, settings that do not go together), one phrase each.

        Asked before anything starts; must not import torch.
        """
        return []

    def check(self, ws: Workspace) -> None:
        """Raise ``RealError`` where these tasks or this model cannot be: before the first evaluation."""

    def run(self, ws: Workspace) -> int:
        """Train, resuming from what is in the run directory; returns the number of optimisation steps."""
        return 0

    def describe(self, root: RootCfg) -> str:
        """What the plan says of it, such as ``train it with sft``; empty where nothing is done."""
        return ""
