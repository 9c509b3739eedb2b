"""``python -m real.execution --jsonl | doctor | run FILE.py | baselines``: the sandbox for scripts and for people."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from real import source_text
from real.errors import DataError, InfrastructureError, RealError
from real.execution import jsonl
from real.execution.calibration import slowness
from real.execution.compare import PROTOCOLS
from real.execution.jail import landlock, seccomp
from real.execution.pool import LEVELS, Pool
from real.execution.trivial_baselines import trivial_baselines
from real.io import console
from real.source_text import SourceTextError
from real.types import ExecutionRequest, Limits, OutcomeStatus, ScriptSuite, StdinCase

_INTERRUPTED, _TERMINATED = 130, 143

_PROMISES = {
    "strong": "resource limits, seccomp, Landlock and namespaces: no processes, no network, none of the host's files",
    "medium": "resource limits, seccomp and Landlock: no processes, no network, only system libraries are readable",
    "weak": "resource limits only: a hostile program can read files, use the network and start processes",
}


def doctor() -> int:
    """Try every level and print what each came to; 0 when a default pool would start, else 4."""
    version = landlock.abi()
    print(f"Landlock      {f'version {version}' if version else 'missing'}")
    print(f"seccomp       {'known architecture' if seccomp.supported() else 'no system call table for this machine'}")
    print(f"CPU limits    x {slowness():.2f} (how much slower this machine is than the one they were chosen on)")
    scratch = "/dev/shm, in memory" if os.access("/dev/shm", os.W_OK) else f"{tempfile.gettempdir()}, on disk: slower"
    print(f"folder        programs at medium and weak run below {scratch}")
    reached = []
    for level in LEVELS:
        try:
            with Pool(1, level=level) as pool:
                print(f"{level:<13} yes: {pool.describe().partition(': ')[2]}")
                reached.append(level)
        except InfrastructureError as error:
            print(f"{level:<13} no: {str(error).splitlines()[0]}")
    best = reached[0] if reached else "none"
    print(f"level         {best}: {_PROMISES.get(best, 'this machine cannot run programs')}")
    return 0 if best in ("strong", "medium") else InfrastructureError.exit_code


def run_file(path: Path, stdin: str, level: str | None, limits: Limits) -> int:
    """Run one program, print its output and, on standard error, its status; 0 when it ended well, else 1."""
    try:
        code = source_text.decode(path.read_bytes())
    except (OSError, SourceTextError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise DataError(f"cannot read the program {path}: {reason}") from error
    request = ExecutionRequest(path.name, code, ScriptSuite((StdinCase(stdin, ""),)), limits)
    with Pool(1, level=level) as pool:
        (result,) = pool.run([request])
    (outcome,) = result.outcomes
    # There is nothing to compare with: a program that ended well counts as passed, whatever it printed.
    ended_well = outcome.status in (OutcomeStatus.PASS, OutcomeStatus.WRONG)
    print(outcome.output, end="" if outcome.output.endswith("\n") or not outcome.output else "\n")
    status = "ended well" if ended_well else f"{outcome.status}: {outcome.detail}"
    print(f"[{status}; {outcome.seconds:.3f} s CPU; isolation {result.isolation}]", file=sys.stderr)
    return 0 if ended_well else 1


def serve_jsonl(level: str | None, workers: int) -> int:
    """Answer the requests on standard input, line by line (see ``real.execution.jsonl``); 0 at the end of the input."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(_TERMINATED))
    # A reader of our own: at the end, the interpreter waits for a thread that is reading from sys.stdin.
    lines = open(0, "rb", closefd=False)  # noqa: SIM115
    with Pool(workers, level=level) as pool:
        for answer in jsonl.serve(jsonl.lines_of(lines), pool):
            print(answer, flush=True)
    return 0


def print_baselines(dataset: str, split: str, protocol: str) -> int:
    """Print what programs that solve nothing score on each task, best last, and on the whole."""
    from real.datasets import load_path  # only this command needs data

    tasks = load_path(dataset, split).tasks
    with Pool() as pool:
        rows = sorted(trivial_baselines(tasks, pool, protocol), key=lambda row: row.best)
    print(f"{'task':<24} {'empty':>8} {'constant':>8} {'ValueError':>10}")
    for row in rows:
        scores = ["failed" if score is None else f"{score:.3f}" for score in (row.empty, row.constant, row.value_error)]
        print(f"{row.task_id:<24} {scores[0]:>8} {scores[1]:>8} {scores[2]:>10}")
    for name in ("empty", "constant", "value_error"):
        known = [score for row in rows if (score := getattr(row, name)) is not None]
        solved = sum(score == 1 for score in known)
        mean = sum(known) / len(known) if known else 0.0
        print(f"{name}: mean share of cases {mean:.3f}; passes every case of {solved} of {len(known)} tasks")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m real.execution", description=__doc__)
    parser.add_argument(
        "--jsonl", action="store_true", help="serve requests: one JSON object per line in, one per line out"
    )
    parser.add_argument("--level", choices=LEVELS, help="with --jsonl: isolation level (default: the strongest here)")
    parser.add_argument("--workers", type=int, default=0, help="with --jsonl: worker processes (default: one per core)")
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("doctor", help="try each layer of isolation and say what this machine reaches")
    floor = commands.add_parser("baselines", help="what programs that solve nothing score on a data set")
    floor.add_argument("--dataset", required=True, help="a data set name, or a parquet or JSONL file or folder")
    floor.add_argument("--split", default="test", help="train or test (default: test)")
    floor.add_argument("--protocol", default="strict", choices=PROTOCOLS, help="how outputs are compared")
    run = commands.add_parser("run", help="run one program in the sandbox")
    run.add_argument("file", type=Path, help="a Python program")
    run.add_argument("--stdin", default="", help="text for its standard input (\\n stands for a line break)")
    run.add_argument(
        "--level",
        dest="run_level",
        choices=LEVELS,
        help="isolation level (default: the strongest this machine reaches)",
    )
    run.add_argument("--cpu-s", type=float, default=Limits().cpu_s, help="CPU seconds (default: %(default)s)")
    run.add_argument("--memory-mb", type=int, default=Limits().memory_mb, help="MiB of memory (default: %(default)s)")
    run.add_argument("--output-kb", type=int, default=Limits().output_kb, help="KiB of output (default: %(default)s)")
    return parser


def _dispatch(options: argparse.Namespace) -> int:
    if options.jsonl:
        return serve_jsonl(options.level, options.workers)
    if options.command == "doctor":
        return doctor()
    if options.command == "baselines":
        return print_baselines(options.dataset, options.split, options.protocol)
    limits = Limits(cpu_s=options.cpu_s, memory_mb=options.memory_mb, output_kb=options.output_kb)
    return run_file(options.file, options.stdin.replace("\\n", "\n"), options.run_level, limits)


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point; returns the exit code."""
    console.protect()
    parser = _parser()
    options = parser.parse_args(argv)
    if options.jsonl == (options.command is not None):
        parser.error("give one of: --jsonl, doctor, run, baselines")
    try:
        return _dispatch(options)
    except RealError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:  # whoever read the answers is gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return _INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
