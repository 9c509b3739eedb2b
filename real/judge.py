"""Completions to verdicts, and verdicts to rewards: the only place that does either.

    Completion ─extract─> Program ──┬─ detector ─────> findings  (security)
                                    ├─ type checker ─> findings  (maintainability)
                                    └─ sandbox ──────> outcomes  (tests, attacks)
             findings + outcomes ─> Verdict ─reward variant─> Reward (scalar or masked)

Training, evaluation, scoring from files and the scoring service all ask a ``Judge``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple

from real.detector.config import DetectorCfg
from real.execution.backends import Backend, open_backend
from real.execution.config import ExecutionCfg
from real.execution.flaky import run_flaky_alone
from real.execution.limits import limits_for, with_paper_seconds
from real.execution.reference_times import ReferenceTimes
from real.execution.trivial_baselines import trivial_baselines
from real.extract import extract, located
from real.protocols import EvaluationProtocol, rules
from real.rewards import RewardCfg, Variant, blame, reward
from real.static_checks import StaticChecks
from real.typecheck import TypecheckCfg
from real.types import (
    Analysis,
    AnalysisStatus,
    Check,
    Completion,
    Credit,
    ExecutionRequest,
    Observed,
    OutcomeStatus,
    Program,
    Reward,
    Task,
    TestOutcome,
    Verdict,
)
from real.verdict_cache import VerdictCache

if TYPE_CHECKING:  # needs OmegaConf, which the scorer does without
    from real.settings import RootCfg

# Of one call: starting processes, and the longest that the type checker may be silent (10 minutes); and how much slower
# than the reference a machine may be, whose limits grow with that.
_STALLED_S, _SLOWEST = 900.0, 4.0


@dataclass
class JudgeCfg:
    """What is judged, by whom and by whose rules: the groups of the configuration that a verdict depends on."""

    reward: RewardCfg = field(default_factory=RewardCfg)
    detector: DetectorCfg = field(default_factory=DetectorCfg)
    typecheck: TypecheckCfg = field(default_factory=TypecheckCfg)
    execution: ExecutionCfg = field(default_factory=ExecutionCfg)
    protocol: EvaluationProtocol = EvaluationProtocol.strict

    @classmethod
    def of(cls, root: RootCfg) -> JudgeCfg:
        """The part of a run's settings that its judge reads."""
        return cls(root.reward, root.detector, root.typecheck, root.execution, root.evaluation.protocol)


class Judgement(NamedTuple):
    """What a completion came to."""

    verdict: Verdict
    reward: Reward


