"""Merged weights are those of a checkpoint of the policy."""

from __future__ import annotations

import copy
from typing import Any

import torch

from real.generation.merged_weights import merged_weights


def test_a_plain_model_yields_its_weights_and_the_tied_head(model: Any) -> None:
    found = dict(merged_weights(model))
    assert found.keys() == model.state_dict().keys()
    assert all(torch.equal(found[name], weight) for name, weight in model.state_dict().items())


def test_the_active_adapter_is_merged_and_the_other_is_not(model: Any) -> None:
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(r=4, target_modules="all-linear")
    adapted: Any = get_peft_model(copy.deepcopy(model), config, "actor")
    adapted.add_adapter("critic", copy.deepcopy(config))
    with torch.no_grad():
        for name, weight in adapted.named_parameters():
            if "lora_B" in name:
                weight.normal_(generator=torch.Generator().manual_seed(1))
    found = dict(merged_weights(adapted))
    adapted.set_adapter("actor")
    ids = torch.arange(3, 20).unsqueeze(0)
    expected = adapted(input_ids=ids).logits
    plain = copy.deepcopy(model)
    plain.load_state_dict(found)
    torch.testing.assert_close(plain(input_ids=ids).logits, expected, rtol=1e-4, atol=1e-4)
    assert not torch.allclose(model(input_ids=ids).logits, expected, atol=1e-2)
