"""The shipped miniature is what the configuration asks for and what its command makes."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from real.datasets import DatasetCfg, load
from real.policy.config import ModelCfg, TinyCfg, WarmStartCfg
from real.policy.load import load_policy
from real.policy.warm_start import build
from real.policy.warm_start.__main__ import make
from real.policy.warm_start.build import CARD, SHIPPED, find_or_build, shipped_for
from real.policy.warm_start.card import weights_sha256
from real.policy.warm_start.recipe import Recipe

FOLDER = SHIPPED / "tiny-s0"


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    """What ``python run.py`` asks for."""
    return Recipe.of(ModelCfg(), load(DatasetCfg(), "train").tasks, seed=0)


@pytest.fixture(scope="module")
def card() -> dict[str, object]:
    return json.loads((FOLDER / CARD).read_text(encoding="utf-8"))


def test_a_run_is_told_where_its_model_comes_from(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = torch.device("cpu")
    assert find_or_build(recipe, tmp_path, here) == (FOLDER, "warm-started: the one that is shipped")
    monkeypatch.setattr(
        "real.policy.warm_start.build.build", lambda recipe, folder, device: (folder / "model").mkdir(parents=True)
    )
    other = replace(recipe, seed=9)
    made, again = (find_or_build(other, tmp_path, here) for _ in range(2))
    assert made.origin.startswith("warm-started here just now: ")
    assert again.origin.startswith("warm-started here by an earlier run: ")
    assert made.folder == again.folder


def test_what_is_shipped_is_what_the_quickstart_asks_for(recipe: Recipe) -> None:
    assert shipped_for(recipe) == FOLDER, "make it anew: python -m real.policy.warm_start --seed 0"


def test_the_card_is_of_these_weights(card: dict[str, object]) -> None:
    assert card["weights_sha256"] == weights_sha256(FOLDER)
    assert card["command"] == "python -m real.policy.warm_start --seed 0"
    assert (FOLDER / "model.safetensors").stat().st_size < 3.5e6


def test_other_settings_are_built(recipe: Recipe) -> None:
    others = [
        replace(recipe, seed=1),
        replace(recipe, pairs=recipe.pairs[1:]),
        replace(recipe, tasks=recipe.tasks[1:]),
        replace(recipe, cfg=ModelCfg(warm_start=WarmStartCfg(epochs=9))),
        replace(recipe, cfg=ModelCfg(tiny=TinyCfg(hidden=64))),
    ]
    assert [shipped_for(other) for other in others] == [None] * len(others)


@pytest.mark.parametrize("damage", ["weights", "no weights", "card", "empty card"])
def test_a_damaged_one_is_not_started_from(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], damage: str
) -> None:
    folder = tmp_path / FOLDER.name
    shutil.copytree(FOLDER, folder)
    monkeypatch.setattr(build, "SHIPPED", tmp_path)
    assert shipped_for(recipe) == folder
    weights = folder / "model.safetensors"
    match damage:
        case "weights":
            content = bytearray(weights.read_bytes())
            content[-10] ^= 1
            weights.write_bytes(content)
        case "no weights":
            weights.unlink()
        case "card":
            (folder / CARD).write_text("{")
        case _:
            (folder / CARD).write_text("{}")
    assert shipped_for(recipe) is None
    assert "is damaged" in capsys.readouterr().out


def test_the_quickstart_starts_from_it_without_training(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "build", None)
    policy = load_policy(ModelCfg(), recipe.tasks, seed=0, cache=tmp_path)
    assert not list(tmp_path.iterdir())
    assert {parameter.dtype for parameter in policy.model.parameters()} == {torch.float32}
    assert policy.tokenizer.chat_template


def test_a_model_is_built_once_for_all_that_ask(tmp_path: Path) -> None:
    tasks = load(DatasetCfg(train_tasks=20), "train").tasks
    cfg = ModelCfg(
        tiny=TinyCfg(hidden=32, layers=1, heads=2, kv_heads=1, intermediate=32, vocab=300),
        warm_start=WarmStartCfg(epochs=1, samples_per_task=1),
    )
    first = load_policy(cfg, tasks, seed=0, cache=tmp_path)
    (folder,) = tmp_path.iterdir()
    written = (folder / "model" / "model.safetensors").stat().st_mtime_ns
    again = load_policy(cfg, tasks, seed=0, cache=tmp_path)
    assert (folder / "model" / "model.safetensors").stat().st_mtime_ns == written
    pairs = zip(first.model.parameters(), again.model.parameters(), strict=True)
    assert all(torch.equal(one, other) for one, other in pairs)


@pytest.mark.slow
def test_the_command_makes_what_is_shipped(tmp_path: Path, card: dict[str, object]) -> None:
    """The same pass rates on every machine of the type, the same bits where torch and threads are the same."""
    made = make(0, tmp_path, threads=2)
    anew = json.loads((made / CARD).read_text(encoding="utf-8"))
    assert anew["fingerprint"] == card["fingerprint"]
    assert anew["data"] == card["data"]
    assert anew["test"] == card["test"]
    assert AutoTokenizer.from_pretrained(made).get_vocab() == AutoTokenizer.from_pretrained(FOLDER).get_vocab()
    weights = AutoModelForCausalLM.from_pretrained(made), AutoModelForCausalLM.from_pretrained(FOLDER)
    for one, other in zip(*(model.parameters() for model in weights), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0.05)
