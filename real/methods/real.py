"""REAL: PPO with program analysis and unit tests as the reward (paper section 3.2)."""

from __future__ import annotations

from real.methods.base import Method
from real.methods.common.workload import BACKWARD, Sizes, Workload, sample_tokens
from real.settings import RootCfg
from real.training.config import Engine, Estimator
from real.training.workspace import Workspace


class Real(Method):
    """Train with PPO where ``trainer=`` says."""

    learns_from_tasks = True
    uses_trainer = True

    def trains_model(self, root: RootCfg) -> bool:
        """OpenRLHF trains in processes of its own."""
        return root.trainer.engine is Engine.local

    def packages(self, root: RootCfg) -> tuple[str, ...]:
        """See ``Method``."""
        return ("peft",) if root.model.lora.enabled and root.trainer.engine is Engine.local else ()

    def run(self, ws: Workspace) -> int:
        """Resume from the newest checkpoint; returns the number of steps."""
        from real.training.optimise import optimise
        from real.training.trainer import open_trainer

        return optimise(open_trainer(ws), ws)

    def workload(self, root: RootCfg, sizes: Sizes) -> Workload | None:
        """Rollouts; log-probabilities of policy and reference and the critic's values; updates of policy and critic."""
        trainer = root.trainer
        programs, models = trainer.steps * trainer.samples, 1 + (trainer.estimator is Estimator.gae)
        passes = 1 + models + BACKWARD * trainer.ppo_epochs * models
        updates = trainer.steps * trainer.ppo_epochs * (trainer.samples // trainer.minibatch)
        learned = passes * programs * sample_tokens(root)
        return Workload((programs + sizes.test,) * 2, learned=learned, updates=updates)

    def describe(self, root: RootCfg) -> str:
        """The size of the training."""
        trainer = root.trainer
        updates = trainer.steps * trainer.ppo_epochs * (trainer.samples // trainer.minibatch)
        programs = trainer.steps * trainer.samples
        counts = f"{programs:,} programs scored, {updates:,} updates"
        each = ""
        if trainer.samples_per_prompt > 1:  # rollout_batch counts prompts: the number of samples need not divide it
            each = f", {trainer.samples_per_prompt} for each of {trainer.rollout_batch} prompts"
        ppo = f"{trainer.steps} PPO steps of {trainer.samples} programs{each} ({counts}), reward {root.reward.variant}"
        return f"train it: {ppo}"


METHOD = Real()
