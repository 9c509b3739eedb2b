"""The model of the cluster tests: the embedded miniature, warm-started for a minute, in a folder of its own."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from real.datasets import DatasetCfg, load
from real.policy.config import ModelCfg, WarmStartCfg
from real.policy.load import load_policy


def make(folder: Path) -> Path:
    """Build it in ``folder`` unless it is there already."""
    if not (folder / "config.json").exists():
        tasks = load(DatasetCfg(train_tasks=43), "train").tasks
        cfg = ModelCfg(warm_start=WarmStartCfg(epochs=1, samples_per_task=2))
        policy = load_policy(cfg, tasks, seed=0, cache=folder.parent / "warm_start")
        policy.model.save_pretrained(folder)
        policy.tokenizer.save_pretrained(folder)
        shutil.rmtree(folder.parent / "warm_start", ignore_errors=True)
    return folder


if __name__ == "__main__":
    make(Path(sys.argv[1]))
