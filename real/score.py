"""Score completions from a file: ``python -m real.score --dataset safesql_mini --split test --completions FILE.jsonl``.

Input records are ``{"task_id", "completion"}`` (see ``real.evaluation.completion_file`` for what else is read). Output
lines, one for each answer, in the order of the split, are ``{"task_id", "status", "reward", "function", "quality",
"safety", …}`` (see ``real.runs.records.outcome_record``); a task without an answer has the status ``missing`` and
counts as failed on both. ``baseline`` is the share of the task's cases that the best of three programs passes which
solve nothing, ``above_baseline`` whether this one passes more. Where tasks have several answers, each line has its
number as ``sample``, the summary's rates are pass@1, and ``pass_at_k`` has the rates for larger k. Masked answers
(failures of the machine) count in ``n`` as not passed, so that the rates are lower bounds; ``masked`` tells how many.
The last line of standard output is a JSON summary. Exit codes: 0 scored, 2 wrong usage, 3 unusable data, 4 no machine.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import json
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from real.datasets import load_path
from real.datasets.subset import SUBSETS
from real.evaluation.completion_file import Completions, read_completions
from real.evaluation.pass_at_k import pass_at_k_of
from real.evaluation.rates import RATE_NAMES, summarize, to_json
from real.execution.config import BackendName, ExecutionCfg, Isolation
from real.execution.trivial_baselines import summary_of, trivial_baselines
from real.io import console, disk
from real.io.json_records import read_json_records
from real.io.progress import Progress
from real.judge import Judge, JudgeCfg, Judgement
from real.protocols import PROTOCOLS, EvaluationProtocol
from real.rewards import RewardCfg, Variant
from real.rewards.config import VARIANTS
from real.runs.records import outcome_record
from real.typecheck.config import Policy, TypecheckCfg
from real.types import Completion, JsonValue, OutcomeStatus, Task, Verdict

_CHUNK = 64  # tasks judged between two updates of the progress line
_AT_A_TIME = 2  # chunks: the end of one, which waits for its slowest program, hides behind the beginning of the next


@dataclass(frozen=True, slots=True)
class _Scored:
    """One line of the output: an answer to a task, or that there is none."""

    task: Task
    judgement: Judgement
    sample: int
    missing: bool


def score(
    tasks: Sequence[Task], completions: Completions, judge: Judge, *, stream: TextIO | None = None
) -> tuple[list[dict[str, JsonValue]], dict[str, JsonValue]]:
    """Output records in the order of ``tasks``, and the summary."""
    began = time.monotonic()
    scored = _judged(tasks, completions, judge, stream)
    floors = trivial_baselines(tasks, judge.pool, judge.cfg.protocol, set_up=_set_up(scored))
    by_task = dict(zip((task.task_id for task in tasks), floors, strict=True))
    records = [_record(one, by_task[one.task.task_id].known_best, completions.sampled) for one in scored]
    verdicts = [one.judgement.verdict for one in scored]
    summary: dict[str, JsonValue] = {
        **_rates(verdicts, {one.task.task_id for one in scored if one.missing}, completions.sampled),
        "seconds": round(time.monotonic() - began, 3),
        "missing": sum(one.missing for one in scored),
        "skipped_lines": len(completions.skipped),
        "baselines": summary_of(floors),
        "above_baseline": sum(record["above_baseline"] is True for record in records),
        "isolation": judge.pool.isolation,
        "protocol": judge.cfg.protocol,
    }
    return records, summary


def _judged(tasks: Sequence[Task], completions: Completions, judge: Judge, stream: TextIO | None) -> list[_Scored]:
    answers = [(task, one) for task in tasks for one in completions.by_task.get(task.task_id, ())]
    chunks = [answers[start : start + _CHUNK] for start in range(0, len(answers), _CHUNK)]
    judge.prepare(tasks)

    def judged(part: list[tuple[Task, Completion]]) -> list[Judgement]:
        return judge.score([task for task, _ in part], [one for _, one in part], safety=True)

    judgements: dict[str, list[Judgement]] = {}
    threads = ThreadPoolExecutor(_AT_A_TIME)
    try:
        with Progress(len(answers), "scoring", "answers", stream=stream) as progress:
            for made in itertools.chain.from_iterable(threads.map(judged, chunks)):
                judgements.setdefault(made.verdict.task_id, []).append(made)
                progress.advance()
    finally:
        threads.shutdown(wait=False, cancel_futures=True)  # after an error, what runs ends with the judge's processes
    scored = []
    for task in tasks:
        made_of = judgements.get(task.task_id)
        for sample, judgement in enumerate(made_of or [judge.score_missing(task)]):
            scored.append(_Scored(task, judgement, sample, made_of is None))
    return scored


def _set_up(scored: Sequence[_Scored]) -> frozenset[str]:
    """The tasks of which a test was passed: the set-up, which runs before any program, has not failed."""
    passed = OutcomeStatus.PASS
    return frozenset(
        one.task.task_id for one in scored if any(made.status is passed for made in one.judgement.verdict.outcomes)
    )


def _record(scored: _Scored, baseline: float | None, sampled: bool) -> dict[str, JsonValue]:
    verdict, value = scored.judgement
    record = outcome_record(verdict, value)
    if scored.missing:
        record["status"] = "missing"
    if sampled:
        record["sample"] = scored.sample
    return record | {"baseline": baseline, "above_baseline": _above(verdict, baseline)}


def _rates(verdicts: Sequence[Verdict], missing: set[str], sampled: bool) -> dict[str, JsonValue]:
    """The rates of the summary; samples of a task depend on each other, so that their rates have no interval."""
    metrics = to_json(summarize(verdicts, count_masked=True))
    rates = {name: metrics[name] for name in ("n", *RATE_NAMES, "masked", "intervals")}
    if not sampled:
        return rates
    by_k = pass_at_k_of(verdicts, missing)
    first: dict[str, JsonValue] = dict(by_k["1"])
    return rates | first | {"intervals": None, "pass_at_k": {k: dict(values) for k, values in by_k.items()}}


def _above(verdict: Verdict, baseline: float | None) -> bool | None:
    """Whether a program passes more cases than one that solves nothing; ``None`` where either is not known."""
    if baseline is None or any(outcome.status is OutcomeStatus.INFRA_ERROR for outcome in verdict.outcomes):
        return None
    passed = sum(outcome.status is OutcomeStatus.PASS for outcome in verdict.outcomes)
    return bool(verdict.outcomes) and passed / len(verdict.outcomes) > baseline


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    console.protect()
    arguments = _parser().parse_args(argv)
    return console.ended(lambda: _run(arguments), "interrupted: nothing was written")


def _run(arguments: argparse.Namespace) -> int:
    cfg = _judge_cfg(arguments)
    _check_out(arguments)
    loaded = load_path(arguments.dataset, arguments.split, subset=arguments.subset)
    for row in loaded.skipped:
        print(f"skipped row {row.index} ({row.row_id or 'no id'}): {row.reason}", file=sys.stderr)
    read = read_json_records(arguments.completions)
    completions = read_completions(read, [task.task_id for task in loaded.tasks], arguments.completions)
    for problem in completions.skipped:
        print(f"skipped {arguments.completions} {problem}", file=sys.stderr)
    if completions.sampled:
        print("several answers to a task: rates are pass@k, see pass_at_k in the summary", file=sys.stderr)
    with Judge(cfg) as judge:
        print(f"sandbox: {judge.pool.describe()}", file=sys.stderr)
        records, summary = score(loaded.tasks, completions, judge)
    if summary["masked"]:
        print(
            f"{summary['masked']} answers could not be judged: they count as not passed, so the rates are lower bounds;"
            " their records have the reason",
            file=sys.stderr,
        )
    summary |= {"typecheck": cfg.typecheck.policy, "subset": loaded.subset, "split_hash": loaded.content_hash}
    if arguments.out:
        disk.write_lines(Path(arguments.out), records)
    else:
        for record in records:
            print(json.dumps(record))
    print(json.dumps(summary))
    return 0


def _judge_cfg(arguments: argparse.Namespace) -> JudgeCfg:
    reward = RewardCfg(Variant(arguments.reward), arguments.alpha)
    reward.check()
    execution = ExecutionCfg(
        backend=BackendName(arguments.backend),
        fusion_url=arguments.fusion_url,
        ray_address=arguments.ray_address,
        workers=arguments.workers,
        min_isolation=Isolation(arguments.min_isolation),
    )
    execution.check()
    by_protocol = Policy.paper if arguments.protocol == "paper" else Policy.hardened
    typecheck = TypecheckCfg(Policy(arguments.typecheck or by_protocol))
    protocol = EvaluationProtocol(arguments.protocol)
    return JudgeCfg(reward, typecheck=typecheck, execution=execution, protocol=protocol)


def _check_out(arguments: argparse.Namespace) -> None:
    """Raise ``UsageError`` before anything is scored where ``--out`` cannot be written, or is one of the inputs."""
    if arguments.out:
        inputs = {"--completions": arguments.completions, "--dataset": arguments.dataset}
        disk.check_output(Path(arguments.out), "--out", inputs)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m real.score", description="Score completions of a benchmark split.")
    parser.add_argument("--dataset", required=True, help="a data set name, or a parquet or JSONL file or folder")
    parser.add_argument("--split", default="test", help="train or test (default: test)")
    parser.add_argument(
        "--subset", default="all", choices=SUBSETS, help="clean: the test tasks that nothing in train gives away"
    )
    parser.add_argument(
        "--completions", required=True, help='JSON Lines or an array of {"task_id", "completion"}; - reads stdin'
    )
    parser.add_argument("--reward", default="hybrid", choices=VARIANTS, help="reward variant (default: hybrid)")
    parser.add_argument("--alpha", type=float, default=0.5, help="weight of quality in [0, 1] (default: 0.5)")
    parser.add_argument("--protocol", default="strict", choices=PROTOCOLS, help="whose rules: ours or the paper's")
    parser.add_argument(
        "--typecheck", choices=[*Policy], help="policy (default: paper with --protocol paper, else hardened)"
    )
    parser.add_argument("--out", help="file for the output lines (default: standard output)")
    parser.add_argument("--workers", type=int, default=0, help="sandbox workers (default: one per core)")
    parser.add_argument(
        "--min-isolation",
        default="medium",
        choices=tuple(Isolation),
        help="refuse to run below this level (default: medium; external: rely on a SandboxFusion server's walls)",
    )
    parser.add_argument("--backend", default="local", choices=tuple(BackendName), help="where programs run")
    parser.add_argument("--ray-address", metavar="HOST:PORT", help="the cluster of --backend ray (default: find it)")
    parser.add_argument("--fusion-url", metavar="URL", help="the server of --backend fusion")
    return parser


def command() -> int:
    """``main`` in a process of its own, where the search for garbage would be a fourteenth of its work."""
    gc.set_threshold(100_000, 20, 20)
    code = main()
    gc.freeze()  # the interpreter is about to throw everything away, and need not search it first
    return code


if __name__ == "__main__":
    sys.exit(command())
