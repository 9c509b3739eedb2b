"""Score completions from a file: ``python -m real.score --dataset safesql_mini --split test --completions FILE.jsonl``.

Input lines are ``{"task_id", "completion"}``. Output lines, one for each task of the split and in its order, are
``{"task_id", "status", "reward", "function", "quality", "safety", …}`` (see ``results.records.outcome_record``); a task
without a completion has the status ``missing`` and counts as failed on both. ``baseline`` is the share of the task's
cases that the best of three programs passes which solve nothing, ``above_baseline`` whether this one passes more. The
last line of standard output is a JSON summary. Exit codes: 0 scored, 2 wrong usage, 3 unusable data, 4 no machine.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from real.datasets import load_path
from real.datasets.subset import SUBSETS
from real.errors import DataError, RealError, UsageError
from real.evaluation.protocol import PROTOCOLS, absent_passes_quality
from real.evaluation.rates import summarize, to_json
from real.execution.backends.factory import BACKENDS, EXTERNAL
from real.execution.pool import LEVELS
from real.execution.trivial_baselines import summary_of, trivial_baselines
from real.io import disk
from real.io.progress import Progress
from real.judge import Judge
from real.rewards import RewardCfg, reward
from real.rewards.config import VARIANTS
from real.runs.records import outcome_record
from real.typecheck.config import HARDENED, PAPER, POLICIES, TypecheckCfg
from real.types import Completion, JsonValue, OutcomeStatus, Program, Reward, Task, Verdict

_CHUNK = 64  # tasks judged between two updates of the progress line


@dataclass
class Completions:
    """What a completion file holds: the usable lines by task id, and the others with their reasons."""

    by_task: dict[str, Completion] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)


def read_completions(lines: Iterable[str], known: Iterable[str]) -> Completions:
    """Read JSON lines; a broken one, an unknown or a repeated task id is skipped with its reason."""
    found, ids = Completions(), set(known)
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        problem = _take(line, ids, found.by_task)
        if problem:
            found.skipped.append(f"line {number}: {problem}")
    return found


def _take(line: str, ids: set[str], taken: dict[str, Completion]) -> str | None:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        return f"not JSON ({error})"
    if not isinstance(record, dict) or not isinstance(record.get("completion"), str) or "task_id" not in record:
        return 'not an object with "task_id" and the text "completion"'
    task_id = str(record["task_id"])
    if task_id not in ids:
        return f"unknown task id {task_id!r}"
    if task_id in taken:
        return f"a second completion for {task_id!r}; the first one counts"
    taken[task_id] = Completion(task_id, record["completion"])
    return None


def score(
    tasks: Sequence[Task], completions: Completions, judge: Judge, *, stream: TextIO | None = None
) -> tuple[list[dict[str, JsonValue]], dict[str, JsonValue]]:
    """Output records in the order of ``tasks``, and the summary."""
    began = time.monotonic()
    judged: dict[str, tuple[Verdict, Reward]] = {}
    answered = [task for task in tasks if task.task_id in completions.by_task]
    with Progress(len(answered), "scoring", "tasks", stream=stream) as progress:
        for start in range(0, len(answered), _CHUNK):
            part = answered[start : start + _CHUNK]
            for verdict in judge.judge(part, [completions.by_task[t.task_id] for t in part], safety=True):
                judged[verdict.task_id] = (verdict, reward(verdict, judge.cfg))
                seconds = sum(outcome.seconds for outcome in verdict.outcomes)
                progress.advance(name=verdict.task_id, seconds=seconds)
    records, verdicts = [], []
    floors = trivial_baselines(tasks, judge.pool, judge.protocol)
    for task, floor in zip(tasks, floors, strict=True):
        verdict, value = judged.get(task.task_id) or _missing(task, judge)
        record = outcome_record(verdict, value)
        record["baseline"] = floor.known_best
        record["above_baseline"] = _above(verdict, floor.known_best)
        if task.task_id not in judged:
            record["status"] = "missing"
        records.append(record)
        verdicts.append(verdict)
    metrics = to_json(summarize(verdicts))
    summary: dict[str, JsonValue] = {
        "n": metrics["n"],
        "function": metrics["function"],
        "quality": metrics["quality"],
        "func_qual": metrics["func_qual"],
        "masked": metrics["masked"],
        "seconds": round(time.monotonic() - began, 3),
        "missing": len(tasks) - len(answered),
        "skipped_lines": len(completions.skipped),
        "intervals": metrics["intervals"],
        "baselines": summary_of(floors),
        "above_baseline": sum(record["above_baseline"] is True for record in records),
        "isolation": judge.pool.isolation,
        "protocol": judge.protocol,
    }
    return records, summary


def _above(verdict: Verdict, baseline: float | None) -> bool | None:
    """Whether a program passes more cases than one that solves nothing; ``None`` where either is not known."""
    if baseline is None or any(outcome.status is OutcomeStatus.INFRA_ERROR for outcome in verdict.outcomes):
        return None
    passed = sum(outcome.status is OutcomeStatus.PASS for outcome in verdict.outcomes)
    return bool(verdict.outcomes) and passed / len(verdict.outcomes) > baseline


def _missing(task: Task, judge: Judge) -> tuple[Verdict, Reward]:
    absent = absent_passes_quality(judge.protocol, task.dataset)
    verdict = Verdict(task.task_id, Program(None, "no completion"), absent_quality=absent)
    return verdict, reward(verdict, judge.cfg)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    arguments = _parser().parse_args(argv)
    try:
        return _run(arguments)
    except RealError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("interrupted: nothing was written", file=sys.stderr)
        return 130


def _run(arguments: argparse.Namespace) -> int:
    cfg = RewardCfg(
        variant=arguments.reward,
        alpha=arguments.alpha,
        workers=arguments.workers,
        min_isolation=arguments.min_isolation,
        backend=arguments.backend,
        ray_address=arguments.ray_address,
        fusion_url=arguments.fusion_url,
    )
    cfg.check()
    loaded = load_path(arguments.dataset, arguments.split, subset=arguments.subset)
    for row in loaded.skipped:
        print(f"skipped row {row.index} ({row.row_id or 'no id'}): {row.reason}", file=sys.stderr)
    if arguments.out and not Path(arguments.out).resolve().parent.is_dir():
        raise UsageError(f"the folder of --out {arguments.out} does not exist")
    completions = read_completions(_lines(arguments.completions), (task.task_id for task in loaded.tasks))
    for problem in completions.skipped:
        print(f"skipped {arguments.completions} {problem}", file=sys.stderr)
    typecheck = TypecheckCfg(arguments.typecheck or (PAPER if arguments.protocol == "paper" else HARDENED))
    with Judge(cfg, protocol=arguments.protocol, typecheck=typecheck) as judge:
        print(f"sandbox: {judge.pool.describe()}", file=sys.stderr)
        records, summary = score(loaded.tasks, completions, judge)
    summary |= {"typecheck": typecheck.policy, "subset": loaded.subset, "split_hash": loaded.content_hash}
    if arguments.out:
        disk.write_lines(Path(arguments.out), records)
    else:
        for record in records:
            print(json.dumps(record))
    print(json.dumps(summary))
    return 0


def _lines(name: str) -> list[str]:
    if name == "-":
        return sys.stdin.read().splitlines()
    try:
        # Undecodable bytes stay visible and make their own line fail, not the whole file.
        return Path(name).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise DataError(f"cannot read the completions {name}: {error.strerror or error}") from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m real.score", description="Score completions of a benchmark split.")
    parser.add_argument("--dataset", required=True, help="a data set name, or a parquet or JSONL file or folder")
    parser.add_argument("--split", default="test", help="train or test (default: test)")
    parser.add_argument(
        "--subset", default="all", choices=SUBSETS, help="clean: the test tasks that nothing in train gives away"
    )
    parser.add_argument("--completions", required=True, help='JSON lines {"task_id", "completion"}; - reads stdin')
    parser.add_argument("--reward", default="hybrid", choices=VARIANTS, help="reward variant (default: hybrid)")
    parser.add_argument("--alpha", type=float, default=0.5, help="weight of quality in [0, 1] (default: 0.5)")
    parser.add_argument("--protocol", default="strict", choices=PROTOCOLS, help="whose rules: ours or the paper's")
    parser.add_argument(
        "--typecheck", choices=POLICIES, help="policy (default: paper with --protocol paper, else hardened)"
    )
    parser.add_argument("--out", help="file for the output lines (default: standard output)")
    parser.add_argument("--workers", type=int, default=0, help="sandbox workers (default: one per core)")
    parser.add_argument(
        "--min-isolation",
        default="medium",
        choices=(*LEVELS, EXTERNAL),
        help="refuse to run below this level (default: medium; external: rely on a SandboxFusion server's walls)",
    )
    parser.add_argument("--backend", default="local", choices=tuple(BACKENDS), help="where programs run")
    parser.add_argument("--ray-address", metavar="HOST:PORT", help="the cluster of --backend ray (default: find it)")
    parser.add_argument("--fusion-url", metavar="URL", help="the server of --backend fusion")
    return parser


if __name__ == "__main__":
    sys.exit(main())
