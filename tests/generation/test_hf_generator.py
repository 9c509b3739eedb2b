"""The in-process generator against ``model.generate``, and what its callers rely on."""

from __future__ import annotations

import copy
import functools
from collections import Counter
from typing import Any

import pytest
import torch
from transformers import GenerationConfig

from real.errors import DataError, InfrastructureError
from real.generation import Response
from real.generation.config import GenerationCfg
from real.generation.hf import HfGenerator

LENGTH = 30
Prompts = list[list[int]]


def make(model: Any, tokenizer: Any, batch: int = 8, **settings: Any) -> HfGenerator:
    return HfGenerator(model, tokenizer, GenerationCfg(**({"max_new_tokens": LENGTH, "batch": batch} | settings)))


def reference(model: Any, tokenizer: Any, prompt: list[int]) -> Response:
    """What transformers' own greedy decoding answers to one prompt."""
    config = GenerationConfig(
        do_sample=False, max_new_tokens=LENGTH, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id
    )
    ids = torch.tensor([prompt])
    found = model.generate(input_ids=ids, attention_mask=torch.ones_like(ids), generation_config=config)[0].tolist()
    tokens = tuple(found[len(prompt) :])
    return Response(tokens, finished=tokens[-1] == tokenizer.eos_token_id)


@pytest.mark.parametrize("batch", [1, 3, 8, 64])
def test_greedy_equals_transformers_token_by_token(model: Any, tokenizer: Any, prompts: Prompts, batch: int) -> None:
    expected = [reference(model, tokenizer, prompt) for prompt in prompts]
    assert make(model, tokenizer, batch).generate(prompts, greedy=True, seed=0) == expected


def test_ends_are_mixed(model: Any, tokenizer: Any, prompts: Prompts) -> None:
    """Otherwise the tests above would show nothing of rows that leave early."""
    found = make(model, tokenizer).generate(prompts * 4, greedy=False, seed=0)
    assert len({len(response.tokens) for response in found}) > 5
    assert {response.finished for response in found} == {True, False}


def test_adapters_count(model: Any, tokenizer: Any, prompts: Prompts) -> None:
    from peft import LoraConfig, get_peft_model

    adapted: Any = get_peft_model(copy.deepcopy(model), LoraConfig(r=4, target_modules="all-linear"), "actor")
    with torch.no_grad():
        for name, weight in adapted.named_parameters():
            if "lora_B" in name:
                weight.normal_(generator=torch.Generator().manual_seed(1))
    found = make(adapted, tokenizer).generate(prompts, greedy=True, seed=0)
    assert found == [reference(adapted, tokenizer, prompt) for prompt in prompts]
    assert found != make(model, tokenizer).generate(prompts, greedy=True, seed=0)


@pytest.mark.parametrize("top_p", [1.0, 0.7])
def test_samples_do_not_depend_on_the_batch(model: Any, tokenizer: Any, prompts: Prompts, top_p: float) -> None:
    found = [make(model, tokenizer, size, top_p=top_p).generate(prompts, greedy=False, seed=5) for size in (1, 4, 32)]
    assert found[0] == found[1] == found[2]
    assert found[0] != make(model, tokenizer, top_p=top_p).generate(prompts, greedy=False, seed=6)


def test_samples_of_one_prompt_equal_those_of_prompts_computed_apart(
    model: Any, tokenizer: Any, prompts: Prompts, monkeypatch: pytest.MonkeyPatch
) -> None:
    repeated = [prompt for prompt in prompts[:5] for _ in range(4)]
    computed: list[int] = []
    plain = type(model).forward

    @functools.wraps(plain)  # the generator asks for the name of an argument
    def counting(self: Any, input_ids: torch.Tensor, **more: Any) -> Any:
        if input_ids.shape[1] > 1:
            computed.append(len(input_ids))
        return plain(self, input_ids=input_ids, **more)

    monkeypatch.setattr(type(model), "forward", counting)
    together = make(model, tokenizer, 32).generate(repeated, greedy=False, seed=3)
    assert computed == [5]
    assert together == make(model, tokenizer, 1).generate(repeated, greedy=False, seed=3)
    assert len({response.tokens for response in together[:4]}) > 1  # each sample has its own random numbers


