"""Actor, critic and frozen reference on one device, fully trained or as LoRA adapters on one shared base."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from real.errors import UsageError
from real.policy.config import LoraCfg
from real.policy.peft_quiet import peft_quiet
from real.training.config import Critic
from real.training.local.fused_lora import fuse_adapters
from real.training.local.packed import PackedBatch, attends_to_all, hidden_states
from real.training.local.token_statistics import multiplies_only, token_statistics


class PolicyOutput(NamedTuple):
    """Of each response token, ``[N]`` float32: log-probability, entropy, and the value where the trunk is shared."""

    logprobs: Tensor
    entropy: Tensor
    values: Tensor | None


class ActorCritic(nn.Module):
    """What PPO needs of its models: one forward pass each, over response tokens ``[N]`` of a ``PackedBatch``.

    With LoRA, actor and critic are two adapters (float32) of one frozen base, and the reference is that base with its
    adapters off; without, critic and reference are copies of the starting model. ``critic=None`` has no critic at all.
    """

    def __init__(
        self,
        model: Any,
        lora: LoraCfg,
        *,
        critic: Critic | None = Critic.own,
        bfloat16: bool = False,
        gradient_checkpointing: bool = False,
    ) -> None:
        """``bfloat16`` computes in that type while trained weights stay float32 (small updates vanish in bfloat16).

        Raises ``UsageError`` for a model whose logits are more than a product with its output layer, or whose tokens
        do not look at all before them.
        """
        super().__init__()
        _check_output_layer(model)
        _check_attention(model)
        self.lora = lora.enabled
        self.critic_kind = critic
        self.compute_bfloat16 = bfloat16
        self.checkpointing = gradient_checkpointing
        own_backbone = critic is Critic.backbone or (critic is Critic.own and not lora.enabled)
        self.critic: Any = copy.deepcopy(model.model) if own_backbone else None
        if self.critic is not None and lora.enabled:
            self.critic.float().requires_grad_(True)
        self.reference: Any = None if lora.enabled else copy.deepcopy(model).requires_grad_(False).eval()
        self.actor: Any = _with_adapters(model, lora, critic) if lora.enabled else model
        self.value_head: nn.Linear | None = None
        if critic is not None:
            self.value_head = nn.Linear(model.config.hidden_size, 1)
            nn.init.zeros_(self.value_head.weight)  # values start at 0: the first advantages are the plain returns
            nn.init.zeros_(self.value_head.bias)
            self.value_head.to(device=model.device)
        if gradient_checkpointing:
            for trained in filter(None, (model, self.critic)):
                _checkpoint_activations(trained)
        self.eval()

    @property
    def device(self) -> torch.device:
        """Where all models are."""
        return self._causal_model.device  # type: ignore[no-any-return]

    @property
    def shares_trunk(self) -> bool:
        """Whether the values come with the actor's forward pass."""
        return self.critic_kind is Critic.shared

    @property
    def _causal_model(self) -> Any:
        return self.actor.get_base_model() if self.lora else self.actor

    def actor_parameters(self) -> list[nn.Parameter]:
        """The weights that the policy loss moves."""
        if self.lora:
            return [p for name, p in self.actor.named_parameters() if ".actor." in name]
        return list(self.actor.parameters())

    def critic_parameters(self) -> list[nn.Parameter]:
        """The weights that only the value loss moves; none without a critic."""
        if self.value_head is None:
            return []
        trunk: list[nn.Parameter] = []
        if self.critic is not None:
            trunk = list(self.critic.parameters())
        elif not self.shares_trunk:
            trunk = [p for name, p in self.actor.named_parameters() if ".critic." in name]
        return [*trunk, *self.value_head.parameters()]

    def policy(self, batch: PackedBatch, temperature: float) -> PolicyOutput:
        """One forward pass of the actor."""
        with self._adapter("actor"):
            states = self._states(self._causal_model.model, batch)
        logprobs, entropy = self._statistics(self._causal_model, states, batch, temperature)
        return PolicyOutput(logprobs, entropy, self._values_of(states) if self.shares_trunk else None)

    @torch.no_grad()
    def reference_logprobs(self, batch: PackedBatch, temperature: float) -> Tensor:
        """The frozen reference's log-probabilities of the response tokens ``[N]``."""
        model = self._causal_model if self.lora else self.reference
        with self.actor.disable_adapter() if self.lora else nullcontext():
            states = self._states(model.model, batch)
        return self._statistics(model, states, batch, temperature)[0]

    def values(self, batch: PackedBatch) -> Tensor:
        """The critic's value before each response token ``[N]``; a forward pass of its own."""
        if self.critic is not None:
            return self._values_of(self._states(self.critic, batch))
        with self._adapter("actor" if self.shares_trunk else "critic"):
            return self._values_of(self._states(self._causal_model.model, batch))

    def value_pass(self) -> AbstractContextManager[None]:
        """Around the backward pass of ``values``: activations computed again need the adapter of the first time."""
        return self._adapter("critic" if self.critic_kind is Critic.own else "actor")

    @contextmanager
    def training_mode(self) -> Iterator[None]:
        """For updates: dropout of the adapters, and activations that are computed twice where that is asked for."""
        trained = [module for module in (self.actor, self.critic) if module is not None]
        for module in trained:
            module.train()
        try:
            yield
        finally:
            for module in trained:
                module.eval()

    def _states(self, trunk: Any, batch: PackedBatch) -> Tensor:
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.compute_bfloat16):
            states = hidden_states(trunk, batch)
        return states.bfloat16() if self.compute_bfloat16 else states

    def _statistics(self, model: Any, states: Tensor, batch: PackedBatch, temperature: float) -> tuple[Tensor, Tensor]:
        return token_statistics(states, model.get_output_embeddings().weight, batch.tokens, temperature)

    def _values_of(self, states: Tensor) -> Tensor:
        assert self.value_head is not None
        values: Tensor = self.value_head(states.float()).squeeze(-1)
        return values

    @contextmanager
    def _adapter(self, name: str) -> Iterator[None]:
        """Route the shared base through one adapter; the actor's is the resting state, which rollouts use."""
        if not self.lora or name == "actor":
            yield
            return
        self._activate(name)
        try:
            yield
        finally:
            self._activate("actor")

    def _activate(self, name: str) -> None:
        self.actor.set_adapter(name)
        for key, parameter in self.actor.named_parameters():
            if ".actor." in key or ".critic." in key:
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


