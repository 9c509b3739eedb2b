"""``python -m real.doctor [--for cluster] [--json]``: exit code 0 if everything needed is there, else 1."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict

from real.doctor import compilers, machine, software
from real.doctor.check import Check, CheckResult, Health, Purpose
from real.io import console

CHECKS: tuple[Check, ...] = (
    software.look, compilers.compilers, machine.gpus, machine.nccl, machine.shared_memory, machine.disk,
    machine.sandbox, machine.slurm, machine.ray, machine.hub, machine.wandb,
)  # fmt: skip
_COLOURS = {Health.OK: "\x1b[32m", Health.ABSENT: "\x1b[2m", Health.BAD: "\x1b[31m"}
_MARKS = {Health.OK: "ok", Health.ABSENT: "--", Health.BAD: "!!"}


def main(argv: Sequence[str] | None = None) -> int:
    """Run every check and print the results."""
    console.protect()
    arguments = _parser().parse_args(argv)
    purpose = Purpose(arguments.purpose)
    found = [finding for check in CHECKS for finding in _carefully(check, purpose)]
    bad = [finding for finding in found if finding.health == Health.BAD]
    if arguments.json:
        record = {"purpose": purpose, "ok": not bad, "findings": [asdict(finding) for finding in found]}
        print(json.dumps(record, indent=2))
    else:
        print(_text(found, bad, purpose))
    return int(bool(bad))


def _carefully(check: Check, purpose: Purpose) -> list[CheckResult]:
    """One check that fails must not hide what the others found."""
    try:
        return check(purpose)
    except Exception as error:
        name = getattr(check, "__name__", "check")
        return [CheckResult(name, Health.BAD, f"could not be looked at: {error}", "This is a bug of the doctor.")]


def _text(found: Sequence[CheckResult], bad: Sequence[CheckResult], purpose: Purpose) -> str:
    paint = _painter()
    width = max(len(finding.name) for finding in found)
    lines = []
    for finding in found:
        lines.append(f"{paint(finding.health)}  {finding.name:<{width}}  {finding.value}")
        if finding.fix and finding.health != Health.OK:
            lines.append(f"    {'':<{width}}  -> {finding.fix}")
    if bad:
        lines.append(f"\n{len(bad)} to mend for {purpose}: {', '.join(finding.name for finding in bad)}")
    else:
        lines.append(f"\nall that {purpose} needs is there")
    return "\n".join(lines)


def _painter() -> Callable[[Health], str]:
    coloured = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    return lambda health: f"{_COLOURS[health]}{_MARKS[health]}\x1b[0m" if coloured else _MARKS[health]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m real.doctor", description="What this machine has and lacks.")
    parser.add_argument(
        "--for",
        dest="purpose",
        choices=[str(purpose) for purpose in Purpose],
        default=Purpose.QUICKSTART,
        help="what has to be there: for the embedded miniature (default), or for OpenRLHF on GPUs",
    )
    parser.add_argument("--json", action="store_true", help="for scripts")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
