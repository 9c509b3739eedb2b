"""``python -m real.evaluation.rescore RUN_DIR …``: a finished run judged anew by other rules, from its own records.

Nothing is generated and no program is run again: the recorded completions are analysed anew, and the recorded outcomes
hold what each test came to under either protocol. The program of a response is the one that ran, by the run's own
protocol. The result is a run directory of its own, which
``python -m real.results`` reads like any other.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from real import detector, execution, typecheck
from real.datasets import load
from real.datasets.subset import SUBSETS
from real.errors import DataError, RealError, UsageError
from real.evaluation.metrics import build_metrics, read_run
from real.evaluation.protocol import PROTOCOLS, absent_passes_quality, extraction_rule
from real.evaluation.rates import paired_difference, summarize
from real.extract import extract
from real.rewards import RewardCfg, reward
from real.runs.records import recorded_outcomes
from real.runs.store import RunStore
from real.static_checks import StaticChecks
from real.typecheck.config import PAPER
from real.types import Analysis, Check, JsonValue, Program, Task, Verdict

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
    """Judge what ``run`` recorded and write ``metrics.json`` and outcomes below ``out``; returns the new folder.

    Under ``paper`` the type checker follows the paper's policy too. Raises ``UsageError`` where ``out`` is the run
    itself, ``DataError`` where the run is not finished, its data set is another one now, or its records are damaged.
    """
    if out.resolve() == run.resolve():
        raise UsageError("--out is the run itself, whose own results must stay", hint="Choose another folder.")
    old, store = read_run(run), RunStore(run)
    root = _config(run)
    cfg = replace(root.dataset, subset=subset, protocol=protocol)
    test = load(cfg, "test")
    rules = replace(root.typecheck, policy=PAPER) if protocol == "paper" else root.typecheck
    new = RunStore(out / f"{old.run_id}-{protocol}-{subset}")
    other = protocol != old.protocol
    with StaticChecks(root.reward, rules) as analyst:
        again = _Rules(root.reward, analyst, protocol, swapped=other, extraction=extraction_rule(old.protocol))
        before = again.judge(store, new, "before", test.tasks)
        after = None if old.after is None else again.judge(store, new, "after", test.tasks)
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


@dataclass(frozen=True, slots=True)
class _Rules:
    """By what recorded completions are judged; ``swapped``: the run was judged by the other protocol."""

    cfg: RewardCfg
    analyst: StaticChecks
    protocol: str
    swapped: bool
    extraction: str  # what the run took for the program: its outcomes are of that

    def judge(self, store: RunStore, new: RunStore, stage: str, tasks: Sequence[Task]) -> list[Verdict]:
        known = {completion.task_id: completion for completion in store.read_completions(stage)}
        records = {str(record.get("task_id")): record for record in store.read_outcomes(stage)}
        absent = [task.task_id for task in tasks if task.task_id not in known or task.task_id not in records]
        if absent:
            raise DataError(
                f"{store.path} has nothing recorded {stage} training for {len(absent)} test tasks, such as {absent[0]}",
                hint="Was it run on other tasks (dataset.test_tasks, dataset.subset), or on other files?",
            )
        completions = [known[task.task_id] for task in tasks]
        programs = [extract(completion.text, self.extraction) for completion in completions]
        analyses = self.analyst.analyse(
            {t.task_id: (t, p.code) for t, p in zip(tasks, programs, strict=True) if p.code is not None}
        )
        verdicts = []
        for task, program in zip(tasks, programs, strict=True):
            try:
                verdicts.append(self._verdict(task, program, records[task.task_id], analyses.get(task.task_id, {})))
            except (KeyError, TypeError, ValueError) as error:
                raise DataError(
                    f"{store.path}: what was recorded {stage} training for {task.task_id} cannot be used: {error!r}",
                    hint="It was recorded by another version, or edited; real.score judges completions anew.",
                ) from error
        new.write_completions(stage, completions)
        new.write_outcomes(stage, [(verdict, reward(verdict, self.cfg)) for verdict in verdicts])
        return verdicts

    def _verdict(
        self, task: Task, program: Program, record: Mapping[str, object], analyses: Mapping[Check, Analysis]
    ) -> Verdict:
        tests, safety, baseline = record["function"], record["safety"], record["baseline"]
        if not isinstance(tests, Mapping) or not isinstance(safety, Mapping | None):
            raise TypeError("no outcomes")
        return Verdict(
            task.task_id,
            program,
            recorded_outcomes(tests, swapped=self.swapped),
            analyses,
            None if safety is None else recorded_outcomes(safety, swapped=self.swapped),
            baseline=None if baseline is None else float(str(baseline)),
            absent_quality=program.code is None and absent_passes_quality(self.protocol, task.dataset),
        )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m real.evaluation.rescore", description=__doc__)
    parser.add_argument("run", type=Path, metavar="RUN_DIR")
    parser.add_argument("--protocol", default="strict", choices=PROTOCOLS)
    parser.add_argument("--subset", default="all", choices=SUBSETS)
    parser.add_argument("--out", type=Path, required=True, help="folder for the new run directory")
    return parser


if __name__ == "__main__":
    sys.exit(main())