def _with_adapters(model: Any, lora: LoraCfg, critic: Critic | None) -> Any:
    from peft import LoraConfig, get_peft_model

    adapter = LoraConfig(r=lora.rank, lora_alpha=lora.alpha, lora_dropout=lora.dropout, target_modules="all-linear")
    with peft_quiet():
        wrapped = get_peft_model(model, adapter, adapter_name="actor")
    if critic is Critic.own:
        wrapped.add_adapter("critic", copy.deepcopy(adapter))
        for name, parameter in wrapped.named_parameters():
            if ".critic." in name:
                parameter.requires_grad_(True)
    fuse_adapters(wrapped)
    return wrapped


def _checkpoint_activations(model: Any) -> None:
    settings = {"use_reentrant": False}
    if hasattr(model, "activation_checkpointing_enable"):  # its name since transformers 5.24
        model.activation_checkpointing_enable(settings)
    else:
        model.gradient_checkpointing_enable(settings)


def _check_output_layer(model: Any) -> None:
    """Log-probabilities are computed from hidden states and the output layer's weight alone (``token_statistics``)."""
    if not multiplies_only(model):
        raise UsageError(
            f"the logits of {type(model).__name__} are not its last hidden states times its output layer",
            hint="trainer=local trains models that have neither a bias, a scale nor a cap there, such as Qwen2.",
        )


def _check_attention(model: Any) -> None:
    """Sequences are computed end to end (``packed``), with full causal attention within each."""
    if not attends_to_all(model):
        raise UsageError(
            f"{type(model).__name__} has layers with windows, chunks or an attention of their own",
            hint="trainer=local trains models whose tokens look at all before them, such as Qwen2; trainer=openrlhf"
            " takes others.",
        )
