"""What a method and its trainer work with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from real.generation import GenerationCfg, Generator
from real.generation.config import GenerationBackend
from real.generation.respond import Responder
from real.judge import Judge
from real.policy.policy import Policy
from real.runs.store import RunStore
from real.settings import RootCfg
from real.training.config import Engine
from real.types import Task


def evaluation_generator(root: RootCfg, policy: Policy, settings: GenerationCfg | None = None) -> Generator:
    """What samples the policy in this process; ``settings`` in place of those of the run.

    OpenRLHF has engines of its own, on all GPUs: what is evaluated beside them is sampled with transformers.
    """
    from real.generation.open import open_generator  # torch comes with it

    cfg = settings or root.generation
    if root.trainer.engine is Engine.openrlhf:
        cfg = replace(cfg, backend=GenerationBackend.hf)
    return open_generator(policy.model, policy.tokenizer, cfg)


@dataclass
class Workspace:
    """One run while it trains; a method leaves the trained ``policy`` and its ``generator`` here."""

    cfg: RootCfg
    store: RunStore
    run_id: str
    train: Sequence[Task]
    test: Sequence[Task]  # for curves only: no method may learn from it
    examples: Sequence[Task]  # a few held-out tasks whose answers are kept half-way, for the report only
    policy: Policy
    generator: Generator
    judge: Judge
    responder: Responder | None = None  # how test tasks are answered; None: greedily, by the policy alone

    @property
    def checkpoint(self) -> Path:
        """Where a method keeps what it needs to resume."""
        return self.store / "checkpoint.pt"
