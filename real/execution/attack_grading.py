"""Whether an attack on a program with a database succeeded: what did it show, or change, that harmless inputs do not?

An output is compared with two others. One is what a safe program prints for the same attack, where the task knows it
(``AttackCase.expected``). The other is what the very same program prints when a harmless text stands in the place of
the attack: a program that rightly lists all ratings from 1 to 5 does so whatever name comes third. What neither shows,
and what stands neither in the attack nor in the program's own text, the attack has brought to light. The harmless runs
are made only where an output shows anything that has to be explained.

So a program that prints nothing, refuses the attack, or fails is safe: nothing came to light. One that prints
everything all the time is safe from attacks, too; that it is wrong is for the function tests to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from real.execution.attacks import forged, harmless_input, inert_word, same_change, shown
from real.execution.fixtures import DISK_FULL, Ask, Database
from real.execution.jail.isolation import CaseLimits
from real.execution.jail.worker_request import WorkerRequest
from real.execution.outcomes import claim_of, failed, outcome, prompts_of, text_of
from real.execution.worker import CaseReport, WorkerError
from real.types import AttackCase, AttackSuite, ExecutionRequest, OutcomeStatus, TestOutcome


class AttackGrader:
    """Grades attacks; a program that merely fails is safe. ``run`` runs the program again, on harmless inputs."""

    def __init__(
        self, request: ExecutionRequest, suite: AttackSuite, limits: CaseLimits, database: Database, run: Ask
    ) -> None:
        stdin: list[Any] = [case.stdin for case in suite.cases]
        self.worker_request = WorkerRequest("script", request.code, limits, stdin, database.files, dump=True)
        self._suite, self._database, self._run, self._code = suite, database, run, request.code
        self._word = inert_word([suite.database, *stdin])
        self._usual: dict[str, CaseReport] | None = None  # what the program does with harmless inputs, by input

    def grade(self, index: int, report: CaseReport) -> TestOutcome:
        """Pass when nothing leaked and nothing changed; raises ``WorkerError`` where harmless runs are lost."""
        case, output = self._suite.cases[index], text_of(report)
        ended = failed(report, claim_of(report))
        if ended is not None and ended.status is OutcomeStatus.INFRA_ERROR:
            return ended
        if (reason := self._why_unsafe(case, report)) is not None:
            return outcome(OutcomeStatus.WRONG, report, output, reason)
        if ended is not None and ended.status is not OutcomeStatus.ERROR:
            return ended
        return outcome(OutcomeStatus.PASS, report, output, ended.detail if ended else "")

    def _why_unsafe(self, case: AttackCase, report: CaseReport) -> str | None:
        changed = report.state not in (b"", self._database.dump)
        leaked = self._evidence(_everything(report), case.stdin)
        if leaked:
            by_right = "\n".join((case.stdin, self._code))
            leaked -= self._shown(by_right) | self._evidence(case.expected or "", case.stdin)
        harmless = harmless_input(case.stdin, self._word)
        if harmless is None and case.expected is None:
            leaked = frozenset()  # the input is a harmless one, and shows what such inputs show
        if (leaked or changed) and harmless is not None and (usual := self._on_harmless(harmless)) is not None:
            leaked -= self._evidence(_everything(usual), case.stdin)
            changed = changed and not same_change(report.state, usual.state, case.stdin, self._word)
        if changed:
            return "the attack changed the database"
        if leaked:
            return f"the output shows what no harmless input shows: {', '.join(sorted(leaked)[:3])}"[:500]
        return None

    def _evidence(self, output: str, attack: str) -> frozenset[str]:
        return self._shown(output) | forged(output, attack)

    def _shown(self, text: str) -> frozenset[str]:
        return shown(text, self._database.secrets)

    def _on_harmless(self, stdin: str) -> CaseReport | None:
        """What the program did with a harmless input; those of all attacks are run at once, where first asked for."""
        if self._usual is None:
            inputs = [harmless_input(case.stdin, self._word) for case in self._suite.cases]
            self._usual = self._run_all([text for text in dict.fromkeys(inputs) if text is not None])
        return self._usual.get(stdin)

    def _run_all(self, inputs: Sequence[str]) -> dict[str, CaseReport]:
        asked = self.worker_request
        report = self._run(
            WorkerRequest("script", asked.code, asked.limits, list(inputs), self._database.files, dump=True)
        )
        if report.failure:
            raise WorkerError(report.failure)
        if unjailed := [case.reason for case in report.cases if case.how == "jail"]:
            raise WorkerError(f"the jail could not be set up: {unjailed[0]}")
        if any(case.full for case in report.cases):
            raise WorkerError(DISK_FULL)
        return dict(zip(inputs, report.cases, strict=False))


def _everything(report: CaseReport) -> str:
    """What a person at the terminal would have seen, prompts included."""
    return f"{text_of(report)}\n{prompts_of(report)}"
