"""A workspace with a tiny random model, embedded tasks, a real judge, and a generator that says what it is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from method_helpers import Scripted

from real.datasets import load
from real.judge import Judge, JudgeCfg
from real.policy.config import TinyCfg
from real.policy.policy import Policy
from real.policy.tiny import build_tiny
from real.policy.tokenizer import train_tokenizer
from real.runs.store import RunStore
from real.settings import RootCfg
from real.training.workspace import Workspace
from real.types import Task

CORPUS = [
    "def main():\n    value = input()\n    print('hello', value)\n",
    "import sqlite3\ncursor.execute(query)\n",
] * 3


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)  # what is computed here is small: threads would only wait for each other


@pytest.fixture(scope="session")
def tokenizer() -> Any:
    return train_tokenizer(CORPUS, vocab=320)


@pytest.fixture
def model(tokenizer: Any) -> Any:
    return build_tiny(TinyCfg(hidden=32, layers=2, heads=4, kv_heads=2, intermediate=64), tokenizer, seed=0).eval()


@pytest.fixture(scope="session")
def judge() -> Iterator[Judge]:
    with Judge(JudgeCfg.of(RootCfg())) as made:
        yield made


@pytest.fixture(scope="session")
def tasks() -> list[Task]:
    return list(load(RootCfg().dataset, "train").tasks[:4])


@pytest.fixture
def workspace(tmp_path: Path, tokenizer: Any, model: Any, judge: Judge, tasks: list[Task]) -> Workspace:
    cfg = RootCfg()
    cfg.generation.max_new_tokens = 16
    store = RunStore(tmp_path / "run")
    store.path.mkdir()
    silent = Scripted(tokenizer, lambda text, count: "")
    return Workspace(cfg, store, "run", tasks, tasks, [], Policy(model, tokenizer), silent, judge)