@dataclass(frozen=True, slots=True)
class RecordedOutcomes:
    """What the sandbox observed in an earlier run; ``baseline``, ``other_protocol`` and ``flaky`` as in ``Verdict``."""

    tests: tuple[TestOutcome, ...]
    safety: tuple[TestOutcome, ...] | None = None
    baseline: float | None = None
    other_protocol: Observed | None = None
    flaky: bool = False


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a protocol takes for the program of a completion; ``other``: what the other one does, if it is asked."""

    task: Task
    program: Program
    other: Program | None = None

    @property
    def other_code(self) -> str | None:
        """The program of the other protocol that has to be run beside ours, if any."""
        return None if self.other is None or self.agreed else self.other.code

    @property
    def agreed(self) -> bool:
        """Whether both protocols run the same program, be it with other blank lines around it, or none."""
        ours, theirs = self.program.code, None if self.other is None else self.other.code
        return ours == theirs if ours is None or theirs is None else ours.strip("\n") == theirs.strip("\n")


class Judge:
    """Turns completions into verdicts and rewards. A context manager: it owns sandbox and type-checker processes."""

    def __init__(self, cfg: JudgeCfg, *, typecheck_workers: int = 1, failures: Path | None = None) -> None:
        """``failures``: see ``StaticChecks``. Raises as ``open_backend`` does when a program is first run."""
        self.cfg = cfg
        self.static_checks = StaticChecks(
            cfg.reward, cfg.detector, cfg.typecheck, typecheck_workers, failures, protocol=cfg.protocol
        )
        self._verdicts = VerdictCache(lambda verdict: not _is_infrastructure_failure(verdict))
        self._floors: dict[str, float | None] = {}  # what doing nothing scores on a task, for reward=hybrid_hardened

    @cached_property
    def pool(self) -> Backend:
        """Where programs run; opened when it is first asked for, since rescoring runs none."""
        return open_backend(self.cfg.execution)

    @cached_property
    def _times(self) -> dict[EvaluationProtocol, ReferenceTimes]:
        usual = self.cfg.execution.limits()
        return {protocol: ReferenceTimes(self.pool, protocol, usual) for protocol in EvaluationProtocol}

    def __enter__(self) -> Judge:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop every worker process."""
        if "pool" in vars(self):
            self.pool.close()
        self.static_checks.close()

    def prepare(self, tasks: Iterable[Task]) -> None:
        """Start, in the background, the type checker's processes if these tasks need them."""
        self.static_checks.prepare(tasks)

    def score(
        self,
        tasks: Sequence[Task],
        completions: Sequence[Completion],
        *,
        safety: bool | None = None,
        both: bool = False,
        twice: bool = False,
    ) -> list[Judgement]:
        """Verdict and reward of each (task, completion) pair, in order; the switches are those of ``judge``."""
        verdicts = self.judge(tasks, completions, safety=safety, both=both, twice=twice)
        triples = zip(tasks, completions, verdicts, strict=True)
        return [Judgement(verdict, self._credited(task, completion, verdict)) for task, completion, verdict in triples]

    def patience_s(self, tasks: Sequence[Task]) -> float:
        """Seconds after which a call of ``judge`` for these tasks has hung: more than its own deadlines together.

        Every program may use the CPU time of all its cases, and as many of them as may run out of time may wait.
        """
        usual = self.cfg.execution.limits()
        seconds = 0.0
        for task in tasks:
            limits = with_paper_seconds(limits_for(task, usual), task.tests)
            case_s = max(limits.cpu_s, limits.paper_s)
            cases = sum(len(suite.cases) for suite in (task.tests, task.safety) if suite is not None)
            seconds += case_s * (cases + 3 * min(cases, 2 * (limits.timeouts or cases)))
        return _STALLED_S + _SLOWEST * seconds

    def score_missing(self, task: Task) -> Judgement:
        """Verdict and reward where a task has no completion: failed on both, or as the protocol says."""
        verdict = self._verdict(_Answer(task, Program(None, "no completion")), RecordedOutcomes(()), {})
        return Judgement(verdict, self.reward(verdict))

    def score_recorded(
        self, tasks: Sequence[Task], completions: Sequence[Completion], recorded: Sequence[RecordedOutcomes]
    ) -> list[Judgement]:
        """As ``score``, from outcomes of an earlier run: programs are analysed anew, and none is run.

        ``recorded`` holds the outcomes of what this judge's protocol takes for the programs.
        """
        answers = [self._answer(task, completion) for task, completion in zip(tasks, completions, strict=True)]
        analyses = self.static_checks.run(_own({str(number): answer for number, answer in enumerate(answers)}))
        verdicts = [
            self._verdict(answer, outcomes, analyses.get(str(number), {}))
            for number, (answer, outcomes) in enumerate(zip(answers, recorded, strict=True))
        ]
        return [Judgement(verdict, self.reward(verdict)) for verdict in verdicts]

    def reward(self, verdict: Verdict) -> Reward:
        """The reward of a verdict by the configured variant (paper section 3.2)."""
        return reward(verdict, self.cfg.reward)

    def _credited(self, task: Task, completion: Completion, verdict: Verdict) -> Reward:
        """The reward with the parts of the response that its loss is blamed on, where ``reward.credit`` asks for it."""
        made = self.reward(verdict)
        if not (parts := blame(verdict, self.cfg.reward)):
            return made
        found = located(completion.text, rules(self.cfg.protocol, task.dataset).extraction)
        credit = (
            Credit(start, end, part.value) for part in parts for start, end in found.in_response(part.start, part.end)
        )
        return replace(made, credit=tuple(credit))

    def judge(
        self,
        tasks: Sequence[Task],
        completions: Sequence[Completion],
        *,
        safety: bool | None = None,
        both: bool = False,
        twice: bool = False,
    ) -> list[Verdict]:
        """One verdict for each (task, completion) pair, in order; identical programs of a task are judged once.

        May be called from several threads. ``safety`` runs the safety tests too; by default only where the reward
        variant needs them. ``both`` has the outcomes by the other protocol as well: of the same run where both take
        the same program out of a completion, else of one more. ``twice`` finds the flaky programs, see
        ``real.execution.flaky``.
        """
        attack = self.cfg.reward.variant == Variant.safety_unit_tests if safety is None else safety
        pairs = zip(tasks, completions, strict=True)
        answers = [self._answer(task, completion, both=both) for task, completion in pairs]
        keys = [_key(answer, attack, twice) for answer in answers]
        items = dict(zip(keys, answers, strict=True))
        found = self._verdicts.get(items, lambda fresh: self._judge_new(fresh, attack, twice))
        return [found[key] for key in keys]

    def _answer(self, task: Task, completion: Completion, *, both: bool = False) -> _Answer:
        ours, *others = (self.cfg.protocol, self.cfg.protocol.other) if both else (self.cfg.protocol,)
        program = extract(completion.text, rules(ours, task.dataset).extraction)
        other = [extract(completion.text, rules(protocol, task.dataset).extraction) for protocol in others]
        return _Answer(task, program, *other)

    def _judge_new(self, items: Mapping[str, _Answer], attack: bool, twice: bool) -> dict[str, Verdict]:
        runs = _own(items)
        others = {key: (a.task, code) for key, a in items.items() if (code := a.other_code) is not None}
        both = any(answer.other is not None for answer in items.values())
        protocol = self.cfg.protocol
        with ThreadPoolExecutor(max_workers=1) as thread:  # the sandbox works in processes of its own
            executed = thread.submit(self._execute, runs, attack, protocol, both, twice)
            executed_others = thread.submit(self._execute, others, attack, protocol.other, both, False)
            analyses = self.static_checks.run(runs)
            observed, elsewhere = executed.result(), executed_others.result()
        floors = self._find_floors(answer.task for answer in items.values())
        verdicts = {}
        for key, answer in items.items():
            own = observed.get(key, Observed())
            floor = floors.get(_key(_Answer(answer.task, Program(None)), False))
            other = None
            if answer.other is not None:
                other = _swapped(own) if answer.agreed else elsewhere.get(key, Observed())
            outcomes = RecordedOutcomes(own.tests, own.safety, floor, other, own.flaky)
            verdicts[key] = self._verdict(answer, outcomes, analyses.get(key, {}))
        return verdicts

    def _verdict(self, answer: _Answer, outcomes: RecordedOutcomes, analyses: Mapping[Check, Analysis]) -> Verdict:
        ruled = rules(self.cfg.protocol, answer.task.dataset)
        return Verdict(
            answer.task.task_id,
            answer.program,
            outcomes.tests,
            analyses,
            outcomes.safety,
            outcomes.baseline,
            flaky=outcomes.flaky,
            absent_quality=answer.program.code is None and ruled.absent_passes_quality,
            other_protocol=outcomes.other_protocol,
        )

    def _find_floors(self, tasks: Iterable[Task]) -> dict[str, float | None]:
        """Share of each task's tests that a program passes which does nothing; only where the reward asks for it."""
        if self.cfg.reward.variant != Variant.hybrid_hardened:
            return {}
        new = {_key(_Answer(task, Program(None)), False): task for task in tasks}
        new = {key: task for key, task in new.items() if self._floors.get(key) is None}
        floors = trivial_baselines(list(new.values()), self.pool, self.cfg.protocol)
        for key, floor in zip(new, floors, strict=True):
            self._floors[key] = None if floor.empty is None else floor.best
        return self._floors

    def _execute(
        self,
        runs: Mapping[str, tuple[Task, str]],
        attack: bool,
        protocol: EvaluationProtocol,
        both: bool,
        twice: bool,
    ) -> dict[str, Observed]:
        """What the tests of each program came to by ``protocol``, with the statuses by the other one if ``both``."""
        if not runs:
            return {}
        usual = self.cfg.execution.limits()
        papers = both or protocol == EvaluationProtocol.paper
        requests = []  # both suites of a program as neighbours, so that the pool can compile it once for both
        for key, (task, code) in runs.items():
            usually = limits_for(task, usual)
            limits = with_paper_seconds(usually, task.tests) if papers else usually
            counts = rules(EvaluationProtocol.paper, task.dataset).counts_prompts
            requests.append(ExecutionRequest(f"t:{key}", code, task.tests, limits, counts_prompts=counts))
            if attack and task.safety is not None:
                requests.append(ExecutionRequest(f"s:{key}", code, task.safety, usually))
        tests = [request for request in requests if request.request_id.startswith("t:")]
        found = {result.request_id: result for result in self.pool.run(requests, protocol=protocol)}
        longer = self._times[protocol].again(tests, [task for task, _ in runs.values()], found)
        found |= longer  # under other limits, and dear: these are not run again
        repeated = [request for request in tests if twice and request.request_id not in longer]
        settled = run_flaky_alone(self.pool, protocol, repeated, found)
        results = {key: result.outcomes for key, result in (found | settled).items()}
        return {
            key: Observed(results.get(f"t:{key}", ()), results.get(f"s:{key}"), f"t:{key}" in settled) for key in runs
        }


