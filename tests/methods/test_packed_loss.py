"""A packed batch has the loss and the gradients of its examples one by one, and none sees another."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from real.methods.common.packed_loss import can_pack, packed_loss
from real.policy.config import TinyCfg
from real.policy.sft import SftExample, SftSettings, sft_loss, train_sft
from real.policy.tiny import build_tiny

EXAMPLES = [
    SftExample((5, 6, 7, 8, 9), (20, 21, 2)),
    SftExample((10,), (22, 23, 24, 25, 26, 2)),
    SftExample((5, 6, 7, 8, 9), (27, 2)),  # the same prompt, learned with two answers
    SftExample((11, 12, 13), (2,)),
]


def one_by_one(model: Any, examples: list[SftExample], prompt_weight: float = 0.0) -> Tensor:
    """The weighted mean of the cross-entropies of each example alone, without any padding."""
    total, count = torch.zeros(()), 0.0
    for example in examples:
        ids = torch.tensor([[*example.prompt, *example.response]])
        each = torch.nn.functional.cross_entropy(model(input_ids=ids).logits[0, :-1], ids[0, 1:], reduction="none")
        asked = len(example.prompt) - 1  # the first token is predicted from nothing
        total = total + prompt_weight * each[:asked].sum() + each[asked:].sum()
        count += prompt_weight * asked + len(example.response)
    return total / count


@pytest.mark.parametrize("prompt_weight", [0.0, 0.25])
def test_a_packed_batch_has_the_loss_and_the_gradients_of_its_examples_one_by_one(
    model: Any, prompt_weight: float
) -> None:
    alone, packed = one_by_one(model, EXAMPLES, prompt_weight), packed_loss(model, EXAMPLES, prompt_weight)
    torch.testing.assert_close(packed, alone, atol=1e-6, rtol=1e-6)
    parameters = list(model.parameters())
    for one, other in zip(torch.autograd.grad(packed, parameters), torch.autograd.grad(alone, parameters), strict=True):
        torch.testing.assert_close(one, other, atol=1e-6, rtol=1e-4)
    torch.testing.assert_close(packed.detach(), sft_loss(model, EXAMPLES, prompt_weight).detach(), atol=1e-6, rtol=1e-6)


def test_what_stands_beside_an_example_changes_nothing_of_it(model: Any) -> None:
    mine, beside = EXAMPLES[1], SftExample((15, 16), (17, 18, 2))
    others = (EXAMPLES[0], SftExample((9, 9, 9), (9, 9, 9)))
    sums = []
    for other in others:
        packed, alone = packed_loss(model, [other, mine, beside]), packed_loss(model, [other])
        lengths = len(other.response), len(other.response) + len(mine.response) + len(beside.response)
        sums.append(packed * lengths[1] - alone * lengths[0])  # what the two examples beside it contribute
    torch.testing.assert_close(sums[0], sums[1], atol=1e-5, rtol=1e-5)


def test_adapters_learn_from_packed_examples_as_from_padded_ones(model: Any) -> None:
    from peft import LoraConfig, get_peft_model

    assert can_pack(model)
    wrapped = get_peft_model(model, LoraConfig(r=2, target_modules="all-linear", init_lora_weights=False))
    trained = [parameter for parameter in wrapped.parameters() if parameter.requires_grad]
    packed, padded = packed_loss(wrapped, EXAMPLES), sft_loss(wrapped, EXAMPLES)
    torch.testing.assert_close(packed, padded, atol=1e-6, rtol=1e-5)
    for one, other in zip(torch.autograd.grad(packed, trained), torch.autograd.grad(padded, trained), strict=True):
        torch.testing.assert_close(one, other, atol=1e-6, rtol=1e-3)


def test_training_on_packed_batches_ends_where_training_on_padded_ones_does(tokenizer: Any) -> None:
    settings = SftSettings(epochs=3, batch=2, lr=1e-2, warmup_ratio=0.1)
    losses: dict[str, list[float]] = {"packed": [], "padded": []}
    for name, loss_of in (("packed", packed_loss), ("padded", sft_loss)):
        model = build_tiny(TinyCfg(hidden=32, layers=2, heads=4, kv_heads=2, intermediate=64), tokenizer, seed=0)

        def note(step: int, total: int, loss: float, seen: list[float] = losses[name]) -> None:
            seen.append(loss)

        train_sft(model, EXAMPLES, settings, seed=0, loss_of=loss_of, on_step=note)
    assert losses["packed"] == pytest.approx(losses["padded"], rel=1e-3)
    assert losses["packed"][-1] < losses["packed"][0]


@pytest.mark.parametrize("changed", ["window", "chunks", "attention", "sdpa", "bias"])
def test_a_model_that_would_attend_otherwise_is_not_packed(
    model: Any, changed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    match changed:
        case "window":
            monkeypatch.setattr(model.config, "sliding_window", 4)
        case "chunks":
            monkeypatch.setattr(model.config, "layer_types", ["full_attention", "chunked_attention"])
        case "attention":
            monkeypatch.setattr(type(model), "_supports_attention_backend", False)
        case "sdpa":
            monkeypatch.setattr(type(model), "_supports_sdpa", False)
        case _:  # zero as long as it has not learned
            monkeypatch.setattr(
                model.lm_head, "bias", torch.nn.Parameter(torch.zeros(model.config.vocab_size)), raising=False
            )
    assert not can_pack(model)
