"""Adapters that cannot be used: damaged ones are said by ``missing``, those of another backbone by ``check``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from real.errors import DataError
from real.methods.common.adapter_files import CONFIG, WEIGHTS, tensor_shapes
from real.methods.common.adapters import add_lora, add_prefixes, save_adapters
from real.methods.config import AdapterForm
from real.methods.registry import method_of
from real.methods.sven import ADAPTERS
from real.policy.config import LoraCfg, TinyCfg
from real.policy.policy import Policy
from real.policy.tiny import build_tiny
from real.training.workspace import Workspace


@pytest.fixture(params=["sven", "sven_lora"])
def name(request: pytest.FixtureRequest, workspace: Workspace) -> str:
    workspace.cfg.method.sven_lora.form = AdapterForm.lora
    return str(request.param)


@pytest.fixture
def weights(name: str, workspace: Workspace, tmp_path: Path, model: Any) -> Path:
    """The file of a saved adapter, which the method is told to use on the backbone as it was."""
    if name == "sven":
        add_prefixes(workspace, 3, ADAPTERS)
    else:
        add_lora(workspace, LoraCfg(True, 4, 8, 0.0), ADAPTERS)
    save_adapters(workspace, tmp_path / "adapters", ADAPTERS)
    getattr(workspace.cfg.method, name).adapter = str(tmp_path / "adapters")
    tokenizer = workspace.policy.tokenizer
    workspace.policy = Policy(build_tiny(SHAPE, tokenizer, seed=0).eval(), tokenizer)
    return tmp_path / "adapters" / "secure" / WEIGHTS


SHAPE = TinyCfg(hidden=32, layers=2, heads=4, kv_heads=2, intermediate=64)  # as the fixture ``model``


def test_whole_adapters_are_taken(name: str, weights: Path, workspace: Workspace) -> None:
    assert method_of(name).missing(workspace.cfg) == []
    method_of(name).check(workspace)
    assert {file: tuple(tensor.shape) for file, tensor in load_file(weights).items()} == tensor_shapes(weights)


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


def _cut_in_the_header(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:40])


def _empty(file: Path) -> None:
    file.write_bytes(b"")


def _other_format(file: Path) -> None:
    file.write_bytes(b"\x10" + bytes(7) + b"PK no JSON here!" + bytes(100))


@pytest.mark.parametrize("damage", [_cut, _cut_in_the_header, _empty, _other_format, Path.unlink])
def test_damaged_weights_are_said_before_anything_starts(
    name: str, weights: Path, workspace: Workspace, damage: Callable[[Path], None]
) -> None:
    damage(weights)
    (said,) = method_of(name).missing(workspace.cfg)
    assert str(weights) in said
    assert "Copy the folder again from where it was trained" in said
    with pytest.raises(DataError, match=WEIGHTS):
        method_of(name).check(workspace)


def test_an_adapter_of_another_form_is_said_before_anything_starts(
    name: str, weights: Path, workspace: Workspace
) -> None:
    other = "sven" if name == "sven_lora" else "sven_lora"
    getattr(workspace.cfg.method, other).adapter = getattr(workspace.cfg.method, name).adapter
    (said,) = method_of(other).missing(workspace.cfg)
    assert str(weights.with_name(CONFIG)) in said
    assert "choose the method that trained it" in said


@pytest.mark.parametrize(
    "shape",
    [
        TinyCfg(hidden=32, layers=3, heads=4, kv_heads=2, intermediate=64),
        TinyCfg(hidden=32, layers=1, heads=4, kv_heads=2, intermediate=64),
        TinyCfg(hidden=32, layers=2, heads=4, kv_heads=4, intermediate=64),
    ],
)
def test_weights_of_another_backbone_are_refused_before_the_first_evaluation(
    name: str, weights: Path, workspace: Workspace, shape: TinyCfg
) -> None:
    tokenizer = workspace.policy.tokenizer
    workspace.policy = Policy(build_tiny(shape, tokenizer, seed=0).eval(), tokenizer)
    with pytest.raises(DataError) as caught:
        method_of(name).check(workspace)
    said = str(caught.value)
    assert f"the adapter weights {weights} were trained on tiny, and do not fit this tiny: it" in said
    assert "choose the same model=" in said


def test_weights_that_are_no_numbers(name: str, weights: Path, workspace: Workspace) -> None:
    tensors = load_file(weights)
    first = min(tensors)
    save_file(tensors | {first: torch.full_like(tensors[first], float("nan"))}, weights)
    assert method_of(name).missing(workspace.cfg) == []
    with pytest.raises(DataError, match="NaN or infinite"):
        method_of(name).check(workspace)


def test_a_configuration_without_a_size(name: str, weights: Path, workspace: Workspace) -> None:
    kind = "PREFIX_TUNING" if name == "sven" else "LORA"
    weights.with_name(CONFIG).write_text(f'{{"peft_type": "{kind}"}}')
    with pytest.raises(DataError, match="says no size of its adapter"):
        method_of(name).check(workspace)
