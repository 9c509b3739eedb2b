"""``python -m real.evaluation.rescore RUN_DIR …``: a finished run judged anew by other rules, from its own completions.

Nothing is generated again: what the run recorded before and after training is judged under the given protocol on the
given subset, and the result is a run directory of its own, which ``python -m real.results`` reads like any other.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from real import detector, execution, typecheck
from real.datasets import load
from real.datasets.subset import SUBSETS
from real.errors import DataError, RealError, UsageError
from real.evaluation.protocol import PROTOCOLS
from real.evaluation.rates import paired_difference, summarize
from real.pipeline import Judge
from real.results.metrics import build_metrics, read_run
from real.results.store import RunStore
from real.rewards import reward
from real.typecheck.config import PAPER
from real.types import JsonValue, Task, Verdict

if TYPE_CHECKING:
    from real.config.schema import RootCfg


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns its exit code."""
    arguments = _parser().parse_args(argv)
    try:
        print(rescore(arguments.run, arguments.out, arguments.protocol, arguments.subset))
    except RealError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("interrupted: nothing was written", file=sys.stderr)
        return 130
    return 0


def rescore(run: Path, out: Path, protocol: str, subset: str) -> Path:
    """Judge the completions of ``run`` and write ``metrics.json`` and outcomes below ``out``; returns the new folder.

    Under ``paper`` the type checker follows the paper's policy too. Raises ``UsageError`` where ``out`` is the run
    itself, ``DataError`` where the run is not finished or its data set is another one now.
    """
    if out.resolve() == run.resolve():
        raise UsageError("--out is the run itself, whose own results must stay", hint="Choose another folder.")
    old, store = read_run(run), RunStore(run)
    root = _config(run)
    cfg = replace(root.dataset, subset=subset, protocol=protocol)
    test = load(cfg, "test")
    rules = replace(root.typecheck, policy=PAPER) if protocol == "paper" else root.typecheck
    new = RunStore(out / f"{old.run_id}-{protocol}-{subset}")
    with Judge(root.reward, protocol=protocol, typecheck=rules) as judge:
        before = _judged(judge, store, new, "before", test.tasks)
        after = None if old.after is None else _judged(judge, store, new, "after", test.tasks)
    baselines: dict[str, JsonValue] = {name: dict(shares) for name, shares in old.baselines.items()}
    new.write_metrics(
        build_metrics(
            run_id=new.path.name,
            before=summarize(before),
            after=None if after is None else summarize(after),
            difference={} if after is None else paired_difference(before, after),
            steps=old.steps,
            seconds=old.seconds,
            seed=old.seed,
            dataset=old.dataset,
            model=old.model,
            method=old.method,
            reward=old.reward,
            config_hash=old.config_hash,
            data_hash=f"{old.data_hash.partition('+')[0]}+{test.content_hash}",
            versions={"detector": detector.VERSION, "typecheck": typecheck.VERSION, "execution": execution.VERSION},
            baselines=baselines,
            protocol=protocol,
            subset=test.subset,
        )
    )
    return new.path


def _config(run: Path) -> RootCfg:
    from omegaconf import DictConfig, OmegaConf  # late: what reads results elsewhere needs no Hydra
    from omegaconf.errors import OmegaConfBaseException

    from real.config.schema import to_dataclass

    try:
        loaded = OmegaConf.load(run / "config.yaml")
    except (OSError, OmegaConfBaseException, ValueError) as error:
        raise DataError(f"{run / 'config.yaml'} cannot be read: {error}") from error
    if not isinstance(loaded, DictConfig):
        raise DataError(f"{run / 'config.yaml'} is no configuration")
    return to_dataclass(loaded)


def _judged(judge: Judge, store: RunStore, new: RunStore, stage: str, tasks: Sequence[Task]) -> list[Verdict]:
    known = {completion.task_id: completion for completion in store.read_completions(stage)}
    absent = [task.task_id for task in tasks if task.task_id not in known]
    if absent:
        raise DataError(
            f"{store.path} has no completion {stage} training for {len(absent)} test tasks, such as {absent[0]}",
            hint="Was it run on other tasks (dataset.test_tasks, dataset.subset), or on other files?",
        )
    completions = [known[task.task_id] for task in tasks]
    verdicts = judge.judge(tasks, completions, safety=True)
    new.write_completions(stage, completions)
    new.write_outcomes(stage, [(verdict, reward(verdict, judge.cfg)) for verdict in verdicts])
    return verdicts


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m real.evaluation.rescore", description=__doc__)
    parser.add_argument("run", type=Path, metavar="RUN_DIR")
    parser.add_argument("--protocol", default="strict", choices=PROTOCOLS)
    parser.add_argument("--subset", default="all", choices=SUBSETS)
    parser.add_argument("--out", type=Path, required=True, help="folder for the new run directory")
    return parser


if __name__ == "__main__":
    sys.exit(main())
