"""An evaluation on a GPU: in one precision before and after, and without the base model."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from unittest.mock import Mock

import pytest
import torch

from real.generation.config import GenerationCfg
from real.policy import load
from real.policy.config import LoraCfg, ModelCfg, ModelKind
from real.policy.load import load_policy
from real.policy.policy import Policy
from real.training.config import Engine, TrainerCfg
from real.training.openrlhf import trainer as openrlhf
from real.training.openrlhf.command import Files


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[torch.dtype]:
    """The precision of every model that is loaded."""
    seen: list[torch.dtype] = []

    def load_pretrained(path: str, dtype: torch.dtype) -> tuple[torch.nn.Module, Mock]:
        seen.append(dtype)
        return torch.nn.Linear(2, 2, dtype=dtype), Mock()

    monkeypatch.setattr(load, "load_pretrained", load_pretrained)
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
