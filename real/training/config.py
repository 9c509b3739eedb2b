"""How the policy is optimised (``conf/trainer``). Defaults are the paper's appendix A.2."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from real.errors import UsageError
from real.training.openrlhf.config import OpenRlhfCfg


class Engine(StrEnum):
    """Which trainer. Members are named as their values, because OmegaConf reads an Enum by its names."""

    local = "local"  # this process, one device
    openrlhf = "openrlhf"  # OpenRLHF on Ray and vLLM


class RolloutCorrection(StrEnum):
    """What is done about log-probabilities in which inference engine and trainer differ (OpenRLHF only)."""

    off = "off"
    clip = "clip"
    mask = "mask"


@dataclass
class TrainerCfg:
    """PPO; ``engine=local`` is the single-device loop, ``engine=openrlhf`` Ray and vLLM on a cluster."""

    engine: Engine = Engine.local
    steps: int = 100
    rollout_batch: int = 256  # prompts a step, one sample each
    minibatch: int = 256  # samples an optimiser update
    microbatch: int = 32  # samples a forward/backward pass
    ppo_epochs: int = 1
    actor_lr: float = 1e-6
    critic_lr: float = 1e-5
    betas: tuple[float, float] = (0.9, 0.999)
    weight_decay: float = 0.01
    clip: float = 0.2
    value_clip: float = 0.5
    kl_coef: float = 1e-3
    gamma: float = 1.0
    gae_lambda: float = 1.0
    entropy_coef: float = 1e-3
    normalize_rewards: bool = True  # A.2; the released runs only whiten advantages
    whiten_advantages: bool = True
    max_grad_norm: float = 1.0
    critic_warmup_steps: int = 0  # steps in which only the critic learns
    checkpoint_every: int = 10
    threads: int = 0  # CPU threads; 0: one per core
    rollout_correction: RolloutCorrection = (
        RolloutCorrection.off
    )  # engine=openrlhf: weights for what engine and trainer differ in (off, clip, mask)
    openrlhf: OpenRlhfCfg = field(default_factory=OpenRlhfCfg)  # engine=openrlhf only

    def check(self) -> None:
        """Raise ``UsageError`` where a value is out of range."""
        self.openrlhf.check()
        for key in ("steps", "rollout_batch", "minibatch", "microbatch", "ppo_epochs", "checkpoint_every"):
            if getattr(self, key) < 1:
                raise UsageError(f"trainer.{key} is {getattr(self, key)}, but it must be at least 1")
        for key in ("actor_lr", "critic_lr", "max_grad_norm", "clip", "value_clip"):
            if getattr(self, key) <= 0:
                raise UsageError(f"trainer.{key} is {getattr(self, key):g}, but it must be above 0")
        for key in ("gamma", "gae_lambda"):
            if not 0 <= getattr(self, key) <= 1:
                raise UsageError(f"trainer.{key} is {getattr(self, key):g}, but it must lie in [0, 1]")
        for key in ("kl_coef", "entropy_coef", "weight_decay"):
            if getattr(self, key) < 0:
                raise UsageError(f"trainer.{key} is {getattr(self, key):g}, but it must not be negative")
        if len(self.betas) != 2 or not all(0 <= beta < 1 for beta in self.betas):
            raise UsageError(f"trainer.betas is {list(self.betas)}, but it must be two numbers in [0, 1)")
        if self.minibatch > self.rollout_batch:
            raise UsageError(
                "trainer.minibatch is larger than trainer.rollout_batch", hint="One update needs its samples."
            )
        if self.microbatch > self.minibatch:
            raise UsageError("trainer.microbatch is larger than trainer.minibatch")
