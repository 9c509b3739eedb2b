"""Attack the detector: ``python -m real.redteam [--dataset NAME] [--candidates N] [--minutes M] --out FOLDER``.

Starts from the vulnerable programs of a data set's training split (``unsafe``) that the detector flags and whose
safety tests fail. Looks for moves after which the detector calls them clean, and lets the sandbox confirm that they do
what they did, and fail a safety test still. ``FOLDER/escapes.jsonl`` gets every confirmed escape with the fewest moves
that make it: each stands for a kind, to be mended and to become a test. ``FOLDER/starts.jsonl`` has one line a start;
the same command resumes behind it. Exit codes: 0 done, 1 more escapes than ``--allowed`` of 10,000 candidates, 2 wrong
usage, 3 unusable data, 4 no machine.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from real.datasets import load_path
from real.detector import VERSION
from real.errors import UsageError
from real.io import console, disk
from real.io.columns import align
from real.io.progress import Progress
from real.judge import Judge, JudgeCfg
from real.redteam.oracle import Start, confirmed, starts
from real.redteam.search import Escapes, kind_of, search
from real.rewards import RewardCfg

_FROM_ONE = 100  # candidates of one program at least: fewer would only try single moves
_STARTS, _ESCAPES, _SETTINGS = "starts.jsonl", "escapes.jsonl", "settings.json"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    console.protect()
    arguments = _parser().parse_args(argv)
    return console.ended(
        lambda: _run(arguments), f"interrupted: {arguments.out} keeps what was found; the same command goes on"
    )


def _run(arguments: argparse.Namespace) -> int:
    if arguments.candidates < 1 or arguments.minutes <= 0 or arguments.workers < 0:
        raise UsageError("--candidates must be at least 1, --minutes above 0, and --workers at least 0")
    out = Path(arguments.out)
    _same_settings(out, arguments)
    done = {str(one["task_id"]) for one in disk.read_lines(out / _STARTS)} if (out / _STARTS).exists() else set()
    loaded = load_path(arguments.dataset, arguments.split)
    programs = [(task, task.unsafe) for task in loaded.tasks if task.unsafe is not None]
    random.Random(arguments.seed).shuffle(programs)
    programs = programs[: max(1, arguments.candidates // _FROM_ONE)]
    with Judge(JudgeCfg(RewardCfg(checks=["security"]))) as judge:
        print(f"sandbox: {judge.pool.describe()}", file=sys.stderr)
        found = starts(judge, programs)
        print(f"{len(found)} of {len(programs)} vulnerable programs are flagged and shown to be unsafe by their tests")
        if not found:
            raise UsageError(f"{arguments.dataset} has no program to start from", hint="Its tasks need unsafe twins.")
        budget = -(-arguments.candidates // len(found))
        waiting = [start for start in found if start.task.task_id not in done]
        until = time.monotonic() + 60 * arguments.minutes
        for start, escapes in _attacked(waiting, budget, arguments, until):
            shown = confirmed(judge, start, [variant.code for variant in escapes.clean])
            _keep(out, start, escapes, shown)
    return _report(out, arguments.allowed)


def _attacked(
    waiting: Sequence[Start], budget: int, arguments: argparse.Namespace, until: float
) -> Iterator[tuple[Start, Escapes]]:
    """Each start with what was found, in their order; none is begun behind the end of the time."""
    workers = arguments.workers or len(os.sched_getaffinity(0))
    with ProcessPoolExecutor(workers) as pool, Progress(len(waiting), "attacking", "programs") as progress:
        for at in range(0, len(waiting), workers):
            if time.monotonic() > until:
                print(f"--minutes is over: {len(waiting) - at} programs are left; the same command goes on with them")
                return
            part = waiting[at : at + workers]
            seeds = [f"{arguments.seed}/{start.task.task_id}" for start in part]
            made = pool.map(search, [one.code for one in part], [budget] * len(part), seeds)
            for pair in zip(part, made, strict=True):
                progress.advance()
                yield pair


def _keep(out: Path, start: Start, escapes: Escapes, shown: Sequence[bool]) -> None:
    for variant, is_shown in zip(escapes.clean, shown, strict=True):
        if is_shown:
            told = {"task_id": start.task.task_id, "cwe": start.task.cwe, "moves": list(variant.moves)}
            disk.append_line(out / _ESCAPES, {**told, "code": variant.code})
    counts = {"candidates": escapes.candidates, "clean": len(escapes.clean), "confirmed": sum(shown)}
    disk.append_line(out / _STARTS, {"task_id": start.task.task_id, "cwe": start.task.cwe, **counts})


def _report(out: Path, allowed: float) -> int:
    records = disk.read_lines(out / _STARTS) if (out / _STARTS).exists() else []
    totals: dict[str, Counter[str]] = {"all": Counter()}
    for record in records:
        for name in ("all", str(record["cwe"])):
            counts = totals.setdefault(name, Counter())
            counts["programs"] += 1
            counts.update({key: _number(record, key) for key in ("candidates", "clean", "confirmed")})
    header = ["weakness", "programs", "candidates", "called clean", "confirmed", "of 10,000"]
    rows = [[name, *(f"{counts[key]:,}" for key in ("programs", "candidates", "clean", "confirmed")), _share(counts)]
            for name, counts in sorted(totals.items())]  # fmt: skip
    print("\n".join(align([header, *rows])))
    escapes = disk.read_lines(out / _ESCAPES) if (out / _ESCAPES).exists() else []
    kinds = Counter(kind_of([str(move) for move in _moves(one)]) for one in escapes)
    for kind, count in kinds.most_common(12):
        print(f"{count:5}  {kind}")
    total = totals["all"]
    return int(total["confirmed"] * 10_000 > allowed * total["candidates"]) if total["candidates"] else 0


def _moves(record: Mapping[str, object]) -> Sequence[object]:
    moves = record.get("moves")
    return moves if isinstance(moves, list) else []


def _number(record: Mapping[str, object], key: str) -> int:
    value = record.get(key)
    return value if isinstance(value, int) else 0


def _share(counts: Counter[str]) -> str:
    return f"{10_000 * counts['confirmed'] / counts['candidates']:.1f}" if counts["candidates"] else "-"


def _same_settings(out: Path, arguments: argparse.Namespace) -> None:
    """Another seed, data set or detector would mix two searches in one folder."""
    wanted = {key: getattr(arguments, key) for key in ("dataset", "split", "candidates", "seed")}
    wanted["detector"] = VERSION
    file = out / _SETTINGS
    if not file.exists():
        out.mkdir(parents=True, exist_ok=True)
        disk.write_json(file, wanted)
    elif (before := disk.read_json(file)) != wanted:
        differing = next(key for key in wanted if before.get(key) != wanted[key])
        raise UsageError(
            f"{out} holds a search with {differing} {before.get(differing)!r}, and now it is {wanted[differing]!r}",
            hint="Choose another --out.",
        )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m real.redteam", description="Search for ways past the detector.")
    parser.add_argument("--dataset", default="safesql_mini", help="a data set with unsafe programs (default: embedded)")
    parser.add_argument("--split", default="train", help="default: train")
    parser.add_argument("--candidates", type=int, default=10_000, metavar="N", help="in all (default: 10,000)")
    parser.add_argument("--minutes", type=float, default=1e6, metavar="M", help="begin no program later than that")
    parser.add_argument("--allowed", type=float, default=100.0, metavar="N", help="escapes of 10,000 (default: 100)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=0, help="processes (default: one for each core)")
    parser.add_argument("--out", required=True, metavar="FOLDER", help="records; the same command resumes")
    return parser


if __name__ == "__main__":
    sys.exit(main())
