"""How many cores of a node score, where inference engines and trainers run on the same one."""

from __future__ import annotations

import os
from dataclasses import replace

from real.judge import JudgeCfg
from real.training.openrlhf.layout import Layout

_ENGINE_CORES = 2  # each engine has a process that schedules and one that drives its GPU, and both never rest


def cores_left(layout: Layout, cores: int | None = None) -> int:
    """Cores of this node (``cores``; by default those that this process may use) beside its engines.

    At least half of them: programs wait for a core without harm, since their limits are CPU time.
    """
    here = cores or len(os.sched_getaffinity(0))
    return max(here - _ENGINE_CORES * layout.gpus_per_node // layout.tensor_parallel, here // 2, 1)


def beside_engines(cfg: JudgeCfg, layout: Layout) -> JudgeCfg:
    """``cfg`` with ``cores_left`` sandbox workers, where ``execution.workers`` leaves their number open."""
    if cfg.execution.workers or cfg.execution.backend != "local":
        return cfg
    return replace(cfg, execution=replace(cfg.execution, workers=cores_left(layout)))
