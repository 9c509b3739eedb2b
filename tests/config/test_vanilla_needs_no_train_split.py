"""A method that trains nothing evaluates where only the test split is at hand, as for APPS+."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir

from real import pipeline
from real.config.requirements import missing
from real.config.schema import register
from real.datasets import load
from real.datasets.config import DatasetCfg
from real.datasets.local_jsonl import to_row
from real.errors import DataError
from real.machine import Machine
from real.settings import RootCfg, to_dataclass

CONF = Path(__file__).parents[2] / "conf"


def settings(folder: Path, *more: str) -> RootCfg:
    register()
    data = ("dataset=local_jsonl", f"dataset.path='{folder}'", "model=qwen25_coder_0p5b", "trainer=local")
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return to_dataclass(compose("config", [*data, *more]))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (task,) = load(DatasetCfg(test_tasks=1), "test").tasks
    (tmp_path / "test.jsonl").write_text(json.dumps(to_row(task)) + "\n", encoding="utf-8")
    return tmp_path


def lacks_data(root: RootCfg) -> bool:
    return any("train.jsonl" in phrase for phrase in missing(root, Machine(cpus=2)))


def test_vanilla_goes_without(folder: Path) -> None:
    root = settings(folder, "method=vanilla")
    assert pipeline._load_train(root).tasks == []
    assert not lacks_data(root)


def test_a_method_that_trains_does_not(folder: Path) -> None:
    root = settings(folder, "method=sft")
    with pytest.raises(DataError, match=r"train\.jsonl"):
        pipeline._load_train(root)
    assert lacks_data(root)
