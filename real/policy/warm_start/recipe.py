"""Which warm start a configuration asks for: its examples, and the fingerprint under which it is kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from real.datasets.build.functions import mixture as functions_mixture
from real.datasets.build.mini import mixture as scripts_mixture
from real.policy.config import ModelCfg
from real.prompts import messages
from real.types import Task

# Raise it when tokenizer, architecture or SFT compute something else from the same settings; then make what is shipped
# anew: python -m real.policy.warm_start --seed 0
VERSION = 1


@dataclass(frozen=True)
class Recipe:
    """The settings of one warm start, and its (task, answer) pairs: the training split only."""

    cfg: ModelCfg
    seed: int
    tasks: tuple[Task, ...]
    pairs: tuple[tuple[Task, str], ...]

    @classmethod
    def of(cls, cfg: ModelCfg, tasks: Sequence[Task], seed: int) -> Recipe:
        """What ``cfg`` asks for; raises ``DataError`` for tasks that no embedded miniature made."""
        functions = all(task.dataset == "functions_mini" for task in tasks)
        mixture = functions_mixture if functions else scripts_mixture
        pairs = tuple(
            (task, completion)
            for number in range(cfg.warm_start.samples_per_task)
            for task, completion, _ in mixture.warm_start_pairs(tasks, seed * 1000 + number)
        )
        return cls(cfg, seed, tuple(tasks), pairs)

    def corpus(self) -> list[str]:
        """Every text that the tokenizer is trained on, in order."""
        prompts = [message.content for task in self.tasks for message in messages(task)]
        return [*prompts, *(answer for _, answer in self.pairs)]

    def fingerprint(self) -> str:
        """Twelve hexadecimal digits of everything that decides the weights but the rounding of a machine."""
        facts = {
            "version": VERSION,
            "tiny": asdict(self.cfg.tiny),
            "warm_start": asdict(self.cfg.warm_start),
            "seed": self.seed,
            "tasks": [[message.content for message in messages(task)] for task in self.tasks],
            "pairs": [[task.task_id, answer] for task, answer in self.pairs],
        }
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:12]
