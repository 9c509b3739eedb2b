"""The scorer beside engines: how many cores it takes, and that it stands back for them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from test_openrlhf_command import composed

from real.errors import UsageError
from real.execution.config import BackendName, ExecutionCfg
from real.judge import JudgeCfg
from real.training.openrlhf import scorer_process, trainer
from real.training.openrlhf.command import Files
from real.training.openrlhf.config import OpenRlhfCfg
from real.training.openrlhf.layout import Layout
from real.training.openrlhf.plan import make_training_plan
from real.training.openrlhf.scorer_process import ScorerProcess
from real.training.openrlhf.scoring_cores import beside_engines, cores_left

EIGHT = Layout(nodes=1, gpus_per_node=8, engines=8, tensor_parallel=1, microbatch=8, rollout_microbatch=16)


@pytest.mark.parametrize(("cores", "left"), [(96, 80), (32, 16), (16, 8), (2, 1), (1, 1)])
def test_two_cores_of_each_engine_are_its_own_and_half_of_all_score(cores: int, left: int) -> None:
    assert cores_left(EIGHT, cores) == left


def test_an_engine_over_two_gpus_counts_once() -> None:
    assert cores_left(Layout(1, 8, 4, 2, 8, 16), 96) == 88


def test_workers_that_were_named_stay() -> None:
    here = len(os.sched_getaffinity(0))
    assert beside_engines(JudgeCfg(), EIGHT).execution.workers == cores_left(EIGHT, here)
    for cfg in (ExecutionCfg(workers=3), ExecutionCfg(backend=BackendName.ray)):
        assert beside_engines(JudgeCfg(execution=cfg), EIGHT).execution == cfg


@pytest.mark.parametrize("elsewhere", [False, True])
def test_the_scorer_of_a_training_is_told_how_many(elsewhere: bool, tmp_path: Path) -> None:
    """A scorer on a machine of its own has all its cores."""
    url = ["trainer.openrlhf.scorer_url=http://there:8700"] if elsewhere else []
    words = ["trainer=openrlhf", "generation=vllm", "model=qwen25_coder_0p5b", "dataset=safesql_mini"]
    root = composed(*words, "cluster=local_1x8", "trainer.steps=1", "trainer.rollout_batch=256", *url)
    plan = make_training_plan(root, tmp_path, 8)
    ws = Mock(cfg=root)
    ws.policy.tokenizer.all_special_tokens = ["<|im_end|>"]
    spec = trainer._scorer_spec(ws, plan)
    assert spec.judge.execution.workers == (0 if elsewhere else cores_left(plan.layout))


def test_the_scorer_stands_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: dict[str, Any] = {}

    def start(command: list[str], **options: Any) -> Mock:
        started.update(options, command=command)
        files.address.touch()
        return Mock(**{"poll.return_value": None})

    files = Files(tmp_path)
    monkeypatch.setattr(scorer_process.child_process, "start", start)
    monkeypatch.setattr(scorer_process.child_process, "stop", lambda *_, **__: None)
    with ScorerProcess(files, OpenRlhfCfg(scorer_nice=7), print, slots=5):
        pass
    assert started["nice"] == 7
    assert started["command"][started["command"].index("--slots") + 1] == "5"


def test_a_niceness_that_there_is_not_is_refused() -> None:
    with pytest.raises(UsageError, match="scorer_nice is 20"):
        OpenRlhfCfg(scorer_nice=20).check()
