"""Full rewards a second, both ways of asking: ``python benchmarks/rewards_per_second.py --data ../shared/data``.

Two ways: ``OpenRLHF`` starts the scoring service and asks it one sample a call from 32 threads, as the engines do: the
tests in the sandbox, the detector and MyPy. ``real.score`` scores the same answers from a file: function and safety
tests, the checks of the task (here the detector) and the baselines of doing nothing. Time runs from the start of the
process, so that loading and warming up count; ``warm`` leaves the start of the service out. The answers are one a task
of the train split: its reference or patched code, its vulnerable code, or one with a random slip (seed 0).

    --peer CHECKOUT      the same answers with the version installed in CHECKOUT/.venv, in turn with this one
    --dataset NAME       seccodeplt_plus or safesql (both by default)
    --tasks N            of each data set, spread evenly (default: all)
    --parts              where the time goes: each part alone, one after the other, in this process
    --repeat N           rounds; the best of each version counts

Prints rewards a second and CPU seconds of each version (and how many of them programs used up that ran into their
limit, which no version can spare), their ratio, and every sample whose reward or verdict differs.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyarrow import parquet
from rewards_parts import show_parts

from real.datasets import load_path
from real.serving.openrlhf_answer import Label, write_label
from real.serving.openrlhf_reward import bind
from real.types import Task

CALLERS = 32
PROMPT = "Write the program.\n"
SLIPS = 0.3  # of the answers
UNSETTLED = frozenset({"reward_seconds", "other_protocol", "flaky"})
AT_LIMIT = re.compile(r"CPU time limit \(([\d.]+) s CPU")
CLOCKED = re.compile(r" ?\([\d.]+ s CPU, [\d.]+ s wall\)")  # in the details of a record


@dataclass(frozen=True, slots=True)
class Sample:
    """An answer to a task."""

    task: Task
    response: str


@dataclass(frozen=True, slots=True)
class Run:
    """What one version made of all samples: seconds from its start, those after it was ready, CPU, and the verdicts.

    ``at_limits``: the part of the CPU that programs used which ran into their limit, as far as the records tell it.
    """

    wall: float
    warm: float
    cpu: float
    verdicts: tuple[str, ...]
    at_limits: float = 0.0


class _Slip(ast.NodeTransformer):
    """Makes one change, at the node numbered ``at``: another number, text, comparison or operator, or a lost result."""

    def __init__(self, at: int) -> None:
        self.left = at

    def visit(self, node: ast.AST) -> ast.AST:
        changed = self._changed(node)
        if changed is not None:
            self.left -= 1
            if self.left < 0:
                self.left = sys.maxsize
                return changed
        return super().generic_visit(node)

    @staticmethod
    def _changed(node: ast.AST) -> ast.AST | None:
        match node:
            case ast.Constant(value=bool()):
                return ast.Constant(not node.value)
            case ast.Constant(value=int(number)):
                return ast.Constant(number + 1)
            case ast.Compare(ops=[ast.Eq()]):
                return ast.Compare(node.left, [ast.NotEq()], node.comparators)
            case ast.Compare(ops=[ast.Lt()]):
                return ast.Compare(node.left, [ast.LtE()], node.comparators)
            case ast.Return(value=ast.expr()):
                return ast.Return(ast.Constant(None))
        return None


def slipped(code: str, rng: random.Random) -> str:
    """``code`` with one random slip; as it is where it is no Python or has no place for one."""
    try:
        tree = ast.parse(code)
        return ast.unparse(ast.fix_missing_locations(_Slip(rng.randrange(12)).visit(tree))) + "\n"
    except (SyntaxError, RecursionError, ValueError):
        return code


def subset(folder: Path, count: int, room: Path) -> Path:
    """A folder with ``count`` rows of the train split, spread evenly; the one that is there for 0."""
    table = parquet.read_table(folder / "train.parquet")
    if not 0 < count < len(table):
        return folder
    part = room / f"{folder.name}_{count}"
    part.mkdir()
    parquet.write_table(table.take([at * len(table) // count for at in range(count)]), part / "train.parquet")
    return part


def samples_of(folder: Path, seed: int = 0) -> list[Sample]:
    """One answer for each task of the train split in ``folder``."""
    rng, found = random.Random(seed), []
    for task in load_path(str(folder), "train").tasks:
        code = rng.choice([code for code in (task.reference, task.unsafe) if code is not None])
        if rng.random() < SLIPS:
            code = slipped(code, rng)
        found.append(Sample(task, f"```python\n{code}\n```"))
    return found


def by_the_service(python: Path, folder: Path, samples: Sequence[Sample]) -> Run:
    """One sample a call from ``CALLERS`` threads."""
    with tempfile.TemporaryDirectory() as room:
        ready, job = Path(room) / "scorer.json", Path(room) / "job"
        job.mkdir()
        writer = [str(python), str(Path(__file__).with_name("rewards_job.py")), str(folder), str(job)]
        server = subprocess.run(writer, check=True, stdout=subprocess.PIPE, text=True).stdout.split()
        command = [str(python), *server, "--job", str(job), "--port", "0", "--ready", str(ready)]
        began, before = time.monotonic(), _cpu_of_children()
        with (Path(room) / "log").open("w") as log:
            service = subprocess.Popen(command, stdout=log, stderr=log, cwd=room)
        try:
            while not ready.exists():
                if service.poll() is not None:
                    raise SystemExit(f"{python} -m real.serving ended: {(Path(room) / 'log').read_text()[-2000:]}")
                time.sleep(0.02)
            started, reward = time.monotonic(), bind(str(ready))

            def ask(row: int) -> Mapping[str, Any]:
                sample = samples[row]
                label = Label(sample.task.dataset, sample.task.task_id, "train", row)
                return reward([PROMPT + sample.response], [PROMPT], [write_label(label)])

            with ThreadPoolExecutor(CALLERS) as threads:
                answers = list(threads.map(ask, range(len(samples))))
            ended = time.monotonic()
        finally:
            service.terminate()
            service.wait()
        return Run(ended - began, ended - started, _cpu_of_children() - before, tuple(map(_settled, answers)))


def by_the_command(python: Path, folder: Path, samples: Sequence[Sample]) -> Run:
    """All samples from a file."""
    with tempfile.TemporaryDirectory() as room:
        answers, out = Path(room) / "answers.jsonl", Path(room) / "scored.jsonl"
        lines = [json.dumps({"task_id": s.task.task_id, "completion": s.response}) for s in samples]
        answers.write_text("\n".join(lines) + "\n")
        command = [str(python), "-m", "real.score", "--dataset", str(folder), "--split", "train"]
        began, before = time.monotonic(), _cpu_of_children()
        done = subprocess.run(
            [*command, "--completions", str(answers), "--out", str(out)],
            capture_output=True,
            text=True,
            check=False,
            cwd=room,
        )
        wall = time.monotonic() - began
        if done.returncode != 0:
            raise SystemExit(f"{python} -m real.score ended with {done.returncode}: {done.stderr[-2000:]}")
        text = out.read_text()
        records = [json.loads(line) for line in text.splitlines()]
        at_limits = sum(float(seconds) for seconds in AT_LIMIT.findall(text))
        return Run(wall, wall, _cpu_of_children() - before, tuple(map(_settled, records)), at_limits)


def _cpu_of_children() -> float:
    times = os.times()
    return times.children_user + times.children_system


def _settled(record: Mapping[str, Any]) -> str:
    """A record as text, without what depends on the clock, or what versions put in different places."""
    return CLOCKED.sub("", json.dumps(_without(record, UNSETTLED), sort_keys=True))


def _without(value: Any, names: frozenset[str]) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        return {key: _without(item, names) for key, item in value.items() if key not in names}
    return [_without(item, names) for item in value] if isinstance(value, list) else value


WAYS: dict[str, Callable[[Path, Path, Sequence[Sample]], Run]] = {
    "OpenRLHF": by_the_service,
    "real.score": by_the_command,
}


def compare(name: str, way: str, runs: Mapping[str, list[Run]], count: int) -> None:
    """Print one row a version, the ratio to the last, and the samples that came to something else."""
    best = {version: min(found, key=lambda run: run.wall) for version, found in runs.items()}
    for version, run in best.items():
        print(
            f"{name:<16} {way:<11} {version[:20]:<20} {count / run.wall:7.1f} {count / run.warm:7.1f} "
            f"{run.wall:7.1f} {run.cpu:7.1f} {run.at_limits:9.1f}"
        )
    ours, *others = best
    for other in others:
        different = [
            (one, two)
            for one, two in zip(best[ours].verdicts, best[other].verdicts, strict=True)
            if one != two
        ]  # fmt: skip
        ratio, warm = best[other].wall / best[ours].wall, best[other].warm / best[ours].warm
        cpu, own = best[other].cpu / best[ours].cpu, _own_cpu(best[other]) / _own_cpu(best[ours])
        print(
            f"{name:<16} {way:<11} {ratio:.2f} times {other} ({warm:.2f} warm), CPU {cpu:.2f}, {own:.2f} without "
            f"programs at limits; {len(different)} of {len(best[ours].verdicts)} records differ"
        )
        for one, two in different[:5]:
            print(f"  this checkout: {one}\n  {other}: {two}")


def _own_cpu(run: Run) -> float:
    return run.cpu - run.at_limits


def across(name: str, runs: Mapping[tuple[str, str], Run]) -> None:
    """Print each way of this checkout beside ``real.score`` of the others, whose rate is the bar of issue 16."""
    for (way, version), run in runs.items():
        for (bar, other), theirs in runs.items():
            if version == "this checkout" and bar == "real.score" and other != version:
                print(
                    f"{name:<16} {way:<11} beside real.score of {other}: {theirs.wall / run.wall:.2f} times its rate, "
                    f"CPU {theirs.cpu / run.cpu:.2f}, {_own_cpu(theirs) / _own_cpu(run):.2f} without programs at limits"
                )


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder with seccodeplt_plus/ and safesql/")
    parser.add_argument("--dataset", action="append", choices=("seccodeplt_plus", "safesql"))
    parser.add_argument("--way", action="append", choices=WAYS)
    parser.add_argument("--tasks", type=int, default=0, metavar="N")
    parser.add_argument("--parts", action="store_true")
    parser.add_argument("--repeat", type=int, default=1, metavar="N")
    parser.add_argument("--peer", type=Path, action="append", default=[], metavar="CHECKOUT")
    return parser.parse_args()


def main() -> None:
    """Run the benchmark."""
    chosen = options()
    pythons = {"this checkout": Path(sys.executable)}
    pythons |= {peer.name: (peer / ".venv" / "bin" / "python").absolute() for peer in chosen.peer}
    heads = " ".join(f"{name:>7}" for name in ("a sec.", "warm", "wall s", "CPU s"))
    print(f"{'data set':<16} {'way':<11} {'version':<20} {heads} {'at limits':>9}")
    with tempfile.TemporaryDirectory() as room:
        for name in chosen.dataset or ("seccodeplt_plus", "safesql"):
            folder = subset((chosen.data / name).absolute(), chosen.tasks, Path(room))
            samples = samples_of(folder)
            best: dict[tuple[str, str], Run] = {}
            for way in chosen.way or WAYS:
                runs: dict[str, list[Run]] = {version: [] for version in pythons}
                for turn in range(chosen.repeat):
                    for version in list(pythons)[:: 1 if turn % 2 else -1]:
                        runs[version].append(WAYS[way](pythons[version], folder, samples))
                compare(name, way, runs, len(samples))
                best |= {(way, version): min(found, key=lambda run: run.wall) for version, found in runs.items()}
            across(name, best)
            if chosen.parts:
                show_parts(name, folder, [(sample.task, sample.response) for sample in samples])


if __name__ == "__main__":
    main()
