"""Actor, critic and frozen reference on one device, fully trained or as LoRA adapters on one shared base."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from real.policy.config import LoraCfg
from real.training.local.batch import Sequences, forward_inputs, response_logits
from real.training.local.losses import token_entropy, token_logprobs


class ActorCritic(nn.Module):
    """What PPO needs of its models; the value head reads the critic trunk's last hidden state.

    With LoRA, actor and critic are two adapters of one frozen base and the reference is that base with adapters off;
    without, critic and reference are copies of the starting model.
    """

    def __init__(self, model: Any, lora: LoraCfg, *, bfloat16: bool = False) -> None:
        """``bfloat16`` computes in that type while trained weights stay float32 (small updates vanish in bfloat16)."""
        super().__init__()
        self.lora = lora.enabled
        self.compute_bfloat16 = bfloat16
        hidden = model.config.hidden_size
        if self.lora:
            from peft import LoraConfig, get_peft_model

            adapter = LoraConfig(
                r=lora.rank, lora_alpha=lora.alpha, lora_dropout=lora.dropout, target_modules="all-linear"
            )
            self.actor: Any = get_peft_model(model, adapter, adapter_name="actor")
            self.actor.add_adapter("critic", copy.deepcopy(adapter))
            self.critic: Any = None
            self.reference: Any = None
        else:
            self.actor = model
            self.critic = copy.deepcopy(model.model)
            self.reference = copy.deepcopy(model).requires_grad_(False).eval()
        self.value_head = nn.Linear(hidden, 1)
        nn.init.zeros_(self.value_head.weight)  # values start at 0: the first advantages are the plain returns
        nn.init.zeros_(self.value_head.bias)
        self.value_head.to(device=model.device)

    def actor_parameters(self) -> list[nn.Parameter]:
        """The weights that the policy loss moves."""
        if self.lora:
            return [p for name, p in self.actor.named_parameters() if ".actor." in name]
        return list(self.actor.parameters())

    def critic_parameters(self) -> list[nn.Parameter]:
        """The weights that the value loss moves."""
        if self.lora:
            trunk = [p for name, p in self.actor.named_parameters() if ".critic." in name]
        else:
            trunk = list(self.critic.parameters())
        return [*trunk, *self.value_head.parameters()]

    def logprobs(self, batch: Sequences, temperature: float) -> tuple[Tensor, Tensor]:
        """The actor's log-probabilities of the response tokens and entropies, each ``[B, R]``."""
        with self._adapter("actor"), self._autocast():
            logits = response_logits(self.actor, batch, temperature)
        return token_logprobs(logits, batch.responses), token_entropy(logits)

    @torch.no_grad()
    def reference_logprobs(self, batch: Sequences, temperature: float) -> Tensor:
        """The frozen reference's log-probabilities of the response tokens ``[B, R]``."""
        off = self.actor.disable_adapter() if self.lora else nullcontext()
        with self._autocast(), off:
            logits = response_logits(self.actor if self.lora else self.reference, batch, temperature)
        return token_logprobs(logits, batch.responses)

    def values(self, batch: Sequences) -> Tensor:
        """The critic's value before each response token ``[B, R]``."""
        with self._adapter("critic"), self._autocast():
            trunk = self.actor.get_base_model().model if self.lora else self.critic
            hidden = trunk(**forward_inputs(batch)).last_hidden_state
        states = hidden[:, -batch.mask.shape[1] - 1 : -1]
        values: Tensor = self.value_head(states.float()).squeeze(-1)
        return values

    def _autocast(self) -> torch.autocast:
        return torch.autocast(self.actor.device.type, dtype=torch.bfloat16, enabled=self.compute_bfloat16)

    @contextmanager
    def _adapter(self, name: str) -> Iterator[None]:
        """Route the shared base through one adapter; the actor's is the resting state, which rollouts use."""
        if not self.lora:
            yield
            return
        self._activate(name)
        try:
            yield
        finally:
            self._activate("actor")

    def _activate(self, name: str) -> None:
        self.actor.set_adapter(name)
        for parameter in [*self.actor_parameters(), *self.critic_parameters()]:
            parameter.requires_grad_(True)  # set_adapter freezes the others; both adapters stay trainable here

    def trainable_state(self) -> dict[str, Tensor]:
        """Weights that training changes (not the reference, nor a frozen base), for a checkpoint."""
        keep = {id(p) for p in [*self.actor_parameters(), *self.critic_parameters()]}
        return {name: p.detach() for name, p in self.named_parameters() if id(p) in keep}

    def load_trainable_state(self, state: dict[str, Tensor]) -> None:
        """Put weights from ``trainable_state`` back; raises ``KeyError`` when the models differ."""
        own = self.trainable_state()
        if own.keys() != state.keys():
            raise KeyError(f"checkpoint and model differ in {sorted(own.keys() ^ state.keys())[:3]}")
        with torch.no_grad():
            for name, value in own.items():
                value.copy_(state[name])
