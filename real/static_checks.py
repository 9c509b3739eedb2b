"""What can be said of a program without running it: the detector's and the type checker's analyses, by task."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType

from real import detector
from real.analyser_failures import HARMLESS, attributed
from real.detector.config import DetectorCfg, Scope
from real.detector.families import family
from real.protocols import EvaluationProtocol, Rules, rules
from real.rewards import RewardCfg
from real.typecheck import Checker, Submission, TypecheckCfg
from real.types import Analysis, AnalysisStatus, Check, ScriptSuite, Task


class StaticChecks:
    """Runs the checks that a task or ``reward.checks`` asks for. A context manager: it owns MyPy processes."""

    def __init__(
        self,
        cfg: RewardCfg,
        detecting: DetectorCfg,
        typecheck: TypecheckCfg,
        workers: int = 1,
        failures: Path | None = None,
        protocol: EvaluationProtocol = EvaluationProtocol.strict,
    ) -> None:
        """``failures``: a JSONL file for programs that an analyser failed on, so that each can become a test."""
        self._cfg, self._scope, self._failures = cfg, detecting.scope, failures
        self._protocol = protocol
        self._typecheck_cfg, self._workers = typecheck, workers
        self._checker: Checker | None = None
        self._closed = False
        self._starting = threading.Lock()

    def __enter__(self) -> StaticChecks:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop the MyPy processes."""
        with self._starting:
            self._closed = True
            if self._checker is not None:
                self._checker.close()

    @property
    def checker(self) -> Checker:
        """MyPy's processes, started when they are first asked for: a second of work that many tasks never need.

        Raises ``ValueError`` once these checks are closed.
        """
        with self._starting:
            if self._closed:
                raise ValueError("the static checks are closed")
            if self._checker is None:
                self._checker = Checker.configured(self._typecheck_cfg, self._workers)
            return self._checker

    def prepare(self, tasks: Iterable[Task]) -> None:
        """Start, in the background, what these tasks will need."""
        if any(Check.MAINTAINABILITY in self._checks(task) for task in tasks):
            _ = self.checker

    def run(self, programs: Mapping[str, tuple[Task, str]]) -> dict[str, dict[Check, Analysis]]:
        """The analyses of each program, by the keys of ``programs``."""
        with ThreadPoolExecutor(max_workers=1) as thread:  # MyPy works in processes of its own
            typed = thread.submit(self._typecheck, programs)
            secure = {
                key: _scan(task, code, self._rules(task), rules(self._protocol, task.dataset))
                for key, (task, code) in programs.items()
                if Check.SECURITY in self._checks(task)
            }
            maintainable = typed.result()
        by_check = ((Check.SECURITY, secure), (Check.MAINTAINABILITY, maintainable))
        found = {key: {check: result[key] for check, result in by_check if key in result} for key in programs}
        if self._failures is not None:
            _keep_failures(self._failures, programs, found)
        return found

    def _checks(self, task: Task) -> tuple[Check, ...]:
        return tuple(Check(name) for name in self._cfg.checks) or task.checks

    def _rules(self, task: Task) -> frozenset[str] | None:
        """The detector's rules for a task: all, or those of its own weakness; all where it names none."""
        return (family(task.cwe) or None) if self._scope == Scope.family and task.cwe is not None else None

    def _typecheck(self, programs: Mapping[str, tuple[Task, str]]) -> dict[str, Analysis]:
        wanted = {key: run for key, run in programs.items() if Check.MAINTAINABILITY in self._checks(run[0])}
        submissions = [Submission.of(task, code) for task, code in wanted.values()]
        analyses = self.checker.check(submissions) if submissions else []
        return dict(zip(wanted, analyses, strict=True))


def _scan(task: Task, code: str, select: frozenset[str] | None, ruled: Rules) -> Analysis:
    is_imported = not isinstance(task.tests, ScriptSuite)  # tests of a function call it, whatever else the program does
    scan = partial(detector.scan, select=select, is_imported=is_imported)
    statement = f"import {ruled.scanned_with}\n"
    if ruled.scanned_with and statement not in f"{code}\n":
        analysis = _one_line_up(attributed(scan, statement + code, HARMLESS))
    else:
        analysis = attributed(scan, code, HARMLESS)
    if ruled.unparsed_is_secure and analysis.status in (AnalysisStatus.UNANALYZABLE, AnalysisStatus.PARTIAL):
        return replace(analysis, status=AnalysisStatus.CLEAN, reason=f"clean by the protocol paper: {analysis.reason}")
    return analysis


def _one_line_up(analysis: Analysis) -> Analysis:
    """Findings by the lines of the program, without the one that was put before it."""
    return replace(
        analysis,
        findings=tuple(
            replace(
                finding,
                line=max(1, finding.line - 1),
                trace=tuple(replace(step, line=max(1, step.line - 1)) for step in finding.trace),
            )
            for finding in analysis.findings
        ),
    )


def _keep_failures(
    path: Path, programs: Mapping[str, tuple[Task, str]], found: Mapping[str, Mapping[Check, Analysis]]
) -> None:
    records = []
    for key, analyses in found.items():
        task, code = programs[key]
        records += [
            {"task_id": task.task_id, "check": check.value, "reason": analysis.reason, "code": code}
            for check, analysis in analyses.items()
            if analysis.status is AnalysisStatus.ERROR or analysis.analyser_failed
        ]
    if records:
        with path.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(record) + "\n" for record in records)
