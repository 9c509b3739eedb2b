"""The training loop of methods that learn from samples one by one: AdamW, linear decay, gradients gathered, resumed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn

from real.errors import InfrastructureError
from real.io.progress import Progress
from real.methods.common.loss_log import LossLog
from real.policy.state_file import load_state, save_state
from real.stopping import at_boundaries

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class LoopSettings:
    """An update is the mean gradient of ``batch`` samples; the rate falls linearly from ``lr`` to 0."""

    epochs: int
    batch: int
    lr: float
    weight_decay: float
    max_grad_norm: float
    checkpoint_every: int = 50


@dataclass
class SampleLoop(Generic[T]):
    """Trains ``parameters``; ``loss`` gives the loss of one sample and the parts of it that are recorded."""

    name: str
    parameters: Mapping[str, nn.Parameter]
    loss: Callable[[T], tuple[Tensor, Mapping[str, float]]]
    settings: LoopSettings
    folder: Path
    checkpoint: Path

    def run(self, samples: Sequence[T], seed: int) -> int:
        """Train to the end, from the newest checkpoint on; returns the number of updates.

        Raises ``InfrastructureError`` where a loss is not finite or the disk refuses, ``Stopped`` after a signal.
        """
        cfg = self.settings
        optimizer = torch.optim.AdamW(
            list(self.parameters.values()), lr=cfg.lr, eps=1e-8, weight_decay=cfg.weight_decay
        )
        batches = _batches(len(samples), cfg, seed)
        first, log = self._resume(optimizer), LossLog(self.folder)
        log.keep(first)
        with Progress(len(batches) - first, self.name, "updates") as progress, at_boundaries() as boundary:
            for step in range(first, len(batches)):
                torch.manual_seed(seed * 1_000_003 + step)  # dropout: a resumed run draws what an unbroken one draws
                for group in optimizer.param_groups:
                    group["lr"] = cfg.lr * (1 - step / len(batches))
                record = self._update(optimizer, [samples[index] for index in batches[step]])
                log.add(step + 1, record)
                progress.advance(note=f"loss {record['loss']:.3f}")
                if (step + 1) % cfg.checkpoint_every == 0 or step + 1 == len(batches) or boundary.requested:
                    self._save(optimizer, step + 1)
                boundary.leave()
        return len(batches)

    def _update(self, optimizer: torch.optim.Optimizer, batch: Sequence[T]) -> dict[str, float]:
        sums: dict[str, float] = {}
        for sample in batch:
            loss, parts = self.loss(sample)
            if not torch.isfinite(loss):
                raise InfrastructureError(
                    f"the loss of {self.name} is not finite", hint=f"Try a lower method.{self.name}.lr."
                )
            (loss / len(batch)).backward()  # type: ignore[no-untyped-call]
            for name, value in {"loss": float(loss.detach()), **parts}.items():
                sums[name] = sums.get(name, 0.0) + value / len(batch)
        nn.utils.clip_grad_norm_(list(self.parameters.values()), self.settings.max_grad_norm)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return sums

    def _resume(self, optimizer: torch.optim.Optimizer) -> int:
        if not self.checkpoint.exists():
            return 0
        state = load_state(self.checkpoint)
        with torch.no_grad():
            for name, weights in self.parameters.items():
                weights.copy_(state["weights"][name])
        optimizer.load_state_dict(state["optimizer"])
        return int(state["step"])

    def _save(self, optimizer: torch.optim.Optimizer, step: int) -> None:
        weights = {name: value.detach() for name, value in self.parameters.items()}
        save_state(self.checkpoint, {"weights": weights, "optimizer": optimizer.state_dict(), "step": step})


def _batches(size: int, cfg: LoopSettings, seed: int) -> list[list[int]]:
    """Rows of the samples of each update; every epoch is shuffled anew, and its last update may be smaller."""
    rng = torch.Generator().manual_seed(seed)
    batches = []
    for _ in range(cfg.epochs):
        order = torch.randperm(size, generator=rng).tolist()
        batches += [order[start : start + cfg.batch] for start in range(0, size, cfg.batch)]
    return batches
