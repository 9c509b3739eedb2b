"""One PPO step on one device: rollout, scores, advantages, clipped updates (paper section 3.2, appendix A.2)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor

from real.errors import InfrastructureError
from real.generation import Generator, Response
from real.training.config import Estimator, TrainerCfg
from real.training.local.credit import in_unit, with_credit
from real.training.local.estimates import (
    RunningNorm,
    compare_in_groups,
    gae,
    masked_mean,
    reward_to_go,
    token_rewards,
    whiten,
)
from real.training.local.experience import Experience, Rollout
from real.training.local.losses import policy_loss, value_loss
from real.training.local.memory import out_of_memory_in, smaller_passes
from real.training.local.models import ActorCritic, PolicyOutput
from real.training.local.scoring import ScoredRollout, Scorer, shuffled
from real.training.local.statistics import (
    credit_statistics,
    experience_statistics,
    response_statistics,
    speeds,
)


class Ppo:
    """The optimiser state of a run and its one operation, ``step``.

    Randomness of step ``t`` (sampling, minibatch order) comes from ``(seed, t)`` alone, so a resumed run continues
    exactly as an uninterrupted one.
    """

    def __init__(self, cfg: TrainerCfg, models: ActorCritic, generator: Generator, temperature: float) -> None:
        self.cfg = cfg
        self.models = models
        self.generator = generator
        self.temperature = temperature
        self.norm = RunningNorm()
        adam: dict[str, Any] = {"betas": tuple(cfg.betas), "weight_decay": cfg.weight_decay, "fused": True}
        self.actor_optimizer = torch.optim.AdamW(models.actor_parameters(), lr=cfg.actor_lr, **adam)
        self.critic_optimizer: torch.optim.Optimizer | None = None
        if critic := models.critic_parameters():
            self.critic_optimizer = torch.optim.AdamW(critic, lr=cfg.critic_lr, **adam)

    def step(self, prompts: Sequence[Sequence[int]], scorer: Scorer, *, step: int, seed: int) -> dict[str, float]:
        """Sample one response a prompt, score, update; returns the step's log.

        The samples of one prompt are equal neighbours in ``prompts``. Raises ``InfrastructureError`` where memory runs
        out, and where a loss is not finite: the weights are then those before that update.
        """
        rng_seed = seed * 1_000_003 + step
        room = smaller_passes(self.cfg.microbatch, self.cfg.gradient_checkpointing)
        times = [time.perf_counter()]
        responses = self.generator.generate(prompts, greedy=False, seed=rng_seed, on_finished=scorer.on_finished)
        times.append(time.perf_counter())
        scored = scorer.finish(responses)
        if self.cfg.shuffle_rewards:
            scored = shuffled(scored, rng_seed)
        times.append(time.perf_counter())
        with out_of_memory_in("computing log-probabilities and values (no gradients)", room):
            experience, log = self._experience(prompts, responses, scored)
        times.append(time.perf_counter())
        with out_of_memory_in("training on a microbatch", room), self.models.training_mode():
            log |= self._update(experience, torch.Generator().manual_seed(rng_seed), step)
        times.append(time.perf_counter())
        rollout = experience.rollout
        return {
            **scored.log,
            **log,
            **response_statistics(responses),
            **speeds(times, sum(map(len, rollout.responses)), rollout.size, self.cfg.ppo_epochs),
        }

    @torch.no_grad()
    def _experience(
        self, prompts: Sequence[Sequence[int]], responses: Sequence[Response], scored: ScoredRollout
    ) -> tuple[Experience, dict[str, float]]:
        cfg, device = self.cfg, self.models.device
        rollout = Rollout.of(prompts, responses, device)
        old, ref, entropy, predicted = (torch.zeros_like(rollout.tokens) for _ in range(4))
        for rows in rollout.passes(range(len(prompts)), cfg.microbatch):
            packed = rollout.pack(rows)
            made: PolicyOutput | None = None
            if cfg.sampled_logprobs:
                rollout.put(old, rows, _sampled_logprobs(responses, rows, device))
            else:
                made = self.models.policy(packed, self.temperature)
                rollout.put(old, rows, made.logprobs)
                rollout.put(entropy, rows, made.entropy)
            rollout.put(ref, rows, self.models.reference_logprobs(packed, self.temperature))
            if self.critic_optimizer is not None:
                values_too = made.values if made is not None else None
                rollout.put(predicted, rows, self.models.values(packed) if values_too is None else values_too)
        values = predicted if self.critic_optimizer is not None else None
        valid = torch.tensor([s is not None for s in scored.scores], dtype=torch.float32, device=device)
        mask = rollout.tokens * valid.unsqueeze(1)
        rewards, blame = self._rewards(rollout, scored, valid, old, ref)
        if values is None:
            advantages = returns = reward_to_go(rewards, rollout.tokens)
        else:
            advantages, returns = gae(rewards, values, rollout.tokens, cfg.gamma, cfg.gae_lambda)
        known = None if cfg.sampled_logprobs else entropy
        log = experience_statistics(old - ref, known, values, advantages, returns, mask)
        if scored.blame:
            advantages = with_credit(advantages, blame, mask)
        if cfg.estimator in (Estimator.gae, Estimator.reinforce_baseline):
            advantages = whiten(advantages, mask, scale=cfg.whiten_advantages)
        log |= credit_statistics(advantages, blame, mask)
        return Experience(rollout, old, values, advantages, returns, mask), log

    def _rewards(
        self, rollout: Rollout, scored: ScoredRollout, valid: Tensor, logprobs: Tensor, ref_logprobs: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Rewards of the tokens ``[B, R]``, KL and the scalar on the last one; and their blame, in the same unit."""
        cfg, device = self.cfg, valid.device
        raw = torch.tensor([0.0 if s is None else s for s in scored.scores], device=device)
        self.norm.update(raw[valid.bool()])
        if cfg.normalize_rewards:
            raw = self.norm.normalize(raw)
        scores = compare_in_groups(raw, valid, cfg.estimator, cfg.samples_per_prompt)
        rewards = token_rewards(scores, logprobs, ref_logprobs, rollout.tokens, cfg.kl_coef)
        blame = torch.zeros_like(rewards)
        for row, of_tokens in scored.blame.items():
            blame[row, : len(of_tokens)] = torch.tensor(of_tokens, device=device)
        # group_norm counts scores in standard deviations whether or not they were normalised before.
        in_deviations = cfg.normalize_rewards or cfg.estimator is Estimator.group_norm
        return rewards, in_unit(blame, self.norm.scale if in_deviations else 1.0)

    def _update(self, experience: Experience, rng: torch.Generator, step: int) -> dict[str, float]:
        sums: dict[str, float] = {}
        updates = 0
        train_actor = step >= self.cfg.critic_warmup_steps
        for _ in range(self.cfg.ppo_epochs):
            order: list[int] = torch.randperm(len(experience.mask), generator=rng).tolist()
            for start in range(0, len(order), self.cfg.minibatch):
                rows = order[start : start + self.cfg.minibatch]
                updates += 1
                for key, value in self._minibatch(
                    experience, rows, train_actor, f"{step + 1}, update {updates}"
                ).items():
                    sums[key] = sums.get(key, 0.0) + value
        return {key: value / updates for key, value in sums.items()}

    def _minibatch(
        self, experience: Experience, rows: Sequence[int], train_actor: bool, where: str
    ) -> dict[str, float]:
        """One optimiser update of actor and critic; passes weigh by their tokens, so that their size is free."""
        index = torch.tensor(rows, device=experience.mask.device)
        total = experience.mask[index].sum().clamp(min=1)
        log = dict.fromkeys(("policy_loss", "clip_frac", "policy_kl"), 0.0)
        for group in experience.rollout.passes(rows, self.cfg.microbatch):
            for key, value in self._pass(experience, group, train_actor, total).items():
                log[key] = log.get(key, 0.0) + value
        norms = {"actor_grad_norm": _clip(self.actor_optimizer, self.cfg.max_grad_norm) if train_actor else 0.0}
        if self.critic_optimizer is not None:
            norms["critic_grad_norm"] = _clip(self.critic_optimizer, self.cfg.max_grad_norm)
        if not all(map(_is_finite, [*log.values(), *norms.values()])):
            raise NotFiniteError(where, rows, {**log, **norms})
        if train_actor:
            self.actor_optimizer.step()
        self.actor_optimizer.zero_grad(set_to_none=True)
        if self.critic_optimizer is not None:
            self.critic_optimizer.step()
            self.critic_optimizer.zero_grad(set_to_none=True)
        return log | norms

    def _pass(self, experience: Experience, rows: list[int], train_actor: bool, total: Tensor) -> dict[str, float]:
        """Add the gradients of one forward and backward pass; returns its share of the losses."""
        cfg, rollout, log = self.cfg, experience.rollout, dict[str, float]()
        packed = rollout.pack(rows)
        mask = rollout.flat(experience.mask, rows)
        share = mask.sum() / total
        values: Tensor | None = None
        loss = torch.zeros((), device=mask.device)
        if train_actor:
            made: PolicyOutput = self.models.policy(packed, self.temperature)
            old, advantages = (rollout.flat(x, rows) for x in (experience.logprobs, experience.advantages))
            surrogate, clipped = policy_loss(made.logprobs, old, advantages, mask, cfg.clip)
            values, loss = made.values, surrogate
            if cfg.entropy_coef:
                loss = loss - cfg.entropy_coef * masked_mean(made.entropy, mask)
            if cfg.sampled_logprobs:
                log["entropy"] = float(masked_mean(made.entropy.detach(), mask) * share)
            log["policy_loss"] = float(surrogate.detach() * share)
            log["clip_frac"] = float(clipped * share)
            log["policy_kl"] = float(masked_mean(old - made.logprobs.detach(), mask) * share)
        if experience.values is not None:
            if values is None:
                if train_actor:
                    (loss * share).backward()  # type: ignore[no-untyped-call] # the actor's activations go first
                    loss = torch.zeros((), device=mask.device)
                values = self.models.values(packed)
            known, returns = (rollout.flat(x, rows) for x in (experience.values, experience.returns))
            error = value_loss(values, known, returns, mask, cfg.value_clip)
            loss = loss + (cfg.value_coef if self.models.shares_trunk else 1.0) * error
            log["value_loss"] = float(error.detach() * share)
        with self.models.value_pass() if experience.values is not None else nullcontext():
            (loss * share).backward()  # type: ignore[no-untyped-call]
        return log

    def state(self) -> dict[str, Any]:
        """Weights, both optimisers and the reward statistics, for a checkpoint."""
        return {
            "models": self.models.trainable_state(),
            "actor_optimizer": self.actor_optimizer.state_dict(),
            "critic_optimizer": self.critic_optimizer.state_dict() if self.critic_optimizer else None,
            "norm": vars(self.norm).copy(),
        }

    def load_state(self, state: dict[str, Any]) -> None:
        """Continue from ``state``."""
        self.models.load_trainable_state(state["models"])
        self.actor_optimizer.load_state_dict(state["actor_optimizer"])
        if self.critic_optimizer is not None:
            self.critic_optimizer.load_state_dict(state["critic_optimizer"])
        self.norm = RunningNorm(**state["norm"])


class NotFiniteError(InfrastructureError):
    """A loss or gradient is not finite (exit code 4): the update was not made; ``rows`` are those that it was of."""

    def __init__(self, where: str, rows: Sequence[int], found: dict[str, float]) -> None:
        wrong = ", ".join(f"{key} {value}" for key, value in found.items() if not _is_finite(value))
        super().__init__(
            f"training stopped at step {where}: {wrong}",
            hint="The last checkpoint is kept and was made before this. The answers of the step are the last in "
            "rollouts.jsonl. A smaller trainer.actor_lr or model.dtype=float32 may help (another run then).",
        )
        self.rows = tuple(rows)


def _is_finite(value: float) -> bool:
    return abs(value) < float("inf")


def _sampled_logprobs(responses: Sequence[Response], rows: Sequence[int], device: torch.device) -> Tensor:
    """The sampler's log-probabilities of the tokens of ``rows``, ``[N]``."""
    return torch.tensor([logprob for row in rows for logprob in responses[row].logprobs], device=device)


def _clip(optimizer: torch.optim.Optimizer, max_norm: float) -> float:
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    return float(torch.nn.utils.clip_grad_norm_(parameters, max_norm))
