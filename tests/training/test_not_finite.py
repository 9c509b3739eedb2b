"""A loss that is no number stops the run: which batch it was is said, and the last good checkpoint stays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from real.datasets import load
from real.errors import InfrastructureError
from real.judge import Judge, JudgeCfg
from real.policy.config import TinyCfg
from real.policy.policy import Policy
from real.policy.tiny import build_tiny
from real.runs.store import RunStore
from real.settings import RootCfg
from real.training.cursor import rollout_rows
from real.training.local.ppo import NotFiniteError, Ppo
from real.training.local.trainer import LocalTrainer
from real.training.workspace import Workspace, evaluation_generator

ROWS = (1, 3)


@pytest.fixture
def workspace(tmp_path: Path, toy_tokenizer: Any) -> Iterator[Workspace]:
    cfg = RootCfg()
    cfg.trainer.rollout_batch, cfg.trainer.minibatch, cfg.trainer.microbatch, cfg.trainer.steps = 4, 4, 4, 3
    cfg.model.max_prompt_tokens = 4096
    model = build_tiny(TinyCfg(hidden=32, layers=1, heads=2, kv_heads=1, intermediate=32), toy_tokenizer, seed=0)
    policy = Policy(model, toy_tokenizer)
    tasks = list(load(cfg.dataset, "train").tasks[:6])
    store = RunStore(tmp_path / "run")
    (tmp_path / "run").mkdir()
    generator = evaluation_generator(cfg, policy)
    with Judge(JudgeCfg.of(cfg)) as judge:
        yield Workspace(cfg, store, "run", tasks, tasks, tasks[:1], policy, generator, judge)


def test_the_batch_is_named_and_the_last_checkpoint_stays(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def step(self: Ppo, *_: object, step: int, **__: object) -> dict[str, float]:
        if step == 1:
            raise NotFiniteError("2, update 1", ROWS, {"policy_loss": float("nan"), "kl": 0.1})
        return {"reward_mean": 0.5}

    monkeypatch.setattr(Ppo, "step", step)
    trainer = LocalTrainer(workspace)
    done = []
    with pytest.raises(InfrastructureError, match=r"step 2, update 1: policy_loss nan, in a batch of") as stopped:
        for event in trainer.run(trainer.start()):
            done.append(event.step)
            trainer.checkpoint(event.step)
    assert done == [1]
    drawn = rollout_rows(len(workspace.train), 4, 1, workspace.cfg.seed)
    assert all(workspace.train[drawn[row]].task_id in str(stopped.value) for row in ROWS)
    assert "last checkpoint is kept" in str(stopped.value.hint)
    assert LocalTrainer(workspace).start() == 1
