"""``python -m real.evaluation.rescore RUN_DIR …``: a finished run judged anew by other rules, from its own records.

Nothing is generated and no program is run again: the recorded completions are analysed anew, and the recorded outcomes
hold what each test came to under either protocol, of what that protocol takes for the program. The result is a run
directory of its own, which ``python -m real.results`` reads like any other.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from real.datasets import load
from real.datasets.subset import SUBSETS
from real.errors import DataError, RealError, UsageError
from real.evaluation.metrics import build_metrics, read_run
from real.evaluation.rates import paired_difference, summarize
from real.evaluation.recorded import recorded
from real.evaluation.run_facts import judge_versions
from real.io import console, disk
from real.judge import Judge, JudgeCfg
from real.protocols import PROTOCOLS, EvaluationProtocol
from real.runs.store import RunState, RunStore
from real.typecheck.config import Policy
from real.types import JsonValue, Task, Verdict

if TYPE_CHECKING:
    from real.settings import RootCfg


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns its exit code."""
    console.protect()
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
    """Judge what ``run`` recorded and write ``metrics.json`` and outcomes below ``out``; returns the new folder.

    Under another protocol the type checker follows the policy that goes with it (``conf/evaluation``). Raises
    ``UsageError`` where ``out`` is the run itself or cannot be written, ``DataError`` where the run is not finished,
    its data set is another one now, or its records are damaged.
    """
    if out.resolve() == run.resolve():
        raise UsageError("--out is the run itself, whose own results must stay", hint="Choose another folder.")
    old, store = read_run(run), RunStore(run)
    root = _config(run)
    test = load(root.dataset, "test", subset=subset)
    cfg = replace(JudgeCfg.of(root), protocol=EvaluationProtocol(protocol))
    if protocol != old.protocol:
        policy = Policy.paper if protocol == EvaluationProtocol.paper else Policy.hardened
        cfg = replace(cfg, typecheck=replace(root.typecheck, policy=policy))
    new = RunStore(out / f"{old.run_id}-{protocol}-{subset}")
    disk.check_output(new / "metrics.json", "--out", parents=True)
    with Judge(cfg) as judge:
        again = _Records(judge, EvaluationProtocol(old.protocol), old.sampling.samples)
        before = again.score(store, new, "before", test.tasks)
        after = None if old.after is None else again.score(store, new, "after", test.tasks)
    baselines: dict[str, JsonValue] = {name: dict(shares) for name, shares in old.trivial_baselines.items()}
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
            versions=judge_versions(),
            trivial_baselines=baselines,
            protocol=protocol,
            subset=test.subset,
            sampling=old.sampling,
            typecheck=cfg.typecheck.policy,
        )
    )
    new.write_status(RunState.DONE, f"judged anew by {protocol}, from the records of {old.run_id}")
    return new.path


def _config(run: Path) -> RootCfg:
    from omegaconf import DictConfig, OmegaConf  # late: what reads results elsewhere needs no Hydra
    from omegaconf.errors import OmegaConfBaseException

    from real.settings import to_dataclass

    try:
        loaded = OmegaConf.load(run / "config.yaml")
    except (OSError, OmegaConfBaseException, ValueError) as error:
        raise DataError(f"{run / 'config.yaml'} cannot be read: {error}") from error
    if not isinstance(loaded, DictConfig):
        raise DataError(f"{run / 'config.yaml'} is no configuration")
    return to_dataclass(loaded)


@dataclass(frozen=True, slots=True)
class _Records:
    """A run's records, judged anew."""

    judge: Judge
    recorded: EvaluationProtocol  # the run's own
    samples: int  # of a task

    def score(self, store: RunStore, new: RunStore, stage: str, tasks: Sequence[Task]) -> list[Verdict]:
        known = {(one.task_id, one.sample): one for one in store.read_completions(stage)}
        records = {(str(one.get("task_id")), one.get("sample", 0)): one for one in store.read_outcomes(stage)}
        asked = [(task, sample) for task in tasks for sample in range(self.samples)]
        absent = [t.task_id for t, n in asked if (t.task_id, n) not in known or (t.task_id, n) not in records]
        if absent:
            raise DataError(
                f"{store.path} has nothing recorded {stage} training for {len(absent)} test tasks, such as {absent[0]}",
                hint="Was it run on other tasks (dataset.test_tasks, evaluation.subset), or on other files?",
            )
        outcomes = []
        swapped = self.recorded != self.judge.cfg.protocol
        for task, sample in asked:
            try:
                outcomes.append(recorded(records[task.task_id, sample], swapped=swapped))
            except (KeyError, TypeError, ValueError) as error:
                raise DataError(
                    f"{store.path}: what was recorded {stage} training for {task.task_id} cannot be used: {error!r}",
                    hint="It was recorded by another version, or edited; real.score judges completions anew.",
                ) from error
        completions = [known[task.task_id, sample] for task, sample in asked]
        judged = self.judge.score_recorded([task for task, _ in asked], completions, outcomes)
        new.write_completions(stage, completions)
        new.write_outcomes(stage, judged)
        return [verdict for verdict, _ in judged]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m real.evaluation.rescore", description=__doc__)
    parser.add_argument("run", type=Path, metavar="RUN_DIR")
    parser.add_argument("--protocol", default="strict", choices=PROTOCOLS)
    parser.add_argument("--subset", default="all", choices=SUBSETS)
    parser.add_argument("--out", type=Path, required=True, help="folder for the new run directory")
    return parser


if __name__ == "__main__":
    sys.exit(main())
