"""vLLM in the process of the local trainer: the weights arrive, and its probabilities are those of transformers."""

from __future__ import annotations

import importlib.util
from collections import Counter
from typing import Any

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.cluster,
    pytest.mark.skipif(importlib.util.find_spec("vllm") is None, reason="vLLM is not installed here"),
]
PROMPTS = [[5, 6, 7, 8, 9], [10, 11, 12], [10, 11, 12], *([n, n + 1] for n in range(20, 30))]
TOLERANCE = 2e-2  # bfloat16: seven bits of a logit


@pytest.fixture(scope="module")
def policy() -> Any:
    """A tiny bfloat16 Qwen2 with adapters for actor and critic, as the local trainer holds it."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import Qwen2Config, Qwen2ForCausalLM

    torch.manual_seed(0)
    config = Qwen2Config(
        vocab_size=320, hidden_size=128, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
        intermediate_size=256, max_position_embeddings=512, tie_word_embeddings=True, bos_token_id=None,
        eos_token_id=2, pad_token_id=0,
    )  # fmt: skip
    adapter = LoraConfig(r=4, target_modules="all-linear")
    model: Any = get_peft_model(Qwen2ForCausalLM(config).to(torch.bfloat16), adapter, "actor")
    model.add_adapter("critic", LoraConfig(r=4, target_modules="all-linear"))
    model.set_adapter("actor")
    return model.eval()


@pytest.fixture(scope="module")
def generator(policy: Any) -> Any:
    from types import SimpleNamespace

    from real.generation import GenerationCfg
    from real.generation.config import GenerationBackend
    from real.generation.open import open_generator

    cfg = GenerationCfg(backend=GenerationBackend.vllm, max_new_tokens=24, batch=8)
    return open_generator(policy, SimpleNamespace(eos_token_id=2, pad_token_id=0), cfg)


def move(policy: Any, scale: float) -> None:
    """An update of base and adapters: as full fine-tuning and LoRA would make it, both at once."""
    import torch

    with torch.no_grad():
        for weight in policy.parameters():
            weight.add_(torch.randn_like(weight) * scale)


def engines_logprobs(generator: Any, policy: Any, sequences: list[list[int]]) -> Any:
    """Log-probabilities of every token but the first, as the engine with its present weights has them."""
    import torch
    from vllm import SamplingParams

    from real.generation import vllm as backend

    engine = backend.engine_of(policy, generator.cfg)
    asked = [{"prompt_token_ids": ids} for ids in sequences]
    outputs = engine.generate(asked, SamplingParams(prompt_logprobs=0, max_tokens=1, detokenize=False), use_tqdm=False)
    return [
        torch.tensor([entry[token].logprob for entry, token in zip(o.prompt_logprobs[1:], ids[1:], strict=True)])
        for o, ids in zip(outputs, sequences, strict=True)
    ]


def transformers_logprobs(policy: Any, sequences: list[list[int]]) -> Any:
    import torch

    found = []
    with torch.no_grad():
        for ids in sequences:
            logits = policy(input_ids=torch.tensor([ids])).logits[0, :-1].float()
            found.append(logits.log_softmax(-1).gather(1, torch.tensor(ids[1:]).unsqueeze(1)).squeeze(1))
    return found


def largest_difference(one: Any, other: Any) -> float:
    return max(float((a - b).abs().max()) for a, b in zip(one, other, strict=True))


def test_probabilities_are_those_of_the_weights_that_train(generator: Any, policy: Any) -> None:
    for step in range(3):
        told: list[int] = []
        found = generator.generate(PROMPTS, greedy=False, seed=step, on_finished=lambda row, _, to=told: to.append(row))
        assert Counter(told) == Counter(range(len(PROMPTS)))
        assert all(response.finished or len(response.tokens) == 24 for response in found)
        assert found[1] != found[2]  # two samples of one prompt
        sequences = [[*prompt, *response.tokens] for prompt, response in zip(PROMPTS, found, strict=True)]
        engines = engines_logprobs(generator, policy, sequences)
        assert largest_difference(engines, transformers_logprobs(policy, sequences)) <= TOLERANCE
        move(policy, 0.02)
        stale = largest_difference(engines, transformers_logprobs(policy, sequences))
        assert stale > 5 * TOLERANCE  # otherwise the line above would hold without any weight having arrived


def test_seeds_decide_and_batches_do_not(generator: Any) -> None:
    first = generator.generate(PROMPTS, greedy=False, seed=3)
    assert first == generator.generate(PROMPTS, greedy=False, seed=3)
    assert first != generator.generate(PROMPTS, greedy=False, seed=4)
    assert first[:2] == generator.generate(PROMPTS[:2], greedy=False, seed=3)
