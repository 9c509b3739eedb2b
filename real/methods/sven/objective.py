"""SVEN's training objective: L = L_LM + 4.0 L_CT + w_KL L_KL (He and Vechev, 2023, section 4.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from transformers.cache_utils import DynamicCache

from real.generation.prefix import cache_argument
from real.methods.common.adapters import activate
from real.methods.common.losses import (
    contrastive_loss,
    kl_from_reference,
    log_likelihood_loss,
    masked_mean,
    target_logprobs,
)
from real.methods.common.masks import Sample
from real.methods.config import AdapterForm, SvenCfg


class SvenObjective:
    """The loss of one sample; ``model`` has two adapters, ``names`` says which is of secure and of insecure code."""

    def __init__(self, model: Any, cfg: SvenCfg, names: tuple[str, str] = ("secure", "insecure")) -> None:
        self.model, self.cfg, self.names = model, cfg, names

    def loss(self, sample: Sample) -> tuple[Tensor, Mapping[str, float]]:
        """The weighted sum, and its three parts for the log."""
        own, other = self.names if sample.secure else self.names[::-1]
        self.model.eval()
        with torch.no_grad():  # first: peft freezes adapters when it switches them off, and activating thaws them
            reference, _ = self.states(sample, None)
        self.model.train()  # dropout, of LoRA's inputs; a prefix has its own, below
        own_states, targets = self.states(sample, own, training=True)
        other_states, _ = self.states(sample, other, training=True)
        weight = self.weight
        changed = torch.tensor(sample.changed, dtype=torch.float32, device=weight.device)
        logprobs = target_logprobs(own_states, weight, targets)
        likelihood = log_likelihood_loss(logprobs, changed)
        contrast = contrastive_loss(logprobs, target_logprobs(other_states, weight, targets), changed)
        distances = kl_from_reference(reference, own_states, weight) + kl_from_reference(
            reference, other_states, weight
        )
        drift = masked_mean(distances, 1 - changed)
        total = likelihood + self.cfg.contrastive_weight * contrast + self.cfg.kl_weight * drift
        return total, {
            "likelihood": float(likelihood.detach()),
            "contrast": float(contrast.detach()),
            "kl": float(drift.detach()),
        }

    @property
    def weight(self) -> Tensor:
        """The output layer's, frozen."""
        weight: Tensor = self.model.get_base_model().get_output_embeddings().weight.detach()
        return weight

    def states(self, sample: Sample, adapter: str | None, *, training: bool = False) -> tuple[Tensor, Tensor]:
        """Hidden states ``[N, H]`` from which the response tokens ``[N]`` are predicted, and those tokens.

        ``adapter=None`` is the model without any.
        """
        base = self.model.get_base_model()
        ids = torch.tensor([*sample.prompt, *sample.response], device=base.device).unsqueeze(0)
        inputs: dict[str, Any] = {"input_ids": ids, "use_cache": False}
        if adapter is not None:
            activate(self.model, adapter)
        if adapter is not None and self.cfg.form is AdapterForm.prefix:
            inputs |= self._prefixed(ids, training)
        if adapter is None and self.cfg.form is AdapterForm.lora:
            with self.model.disable_adapter():
                hidden = base.model(**inputs).last_hidden_state[0]
        else:
            hidden = base.model(**inputs).last_hidden_state[0]
        size = len(sample.response)
        return hidden[-size - 1 : -1], ids[0, -size:]

    def _prefixed(self, ids: Tensor, training: bool) -> dict[str, Any]:
        """Keys and values before the sample, with dropout while training; positions follow them, as in peft."""
        rate = self.cfg.dropout if training else 0.0
        cache = DynamicCache()
        for number, layer in enumerate(self.model.get_prompt(batch_size=1).layers):
            keys, values = (functional.dropout(part, rate, training) for part in (layer.keys, layer.values))
            cache.update(keys, values, number)
        tokens = self.cfg.prefix_tokens
        return {
            cache_argument(self.model.get_base_model().model): cache,
            "attention_mask": torch.ones(1, tokens + ids.shape[1], dtype=torch.long, device=ids.device),
            "position_ids": torch.arange(tokens, tokens + ids.shape[1], device=ids.device).unsqueeze(0),
            "use_cache": True,
        }


@torch.no_grad()
def margin(objective: SvenObjective, samples: Sequence[Sample], adapter: str | None) -> float:
    """Mean log-probability of a changed token in secure samples less that in insecure ones, in nats."""
    means: dict[bool, list[float]] = {True: [], False: []}
    for sample in samples:
        states, targets = objective.states(sample, adapter)
        changed = torch.tensor(sample.changed, dtype=torch.float32, device=states.device)
        means[sample.secure].append(float(masked_mean(target_logprobs(states, objective.weight, targets), changed)))
    if not means[True] or not means[False]:
        return float("nan")
    return sum(means[True]) / len(means[True]) - sum(means[False]) / len(means[False])
