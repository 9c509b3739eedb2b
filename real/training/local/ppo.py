"""One PPO step on one device: rollout, scores, advantages, clipped updates (paper section 3.2, appendix A.2)."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from real.generation import Generator, Response
from real.training.config import TrainerCfg
from real.training.local.batch import Sequences, pack
from real.training.local.estimates import RunningNorm, gae, masked_mean, token_rewards, whiten
from real.training.local.losses import policy_loss, value_loss
from real.training.local.models import ActorCritic

Scores = Sequence[float | None]  # None: masked, an infrastructure failure
ScoreFn = Callable[[Sequence[int], Sequence[Response]], tuple[Scores, dict[str, float]]]


@dataclass
class Experience:
    """One rollout, scored: everything an update reads; ``[B, R]`` each, on the training device."""

    batch: Sequences
    logprobs: Tensor
    values: Tensor
    advantages: Tensor
    returns: Tensor
    mask: Tensor  # response tokens of samples that were not masked

    def rows(self, index: Tensor) -> Experience:
        """The samples at ``index``, cut to their longest response."""
        batch = self.batch.rows(index)
        width = batch.mask.shape[1]
        cut = {k: getattr(self, k)[index, :width] for k in ("logprobs", "values", "advantages", "returns", "mask")}
        return replace(self, batch=batch, **cut)


class Ppo:
    """The optimiser state of a run and its one operation, ``step``.

    Randomness of step ``t`` (sampling, minibatch order) comes from ``(seed, t)`` alone, so a resumed run continues
    exactly as an uninterrupted one.
    """

    def __init__(
        self, cfg: TrainerCfg, models: ActorCritic, generator: Generator, pad: int, temperature: float
    ) -> None:
        self.cfg = cfg
        self.models = models
        self.generator = generator
        self.pad = pad
        self.temperature = temperature
        self.norm = RunningNorm()
        adam: dict[str, Any] = {"betas": tuple(cfg.betas), "weight_decay": cfg.weight_decay}
        self.actor_optimizer = torch.optim.AdamW(models.actor_parameters(), lr=cfg.actor_lr, **adam)
        self.critic_optimizer = torch.optim.AdamW(models.critic_parameters(), lr=cfg.critic_lr, **adam)

    def step(self, prompts: Sequence[Sequence[int]], score: ScoreFn, *, step: int, seed: int) -> dict[str, float]:
        """Sample one response a prompt, score, update; ``score`` gets (rows, responses). Returns the step's log."""
        began = time.perf_counter()
        rng_seed = seed * 1_000_003 + step
        responses = self.generator.generate(prompts, greedy=False, seed=rng_seed)
        generated = time.perf_counter()
        scores, components = score(range(len(prompts)), responses)
        scored = time.perf_counter()
        experience, log = self._experience(prompts, responses, scores)
        log |= self._update(experience, torch.Generator().manual_seed(rng_seed), step)
        done = time.perf_counter()
        return {
            **components,
            **log,
            "response_tokens": sum(len(r.tokens) for r in responses) / len(responses),
            "unfinished": sum(not r.finished for r in responses) / len(responses),
            "seconds_generate": generated - began,
            "seconds_reward": scored - generated,
            "seconds_update": done - scored,
            "seconds": done - began,
        }

    @torch.no_grad()
    def _experience(
        self, prompts: Sequence[Sequence[int]], responses: Sequence[Response], scores: Scores
    ) -> tuple[Experience, dict[str, float]]:
        device = next(self.models.parameters()).device
        batch = pack(prompts, responses, self.pad, device)
        old, ref, values = (torch.zeros_like(batch.mask) for _ in range(3))
        entropy = torch.zeros_like(batch.mask)
        for index in torch.split(torch.arange(len(prompts), device=device), self.cfg.microbatch):
            part = batch.rows(index)
            width = part.mask.shape[1]
            old[index, :width], entropy[index, :width] = self.models.logprobs(part, self.temperature)
            ref[index, :width] = self.models.reference_logprobs(part, self.temperature)
            values[index, :width] = self.models.values(part)
        valid = torch.tensor([s is not None for s in scores], dtype=torch.float32, device=device)
        mask = batch.mask * valid.unsqueeze(1)
        raw = torch.tensor([0.0 if s is None else s for s in scores], device=device)
        if self.cfg.normalize_rewards:
            self.norm.update(raw[valid.bool()])
            raw = self.norm.normalize(raw)
        old, ref, values = old * batch.mask, ref * batch.mask, values * batch.mask
        rewards = token_rewards(raw * valid, old, ref, batch.mask, self.cfg.kl_coef)
        advantages, returns = gae(rewards, values, batch.mask, self.cfg.gamma, self.cfg.gae_lambda)
        explained = 1 - masked_mean((returns - values) ** 2, mask) / masked_mean(
            (returns - masked_mean(returns, mask)) ** 2, mask
        ).clamp(min=1e-8)
        log = {
            "kl": float(((old - ref) * mask).sum() / valid.sum().clamp(min=1)),  # per response, k1 estimator
            "entropy": float(masked_mean(entropy, mask)),
            "explained_variance": float(explained),
        }
        if self.cfg.whiten_advantages:
            advantages = whiten(advantages, mask)
        return Experience(batch, old, values, advantages, returns, mask), log

    def _update(self, experience: Experience, rng: torch.Generator, step: int) -> dict[str, float]:
        sums: dict[str, float] = {}
        updates = 0
        train_actor = step >= self.cfg.critic_warmup_steps
        for _ in range(self.cfg.ppo_epochs):
            order = torch.randperm(len(experience.mask), generator=rng).to(experience.mask.device)
            for index in torch.split(order, self.cfg.minibatch):
                for key, value in self._minibatch(experience, index, train_actor).items():
                    sums[key] = sums.get(key, 0.0) + value
                updates += 1
        return {key: value / updates for key, value in sums.items()}

    def _minibatch(self, experience: Experience, index: Tensor, train_actor: bool) -> dict[str, float]:
        """One optimiser update of actor and critic; microbatches weigh by their tokens, so their size is free."""
        cfg = self.cfg
        total = experience.mask[index].sum().clamp(min=1)
        log = dict.fromkeys(("policy_loss", "value_loss", "clip_frac"), 0.0)
        for micro in torch.split(index, cfg.microbatch):
            part = experience.rows(micro)
            share = part.mask.sum() / total
            if train_actor:
                logprobs, entropy = self.models.logprobs(part.batch, self.temperature)
                surrogate, clipped = policy_loss(logprobs, part.logprobs, part.advantages, part.mask, cfg.clip)
                ((surrogate - cfg.entropy_coef * masked_mean(entropy, part.mask)) * share).backward()  # type: ignore[no-untyped-call]
                log["policy_loss"] += float(surrogate.detach() * share)
                log["clip_frac"] += float(clipped * share)
            values = self.models.values(part.batch)
            error = value_loss(values, part.values, part.returns, part.mask, cfg.value_clip)
            (error * share).backward()  # type: ignore[no-untyped-call]
            log["value_loss"] += float(error.detach() * share)
        log["actor_grad_norm"] = _apply(self.actor_optimizer, cfg.max_grad_norm) if train_actor else 0.0
        log["critic_grad_norm"] = _apply(self.critic_optimizer, cfg.max_grad_norm)
        return log

    def state(self) -> dict[str, Any]:
        """Weights, both optimisers and the reward statistics, for a checkpoint."""
        return {
            "models": self.models.trainable_state(),
            "actor_optimizer": self.actor_optimizer.state_dict(),
            "critic_optimizer": self.critic_optimizer.state_dict(),
            "norm": vars(self.norm).copy(),
        }

    def load_state(self, state: dict[str, Any]) -> None:
        """Continue from ``state``."""
        self.models.load_trainable_state(state["models"])
        self.actor_optimizer.load_state_dict(state["actor_optimizer"])
        self.critic_optimizer.load_state_dict(state["critic_optimizer"])
        self.norm = RunningNorm(**state["norm"])


def _apply(optimizer: torch.optim.Optimizer, max_norm: float) -> float:
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    norm = torch.nn.utils.clip_grad_norm_(parameters, max_norm)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return float(norm)
