"""Supervised fine-tuning: the loss is on the response, and on the prompt as far as ``prompt_weight`` says."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from real.policy.state_file import load_state, save_state
from real.stopping import at_boundaries


@dataclass(frozen=True)
class SftExample:
    """Token ids of one prompt and of the response to learn, end token included."""

    prompt: tuple[int, ...]
    response: tuple[int, ...]


@dataclass(frozen=True)
class SftSettings:
    """AdamW with linear warm-up and cosine decay; ``prompt_weight`` is what a prompt token counts."""

    epochs: int
    batch: int
    lr: float
    warmup_ratio: float
    weight_decay: float = 0.01
    max_grad_norm: float = 1.0
    prompt_weight: float = 0.0


def train_sft(
    model: Any,
    examples: Sequence[SftExample],
    settings: SftSettings,
    *,
    seed: int,
    checkpoint: Path | None = None,
    checkpoint_every: int = 200,
    loss_of: Callable[[Any, Sequence[SftExample], float], torch.Tensor] | None = None,
    on_step: Callable[[int, int, float], None] = lambda step, total, loss: None,
) -> int:
    """Train ``model`` in place and return the number of optimiser steps; resumes from ``checkpoint`` when it exists.

    ``loss_of``: the loss of a batch by the weight of prompt tokens, ``sft_loss`` or one that equals it.
    """
    loss_of = loss_of or sft_loss
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=settings.lr, betas=(0.9, 0.95), weight_decay=settings.weight_decay)
    batches = list(shuffled_batches(examples, settings, seed))
    first = 0
    if checkpoint is not None and checkpoint.exists():
        state = load_state(checkpoint, str(model.device))
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        first = state["step"]
    model.train()
    with at_boundaries() as boundary:
        for step in range(first, len(batches)):
            for group in optimizer.param_groups:
                group["lr"] = settings.lr * _schedule(step, len(batches), settings.warmup_ratio)
            loss = loss_of(model, batches[step], settings.prompt_weight)
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(parameters, settings.max_grad_norm)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            on_step(step + 1, len(batches), float(loss.detach()))
            due = (step + 1) % checkpoint_every == 0 or step + 1 == len(batches) or boundary.requested
            if checkpoint is not None and due:
                save_state(
                    checkpoint, {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": step + 1}
                )
            boundary.leave()
    model.eval()
    return len(batches)


def sft_loss(model: Any, examples: Sequence[SftExample], prompt_weight: float = 0.0) -> torch.Tensor:
    """Mean cross-entropy over response tokens (weight 1) and prompt tokens (``prompt_weight``), a scalar.

    Without a weight no logits are computed for the prompt.
    """
    ids, attention, mask = (part.to(model.device) for part in _padded(examples))
    inputs = {
        "input_ids": ids,
        "attention_mask": attention,
        "position_ids": (attention.cumsum(dim=1) - 1).clamp(min=0),  # left padding does not shift positions
        "use_cache": False,
    }
    width = mask.shape[1]
    if prompt_weight:
        logits = model(**inputs).logits[:, :-1].float()
        weights = prompt_weight * (attention[:, 1:] * attention[:, :-1]).float()  # a first token has no context
        weights[:, -width:] = torch.where(mask.bool(), 1.0, 0.0)
    else:
        logits = model(**inputs, logits_to_keep=width + 1).logits[:, :-1].float()
        weights = mask
    targets = ids[:, -logits.shape[1] :].unsqueeze(-1)
    # Gather minus logsumexp: no second tensor of the vocabulary's width is kept for the backward pass.
    logprobs = logits.gather(-1, targets).squeeze(-1) - torch.logsumexp(logits, dim=-1)
    loss: torch.Tensor = -(logprobs * weights).sum() / weights.sum().clamp(min=1)
    return loss


def _padded(examples: Sequence[SftExample]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Ids and attention ``[B, P+R]``, prompts padded left and responses right, and the responses' mask ``[B, R]``."""
    left, right = max(len(e.prompt) for e in examples), max(len(e.response) for e in examples)
    ids = torch.zeros((len(examples), left + right), dtype=torch.long)
    attention = torch.zeros_like(ids)
    mask = torch.zeros((len(examples), right))
    for row, example in enumerate(examples):
        begin, end = left - len(example.prompt), left + len(example.response)
        ids[row, begin:end] = torch.tensor([*example.prompt, *example.response])
        attention[row, begin:end] = 1
        mask[row, : len(example.response)] = 1
    return ids, attention, mask


def shuffled_batches(examples: Sequence[SftExample], settings: SftSettings, seed: int) -> Iterator[list[SftExample]]:
    """Shuffled batches of similar length (sorted within pools of 16 batches), the same for the same seed."""
    rng = torch.Generator().manual_seed(seed)
    pool_size = settings.batch * 16
    for _ in range(settings.epochs):
        order = torch.randperm(len(examples), generator=rng).tolist()
        batches = []
        for start in range(0, len(order), pool_size):
            pool = sorted(
                order[start : start + pool_size], key=lambda i: len(examples[i].prompt + examples[i].response)
            )
            batches += [pool[i : i + settings.batch] for i in range(0, len(pool), settings.batch)]
        for index in torch.randperm(len(batches), generator=rng).tolist():
            yield [examples[i] for i in batches[index]]


def _schedule(step: int, total: int, warmup_ratio: float) -> float:
    warmup = max(1, round(total * warmup_ratio))
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, total - warmup)))
