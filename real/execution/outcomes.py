"""From what a worker observed to a status: the part of the verdict that needs no expected value."""

from __future__ import annotations

import errno
import json
import signal
from typing import Any

from real.execution.jail import input_prompts as marks
from real.execution.worker import CaseReport
from real.signals import signal_name
from real.types import OutcomeStatus, TestOutcome

_SHOWN_CHARACTERS = 4096
FILE_SPACE = "file space limit"
_LIMITS = {
    "cpu": (OutcomeStatus.TIMEOUT, "CPU time limit"),
    "wall": (OutcomeStatus.TIMEOUT, "wall-clock limit"),
    "skipped": (OutcomeStatus.TIMEOUT, "not run, for cases before it ran out of time"),
    "output": (OutcomeStatus.OUTPUT_LIMIT, "output limit"),
    "files": (OutcomeStatus.OUTPUT_LIMIT, FILE_SPACE),
}
# Limits that a program meets as an OSError: it may have handled it, so what it was counts where that ended the program.
_BY_ERRNO = {
    errno.EFBIG: (OutcomeStatus.OUTPUT_LIMIT, "file size limit"),
    errno.ENOSPC: (OutcomeStatus.OUTPUT_LIMIT, FILE_SPACE),
    errno.EMFILE: (OutcomeStatus.ERROR, "open file limit"),
    errno.EAGAIN: (OutcomeStatus.ERROR, "process limit"),
}


def shown(text: str) -> str:
    """A text as it is kept in an outcome: capped, and printable on any terminal's encoding."""
    return text[:_SHOWN_CHARACTERS].encode("utf-8", "replace").decode("utf-8")


def outcome(status: OutcomeStatus, report: CaseReport, output: str = "", detail: str = "") -> TestOutcome:
    """Build the outcome of one case from its report."""
    return TestOutcome(status, round(report.cpu, 6), shown(output), shown(detail)[:500])


def infrastructure(reason: str) -> TestOutcome:
    """The outcome of a case that the machine, not the program, failed."""
    return TestOutcome(OutcomeStatus.INFRA_ERROR, detail=shown(reason)[:500])


def text_of(report: CaseReport) -> str:
    """What was printed, without prompts; bytes that are not UTF-8 become characters that match nothing."""
    return marks.split(_decoded(report))[0]


def prompts_of(report: CaseReport) -> str:
    """The prompts of ``input``, a line each."""
    return marks.split(_decoded(report))[1]


def text_with_prompts(report: CaseReport) -> str:
    """What a pipe would have held: what was printed, with the prompts of ``input``."""
    return marks.shown(_decoded(report))


def _decoded(report: CaseReport) -> str:
    return report.stdout.decode("utf-8", "replace").replace("\r\n", "\n")


def claim_of(report: CaseReport) -> dict[str, Any]:
    """The last message of a case's process, or nothing where it is not a JSON object."""
    try:
        claim = json.loads(report.claim) if report.claim else {}
    except (ValueError, RecursionError):
        return {}
    return claim if isinstance(claim, dict) else {}


def failed(report: CaseReport, claim: dict[str, Any]) -> TestOutcome | None:
    """The outcome of a case that came to no proper end, ``None`` for one that did (its claim is still to be judged)."""
    if report.how == "jail":
        return infrastructure(f"the jail could not be set up: {report.reason}")
    output = text_of(report)
    if report.how in _LIMITS:
        status, detail = _LIMITS[report.how]
        reason = f": {report.reason}" if report.reason else ""
        return outcome(status, report, output, f"{detail}{reason} ({report.cpu:.2f} s CPU, {report.wall:.2f} s wall)")
    if report.how == "signal":
        return outcome(*_by_signal(report.code, report, output))
    if "error" in claim and not claim.get("raised"):
        return outcome(*_by_error(claim, report, output))
    if report.code != 0:
        return outcome(OutcomeStatus.ERROR, report, output, f"exit code {report.code}")
    return None


def _by_error(claim: dict[str, Any], report: CaseReport, output: str) -> tuple[OutcomeStatus, CaseReport, str, str]:
    text = str(claim["error"])
    if claim.get("type") == "MemoryError":
        return OutcomeStatus.MEMORY, report, output, text
    number = claim.get("errno")
    status, limit = (
        _BY_ERRNO.get(number, (OutcomeStatus.ERROR, "")) if isinstance(number, int) else (OutcomeStatus.ERROR, "")
    )
    return status, report, output, f"{limit}: {text}" if limit else text


def _by_signal(number: int, report: CaseReport, output: str) -> tuple[OutcomeStatus, CaseReport, str, str]:
    if number == signal.SIGXCPU:
        return OutcomeStatus.TIMEOUT, report, output, "CPU time limit"
    if number == signal.SIGKILL:
        return OutcomeStatus.MEMORY, report, output, "killed by SIGKILL: out of memory"
    return OutcomeStatus.ERROR, report, output, f"killed by {signal_name(number)}"
