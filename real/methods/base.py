"""What every method is: a row of the tables. Its file imports torch only where it runs, so that names are cheap."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from real.methods.common.workload import Sizes, Workload
from real.settings import RootCfg
from real.training.workspace import Workspace
from real.types import Completion, Task


class Method:
    """What is done with a model before, or while, it answers the test tasks.

    A method that trains leaves the trained policy and its generator in the workspace; one that answers in a way of its
    own is an ``AnsweringMethod``. Everything else (data, generation, judging, records) is the same for all.
    """

    learns_from_tasks: ClassVar[bool] = False  # whether it needs the training split
    uses_trainer: ClassVar[bool] = False  # whether ``trainer`` says how and where it trains; else one process does

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

    def workload(self, root: RootCfg, sizes: Sizes) -> Workload | None:
        """How much it does on so many tasks; ``None`` where that is not known."""
        return Workload()

    def describe(self, root: RootCfg) -> str:
        """What the plan says of it, such as ``train it with sft``; empty where nothing is done."""
        return ""


class AnsweringMethod(Method, ABC):
    """A method that trains nothing and answers test tasks in a way of its own, each once.

    Several samples of a task would not be the independent draws that pass@k counts, so that they are refused.
    """

    def missing(self, root: RootCfg) -> list[str]:
        """One phrase where the evaluation asks for samples; subclasses add their own."""
        sampling = root.evaluation.sampling()
        if sampling.greedy:
            return []
        name = root.method.name
        return [
            f"evaluation.samples=1 with evaluation.temperature=0 (method={name} gives one answer a task, and samples in"
            f" its own way; asked for: {sampling.describe()})"
        ]

    def answers_a_task(self, root: RootCfg) -> tuple[int, int]:
        """How many responses are written for one answer, at least and at most."""
        return 1, 1

    def workload(self, root: RootCfg, sizes: Sizes) -> Workload | None:
        """Its answers."""
        least, most = self.answers_a_task(root)
        return Workload((least * sizes.test, most * sizes.test))

    @abstractmethod
    def answer(self, ws: Workspace, tasks: Sequence[Task], seed: int) -> list[Completion]:
        """One completion a task, in their order; no task is there twice."""

    def run(self, ws: Workspace) -> int:
        """Leave ``answer`` as the responder."""
        ws.responder = lambda tasks, seed: self.answer(ws, tasks, seed)
        return 0