def test_finished_responses_are_told_once_each_and_early(model: Any, tokenizer: Any, prompts: Prompts) -> None:
    told: list[tuple[int, Response]] = []
    found = make(model, tokenizer, 64).generate(
        prompts, greedy=False, seed=0, on_finished=lambda row, response: told.append((row, response))
    )
    assert Counter(row for row, _ in told) == Counter(range(len(prompts)))
    assert all(response == found[row] for row, response in told)
    lengths = [len(response.tokens) for _, response in told]  # all start together: the shortest are done first
    assert lengths == sorted(lengths)
    assert lengths[0] < lengths[-1]


def test_the_model_keeps_its_mode(model: Any, tokenizer: Any, prompts: Prompts) -> None:
    model.train()
    try:
        make(model, tokenizer).generate(prompts[:2], greedy=True, seed=0)
        assert model.training
    finally:
        model.eval()


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Here:\n```python\nx = 1\n```\nIt sets x.\n```\nx\n```\n", "Here:\n```python\nx = 1\n```\n"),
        ('```python\n"""As\n```\nx\n```\n"""\n```\nAll.\n', '```python\n"""As\n```\nx\n```\n"""\n```\n'),
        ("```sh\nls\n```\n~~~\nx\n~~~\nAll.\n", "```sh\nls\n```\n~~~\nx\n~~~\n"),
        ("```python\nx = 1\nprint(x)\n", "```python\nx = 1\nprint(x)\n"),
    ],
)
def test_a_response_is_over_when_its_program_is_closed(
    model: Any, tokenizer: Any, prompts: Prompts, text: str, kept: str
) -> None:
    """The model is made to write ``text``."""
    wanted = [*tokenizer.encode(text, add_special_tokens=False), tokenizer.eos_token_id]

    def write(logits: torch.Tensor, written: Any) -> torch.Tensor:
        forced = torch.full_like(logits, -1e9)
        forced[0, wanted[len(written[0])]] = 0
        return forced

    for stop, expected in ((True, kept), (False, text)):
        generator = make(model, tokenizer, max_new_tokens=200, stop_at_program=stop)
        generator.constraint = write
        (found,) = generator.generate([prompts[0]], greedy=True, seed=0)
        assert tokenizer.decode(found.tokens, skip_special_tokens=True) == expected
        assert found.finished


def test_no_prompts_no_responses(model: Any, tokenizer: Any) -> None:
    assert make(model, tokenizer).generate([], greedy=True, seed=0) == []


def test_a_prompt_longer_than_the_context_is_told(model: Any, tokenizer: Any) -> None:
    with pytest.raises(DataError, match=r"prompt 1 has 2048 tokens, but the model's context ends at 2048"):
        make(model, tokenizer).generate([[5], [5] * 2048], greedy=True, seed=0)


def test_a_response_ends_with_the_context(model: Any, tokenizer: Any) -> None:
    end = tokenizer.eos_token_id
    (response,) = make(model, tokenizer).generate([[5] * 2045], greedy=True, seed=0)
    assert len(response.tokens) == 3 or response.tokens[-1] == end


class SmallGpu:
    """A model with room for ``room`` rows at a time; more are answered as a GPU does."""

    def __init__(self, model: Any, room: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.largest = 0
        plain = type(model).forward

        @functools.wraps(plain)
        def forward(own: Any, input_ids: torch.Tensor, **more: Any) -> Any:
            if len(input_ids) > room:
                raise torch.OutOfMemoryError("CUDA out of memory.")
            self.largest = max(self.largest, len(input_ids))
            return plain(own, input_ids=input_ids, **more)

        monkeypatch.setattr(type(model), "forward", forward)


def test_greedy_decoding_goes_on_in_batches_that_fit(
    model: Any, tokenizer: Any, prompts: Prompts, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = make(model, tokenizer).generate(prompts, greedy=True, seed=0)
    gpu = SmallGpu(model, 3, monkeypatch)
    assert make(model, tokenizer, 8).generate(prompts, greedy=True, seed=0) == expected
    assert gpu.largest == 2  # 8, 4, 2


@pytest.mark.parametrize(("room", "greedy"), [(0, True), (3, False)])
def test_what_cannot_be_made_smaller_is_told(
    model: Any, tokenizer: Any, prompts: Prompts, monkeypatch: pytest.MonkeyPatch, room: int, greedy: bool
) -> None:
    SmallGpu(model, room, monkeypatch)
    with pytest.raises(InfrastructureError, match="ran out of memory while generating"):
        make(model, tokenizer).generate(prompts, greedy=greedy, seed=0)
