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


class Estimator(StrEnum):
    """How rewards become advantages; names and meanings are OpenRLHF's. All but ``gae`` do without a critic."""

    gae = "gae"  # generalised advantage estimation with a critic (the paper)
    group_norm = "group_norm"  # the score among the samples of its prompt: less their mean, over their deviation (GRPO)
    rloo = "rloo"  # the score less the mean of the prompt's other samples
    reinforce_baseline = (
        "reinforce_baseline"  # the score less the mean of the prompt's samples, whitened over the batch
    )


class Critic(StrEnum):
    """What the value head reads (``engine=local``; OpenRLHF's critic is a model of its own)."""

    own = "own"  # with LoRA an adapter of its own on the frozen base, else a backbone of its own
    shared = "shared"  # the actor's last hidden states: one forward pass for both
    backbone = "backbone"  # a backbone of its own, every weight trained, also beside a policy with LoRA


@dataclass
class TrainerCfg:
    """PPO; ``engine=local`` is the single-device loop, ``engine=openrlhf`` Ray and vLLM on a cluster."""

    engine: Engine = Engine.local
    steps: int = 100
    rollout_batch: int = 256  # prompts a step
    samples_per_prompt: int = 1
    minibatch: int = 256  # samples an optimiser update
    microbatch: int = 32  # samples a forward/backward pass on average: passes have equal token counts, not equal rows
    ppo_epochs: int = 1
    actor_lr: float = 1e-6
    critic_lr: float = 1e-5
    betas: tuple[float, float] = (0.9, 0.999)
    weight_decay: float = 0.01
    clip: float = 0.2
    value_clip: float = 0.5
    kl_coef: float = 1e-3
    estimator: Estimator = Estimator.gae
    gamma: float = 1.0
    gae_lambda: float = 1.0
    entropy_coef: float = 1e-3
    normalize_rewards: bool = True  # A.2; the released runs only whiten advantages
    whiten_advantages: bool = True  # gae, reinforce_baseline: over their deviation; their mean is always subtracted
    max_grad_norm: float = 1.0
    sampled_logprobs: bool = False  # engine=local, generation=hf: the sampler's count, without a forward pass for them
    shuffle_rewards: bool = False  # engine=local, a control: each rollout's rewards go to its responses at random
    critic: Critic = Critic.own
    value_coef: float = 0.1  # critic=shared: what the value loss weighs where it moves the actor's weights
    critic_warmup_steps: int = 0  # steps in which only the critic learns
    gradient_checkpointing: bool = False  # engine=local: activations computed twice, for less memory
    checkpoint_every: int = 10
    keep_checkpoints: int = 2  # engine=local: the newest ones; the best on the validation tasks stays as well
    validation_tasks: int = 0  # engine=local: training tasks held out; the checkpoint best on them is evaluated
    threads: int = 0  # CPU threads; 0: one per core
    rollout_correction: RolloutCorrection = (
        RolloutCorrection.off
    )  # engine=openrlhf: weights for what engine and trainer differ in (off, clip, mask)
    openrlhf: OpenRlhfCfg = field(default_factory=OpenRlhfCfg)  # engine=openrlhf only

    def check(self) -> None:
        """Raise ``UsageError`` where a value is out of range."""
        self.openrlhf.check()
        for key in (
            "steps",
            "rollout_batch",
            "minibatch",
            "microbatch",
            "ppo_epochs",
            "checkpoint_every",
            "samples_per_prompt",
            "keep_checkpoints",
        ):
            if getattr(self, key) < 1:
                raise UsageError(f"trainer.{key} is {getattr(self, key)}, but it must be at least 1")
        for key in ("actor_lr", "critic_lr", "max_grad_norm", "clip", "value_clip"):
            if getattr(self, key) <= 0:
                raise UsageError(f"trainer.{key} is {getattr(self, key):g}, but it must be above 0")
        for key in ("gamma", "gae_lambda"):
            if not 0 <= getattr(self, key) <= 1:
                raise UsageError(f"trainer.{key} is {getattr(self, key):g}, but it must lie in [0, 1]")
        for key in ("kl_coef", "entropy_coef", "weight_decay", "value_coef", "validation_tasks"):
            if getattr(self, key) < 0:
                raise UsageError(f"trainer.{key} is {getattr(self, key):g}, but it must not be negative")
        if len(self.betas) != 2 or not all(0 <= beta < 1 for beta in self.betas):
            raise UsageError(f"trainer.betas is {list(self.betas)}, but it must be two numbers in [0, 1)")
        if self.minibatch > self.samples:
            raise UsageError(
                f"trainer.minibatch is {self.minibatch}, and a rollout has {self.samples} samples"
                " (trainer.rollout_batch times trainer.samples_per_prompt)",
                hint="One update needs its samples.",
            )
        if self.microbatch > self.minibatch:
            raise UsageError("trainer.microbatch is larger than trainer.minibatch")
        self._check_sampled_logprobs()
        self._check_estimator()

    @property
    def samples(self) -> int:
        """Samples of one rollout."""
        return self.rollout_batch * self.samples_per_prompt

    def _check_sampled_logprobs(self) -> None:
        if not self.sampled_logprobs:
            return
        if self.estimator is Estimator.gae and self.critic is Critic.shared:
            raise UsageError(
                "trainer.sampled_logprobs=true saves the policy's forward pass, and trainer.critic=shared needs that"
                " pass for its values",
                hint="Use trainer.critic=own, an estimator without a critic, or trainer.sampled_logprobs=false.",
            )
        if self.critic_warmup_steps:
            raise UsageError("trainer.sampled_logprobs=true does not go with trainer.critic_warmup_steps")

    def _check_estimator(self) -> None:
        if self.estimator is Estimator.gae:
            return
        if self.samples_per_prompt < 2:
            raise UsageError(
                f"trainer.estimator={self.estimator} compares the samples of a prompt, and"
                f" trainer.samples_per_prompt is {self.samples_per_prompt}",
                hint="Set trainer.samples_per_prompt=4 or more (every advantage would be 0), or trainer.estimator=gae.",
            )
        if self.gamma != 1.0:
            raise UsageError(
                f"trainer.gamma is {self.gamma:g}, but trainer.estimator={self.estimator} has no discount",
                hint="OpenRLHF sets 1 there, too: use trainer.gamma=1.",
            )
        if self.critic_warmup_steps:
            raise UsageError(
                f"trainer.critic_warmup_steps is {self.critic_warmup_steps}, and"
                f" trainer.estimator={self.estimator} has no critic"
            )
