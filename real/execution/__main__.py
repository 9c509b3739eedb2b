"""``python -m real.execution doctor | run FILE.py``: what the sandbox can do here, and one program in it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from real.errors import DataError, InfrastructureError, RealError
from real.execution.jail import landlock, seccomp
from real.execution.pool import LEVELS, Pool
from real.types import Job, Limits, OutcomeStatus, ScriptSuite, StdinCase

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
        code = path.read_text("utf-8")
    except (OSError, UnicodeError) as error:
        raise DataError(f"cannot read the program {path}: {error}") from error
    job = Job(path.name, code, ScriptSuite((StdinCase(stdin, ""),)), limits)
    with Pool(1, level=level) as pool:
        (result,) = pool.run([job])
    (outcome,) = result.outcomes
    # There is nothing to compare with: a program that ended well counts as passed, whatever it printed.
    ended_well = outcome.status in (OutcomeStatus.PASS, OutcomeStatus.WRONG)
    print(outcome.output, end="" if outcome.output.endswith("\n") or not outcome.output else "\n")
    status = "ended well" if ended_well else f"{outcome.status}: {outcome.detail}"
    print(f"[{status}; {outcome.seconds:.3f} s CPU; isolation {result.isolation}]", file=sys.stderr)
    return 0 if ended_well else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m real.execution", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("doctor", help="try each layer of isolation and say what this machine reaches")
    run = commands.add_parser("run", help="run one program in the sandbox")
    run.add_argument("file", type=Path, help="a Python program")
    run.add_argument("--stdin", default="", help="text for its standard input (\\n stands for a line break)")
    run.add_argument("--level", choices=LEVELS, help="isolation level (default: the strongest this machine reaches)")
    run.add_argument("--cpu-s", type=float, default=Limits().cpu_s, help="CPU seconds (default: %(default)s)")
    run.add_argument("--memory-mb", type=int, default=Limits().memory_mb, help="MiB of memory (default: %(default)s)")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point; returns the exit code."""
    options = _parser().parse_args(argv)
    try:
        if options.command == "doctor":
            return doctor()
        limits = Limits(cpu_s=options.cpu_s, memory_mb=options.memory_mb)
        return run_file(options.file, options.stdin.replace("\\n", "\n"), options.level, limits)
    except RealError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