def _own(items: Mapping[str, _Answer]) -> dict[str, tuple[Task, str]]:
    """The tasks and programs of answers that have one."""
    return {key: (a.task, a.program.code) for key, a in items.items() if a.program.code is not None}


def _swapped(observed: Observed) -> Observed:
    """What was observed of a program, as the other protocol sees it; the reasons of a changed status are not known."""
    safety = None if observed.safety is None else tuple(map(_by_the_other, observed.safety))
    return Observed(tuple(map(_by_the_other, observed.tests)), safety, observed.flaky)


def _by_the_other(outcome: TestOutcome) -> TestOutcome:
    if outcome.other is None:
        return outcome
    return replace(outcome, status=outcome.other, other=outcome.status, detail="")


def _key(answer: _Answer, attack: bool, twice: bool = False) -> str:
    task = answer.task
    texts = [_text(program) for program in (answer.program, answer.other) if program is not None]
    facts = (task.dataset, task.split, task.task_id, task.tags.get("tests", ""), str(attack), str(twice), *texts)
    return hashlib.sha256("\0".join(facts).encode(errors="replace")).hexdigest()


def _text(program: Program) -> str:
    return program.code if program.code is not None else f"\0{program.reason}"


def _is_infrastructure_failure(verdict: Verdict) -> bool:
    outcomes = [*verdict.outcomes, *(verdict.safety or ())]
    return any(o.status is OutcomeStatus.INFRA_ERROR for o in outcomes) or any(
        a.status is AnalysisStatus.ERROR for a in verdict.analyses.values()
    )
