"""An evaluation on a GPU: in one precision before and after, without the base model, and in batches that fit."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
import torch

from real.errors import InfrastructureError
from real.generation.config import GenerationCfg
from real.generation.hf import HfGenerator
from real.policy.config import LoraCfg, ModelCfg, ModelKind
from real.policy.policy import Policy
from real.training import start
from real.training.config import Engine, TrainerCfg
from real.training.openrlhf import trainer as openrlhf
from real.training.openrlhf.command import Files
from real.training.start import load_policy


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[torch.dtype]:
    """The precision of every model that is loaded."""
    seen: list[torch.dtype] = []

    def from_pretrained(path: str, dtype: torch.dtype) -> torch.nn.Module:
        seen.append(dtype)
        return torch.nn.Linear(2, 2, dtype=dtype)

    monkeypatch.setattr(start, "AutoModelForCausalLM", SimpleNamespace(from_pretrained=from_pretrained))
    monkeypatch.setattr(start, "AutoTokenizer", SimpleNamespace(from_pretrained=Mock()))
    return seen


@pytest.mark.parametrize("lora", [True, False])
def test_before_and_after_a_training_elsewhere_have_one_precision(
    lora: bool, loaded: list[torch.dtype], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = ModelCfg(kind=ModelKind.hf, path="x", lora=LoraCfg(enabled=lora))
    model.dtype = type(model.dtype)("bfloat16")
    before = load_policy(model, [], seed=0, cache=tmp_path, trained_here=False)
    plan = SimpleNamespace(files=SimpleNamespace(folder=tmp_path, final=tmp_path / "final"))
    monkeypatch.setattr(openrlhf, "make_training_plan", lambda *_: plan)
    store = Mock(path=tmp_path, __truediv__=lambda _, name: tmp_path / name)
    cfg = Mock(model=model, seed=0, generation=GenerationCfg(), trainer=TrainerCfg(engine=Engine.openrlhf))
    openrlhf.OpenRlhfTrainer(Mock(cfg=cfg, store=store, policy=before, train=[])).result()
    assert loaded == [torch.bfloat16, torch.bfloat16]


def test_weights_that_are_trained_here_stay_float32(loaded: list[torch.dtype], tmp_path: Path) -> None:
    model = ModelCfg(kind=ModelKind.hf, path="x", lora=LoraCfg(enabled=False))
    model.dtype = type(model.dtype)("bfloat16")
    load_policy(model, [], seed=0, cache=tmp_path)
    assert loaded == [torch.float32]


def test_the_base_model_is_gone_before_the_trained_one_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where another job has trained: that one evaluates with the base on the GPU otherwise."""
    plan = SimpleNamespace(files=Files(tmp_path))
    monkeypatch.setattr(openrlhf, "make_training_plan", lambda *_: plan)
    monkeypatch.setattr(openrlhf, "describe", lambda *_: "")
    monkeypatch.setattr(openrlhf, "_is_trained", lambda files: True)
    base = Policy(torch.nn.Linear(2, 2), Mock())
    cfg = Mock(trainer=TrainerCfg(steps=3))
    assert openrlhf.OpenRlhfTrainer(Mock(cfg=cfg, policy=base)).start() == 3
    assert {parameter.device.type for parameter in base.model.parameters()} == {"meta"}


class SmallGpu:
    """A model for which more than ``room`` responses at a time are too many; it repeats the first token."""

    training = False
    device = torch.device("cpu")

    def __init__(self, room: int) -> None:
        self.room, self.batches = room, list[int]()

    def eval(self) -> None: ...

    def train(self, mode: bool) -> None: ...

    def generate(self, *, input_ids: torch.Tensor, **_: Any) -> torch.Tensor:
        if len(input_ids) > self.room:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        self.batches.append(len(input_ids))
        return torch.cat([input_ids, input_ids[:, -1:]], dim=1)


def generator(model: SmallGpu) -> HfGenerator:
    return HfGenerator(model, Mock(eos_token_id=0, pad_token_id=9), GenerationCfg(batch=8, max_new_tokens=1))


def test_greedy_decoding_goes_on_in_batches_that_fit() -> None:
    model = SmallGpu(room=3)
    prompts = [[7] * length + [number] for number, length in enumerate((1, 5, 3, 2, 4, 6, 8, 7), start=1)]
    found = generator(model).generate(prompts, greedy=True, seed=0)
    assert [response.tokens[0] for response in found] == [prompt[-1] for prompt in prompts]
    assert model.batches == [2, 2, 2, 2]


@pytest.mark.parametrize(("room", "greedy"), [(0, True), (3, False)])
def test_what_cannot_be_made_smaller_is_told(room: int, greedy: bool) -> None:
    with pytest.raises(InfrastructureError, match="ran out of memory while generating"):
        generator(SmallGpu(room)).generate([[1]] * 8, greedy=greedy, seed=0)
