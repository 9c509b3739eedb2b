"""SafeCoder's loss of one sample (He et al., 2024, section 4.1), and what a training did to held-out ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from real.methods.common.losses import log_likelihood_loss, masked_mean, target_logprobs, unlikelihood_loss
from real.methods.common.masks import UTILITY, Sample


class SafeCoderObjective:
    """Utility: cross-entropy on the response. Security: cross-entropy or unlikelihood on its changed tokens."""

    def __init__(self, model: Any, security_weight: float) -> None:
        self.model, self.security_weight = model, security_weight

    def loss(self, sample: Sample) -> tuple[Tensor, Mapping[str, float]]:
        """The loss, and under the name of its kind for the log."""
        self.model.train()
        logprobs, changed = self.logprobs(sample)
        if sample.group == UTILITY:
            loss = log_likelihood_loss(logprobs, changed)
            return loss, {"utility": float(loss.detach())}
        loss = (log_likelihood_loss if sample.secure else unlikelihood_loss)(logprobs, changed)
        return self.security_weight * loss, {"secure" if sample.secure else "insecure": float(loss.detach())}

    def logprobs(self, sample: Sample) -> tuple[Tensor, Tensor]:
        """log p of each response token ``[N]``, and the mask of changed ones."""
        base = self.model.get_base_model() if hasattr(self.model, "get_base_model") else self.model
        ids = torch.tensor([*sample.prompt, *sample.response], device=base.device).unsqueeze(0)
        hidden = base.model(input_ids=ids, use_cache=False).last_hidden_state[0]
        size = len(sample.response)
        changed = torch.tensor(sample.changed, dtype=torch.float32, device=base.device)
        return target_logprobs(hidden[-size - 1 : -1], base.get_output_embeddings().weight, ids[0, -size:]), changed


@torch.no_grad()
def utility_loss(objective: SafeCoderObjective, samples: Sequence[Sample]) -> float:
    """Mean cross-entropy of utility answers; NaN where there are none."""
    objective.model.eval()
    losses = [float(log_likelihood_loss(*objective.logprobs(sample))) for sample in samples]
    return sum(losses) / len(losses) if losses else float("nan")


@torch.no_grad()
def insecure_probability(objective: SafeCoderObjective, samples: Sequence[Sample]) -> float:
    """Mean probability of a changed token of insecure samples; NaN where there are none."""
    objective.model.eval()
    found = [objective.logprobs(sample) for sample in samples if not sample.secure]
    means = [float(masked_mean(logprobs.exp(), changed)) for logprobs, changed in found]
    return sum(means) / len(means) if means else float("nan")
