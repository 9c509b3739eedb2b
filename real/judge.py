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
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple

from real.detector.config import DetectorCfg
from real.execution.backends import Backend, open_backend
from real.execution.config import ExecutionCfg
from real.execution.limits import limits_for
from real.execution.reference_times import ReferenceTimes
from real.execution.trivial_baselines import trivial_baselines
from real.extract import extract
from real.protocols import EvaluationProtocol, absent_passes_quality, extraction_rule
from real.rewards import RewardCfg, Variant, reward
from real.static_checks import StaticChecks
from real.typecheck import TypecheckCfg
from real.types import (
    Analysis,
    AnalysisStatus,
    Check,
    Completion,
    ExecutionRequest,
    Limits,
    OutcomeStatus,
    Program,
    Reward,
    Suite,
    Task,
    TestOutcome,
    Verdict,
)

if TYPE_CHECKING:  # needs OmegaConf, which the scorer does without
    from real.settings import RootCfg

_CACHE_LIMIT = 50_000  # verdicts; a policy repeats itself a lot


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
    """What the sandbox observed in an earlier run; ``baseline`` as in ``Verdict``."""

    tests: tuple[TestOutcome, ...]
    safety: tuple[TestOutcome, ...] | None = None
    baseline: float | None = None


class Judge:
    """Turns completions into verdicts and rewards. A context manager: it owns sandbox and type-checker processes."""

    def __init__(self, cfg: JudgeCfg, *, typecheck_workers: int = 1, failures: Path | None = None) -> None:
        """``failures``: see ``StaticChecks``. Raises as ``open_backend`` does when a program is first run."""
        self.cfg = cfg
        self.static_checks = StaticChecks(cfg.reward, cfg.detector, cfg.typecheck, typecheck_workers, failures)
        self._verdicts: dict[str, Verdict] = {}
        self._floors: dict[str, float | None] = {}  # what doing nothing scores on a task, for reward=hybrid_hardened

    @cached_property
    def pool(self) -> Backend:
        """Where programs run; opened when it is first asked for, since rescoring runs none."""
        return open_backend(self.cfg.execution)

    @cached_property
    def _times(self) -> ReferenceTimes:
        return ReferenceTimes(self.pool, self.cfg.protocol, self.cfg.execution.limits())

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
        self, tasks: Sequence[Task], completions: Sequence[Completion], *, safety: bool | None = None
    ) -> list[Judgement]:
        """Verdict and reward of each (task, completion) pair, in order; ``safety`` as in ``judge``."""
        return [Judgement(v, self.reward(v)) for v in self.judge(tasks, completions, safety=safety)]

    def score_missing(self, task: Task) -> Judgement:
        """Verdict and reward where a task has no completion: failed on both, or as the protocol says."""
        verdict = self._verdict(task, Program(None, "no completion"), RecordedOutcomes(()), {})
        return Judgement(verdict, self.reward(verdict))

    def score_recorded(
        self,
        tasks: Sequence[Task],
        completions: Sequence[Completion],
        recorded: Sequence[RecordedOutcomes],
        protocol: EvaluationProtocol,
    ) -> list[Judgement]:
        """As ``score``, from outcomes of an earlier run: programs are analysed anew, and none is run.

        ``protocol`` is that of the earlier run, which says what it took for the programs: its outcomes are of those.
        """
        programs = [extract(completion.text, extraction_rule(protocol)) for completion in completions]
        runs = {str(i): (t, p.code) for i, (t, p) in enumerate(zip(tasks, programs, strict=True)) if p.code is not None}
        analyses = self.static_checks.run(runs)
        verdicts = [
            self._verdict(task, program, outcomes, analyses.get(str(number), {}))
            for number, (task, program, outcomes) in enumerate(zip(tasks, programs, recorded, strict=True))
        ]
        return [Judgement(verdict, self.reward(verdict)) for verdict in verdicts]

    def reward(self, verdict: Verdict) -> Reward:
        """The reward of a verdict by the configured variant (paper section 3.2)."""
        return reward(verdict, self.cfg.reward)

    def judge(
        self, tasks: Sequence[Task], completions: Sequence[Completion], *, safety: bool | None = None
    ) -> list[Verdict]:
        """One verdict for each (task, completion) pair, in order; identical programs of a task are judged once.

        May be called from several threads. ``safety`` runs the safety tests too; by default only where the reward
        variant needs them.
        """
        attack = self.cfg.reward.variant == Variant.safety_unit_tests if safety is None else safety
        rule = extraction_rule(self.cfg.protocol)
        programs = [extract(completion.text, rule) for completion in completions]
        keys = [_key(task, program, attack) for task, program in zip(tasks, programs, strict=True)]
        found = {key: verdict for key in keys if (verdict := self._verdicts.get(key)) is not None}
        fresh = {k: (t, p) for k, t, p in zip(keys, tasks, programs, strict=True) if k not in found}
        made = self._judge_new(fresh, attack)
        if len(self._verdicts) > _CACHE_LIMIT:
            self._verdicts = {}
        self._verdicts.update((k, v) for k, v in made.items() if not _is_infrastructure_failure(v))
        found |= made
        return [found[key] for key in keys]

    def _judge_new(self, items: Mapping[str, tuple[Task, Program]], attack: bool) -> dict[str, Verdict]:
        runs = {key: (task, program.code) for key, (task, program) in items.items() if program.code is not None}
        with ThreadPoolExecutor(max_workers=1) as thread:  # the sandbox works in processes of its own
            executed = thread.submit(self._execute, runs, attack)
            analyses = self.static_checks.run(runs)
            tests, safety = executed.result()
        floors = self._find_floors(task for task, _ in items.values())
        verdicts = {}
        for key, (task, program) in items.items():
            floor = floors.get(_key(task, Program(None), False))
            outcomes = RecordedOutcomes(tests.get(key, ()), safety.get(key), floor)
            verdicts[key] = self._verdict(task, program, outcomes, analyses.get(key, {}))
        return verdicts

    def _verdict(
        self, task: Task, program: Program, outcomes: RecordedOutcomes, analyses: Mapping[Check, Analysis]
    ) -> Verdict:
        absent = program.code is None and absent_passes_quality(self.cfg.protocol, task.dataset)
        return Verdict(
            task.task_id,
            program,
            outcomes.tests,
            analyses,
            outcomes.safety,
            outcomes.baseline,
            absent_quality=absent,
        )

    def _find_floors(self, tasks: Iterable[Task]) -> dict[str, float | None]:
        """Share of each task's tests that a program passes which does nothing; only where the reward asks for it."""
        if self.cfg.reward.variant != Variant.hybrid_hardened:
            return {}
        new = {_key(task, Program(None), False): task for task in tasks}
        new = {key: task for key, task in new.items() if self._floors.get(key) is None}
        floors = trivial_baselines(list(new.values()), self.pool, self.cfg.protocol)
        for key, floor in zip(new, floors, strict=True):
            self._floors[key] = None if floor.empty is None else floor.best
        return self._floors

    def _execute(
        self, runs: Mapping[str, tuple[Task, str]], attack: bool
    ) -> tuple[dict[str, tuple[TestOutcome, ...]], dict[str, tuple[TestOutcome, ...]]]:
        usual = self.cfg.execution.limits()
        requests = [
            ExecutionRequest(f"t:{key}", code, t.tests, limits_for(t, usual)) for key, (t, code) in runs.items()
        ]
        tasks = [task for task, _ in runs.values()]
        if attack:
            attacked: list[tuple[str, str, Suite, Limits]] = [
                (key, code, task.safety, limits_for(task, usual))
                for key, (task, code) in runs.items()
                if task.safety is not None
            ]
            requests += [ExecutionRequest(f"s:{key}", code, suite, limits) for key, code, suite, limits in attacked]
        found = {result.request_id: result for result in self.pool.run(requests, protocol=self.cfg.protocol)}
        found |= self._times.again(requests[: len(tasks)], tasks, found)
        results = {key: result.outcomes for key, result in found.items()}
        tests = {key[2:]: outcomes for key, outcomes in results.items() if key.startswith("t:")}
        return tests, {key[2:]: outcomes for key, outcomes in results.items() if key.startswith("s:")}


def _key(task: Task, program: Program, attack: bool) -> str:
    text = program.code if program.code is not None else f"\0{program.reason}"
    facts = (task.dataset, task.split, task.task_id, task.tags.get("tests", ""), str(attack), text)
    return hashlib.sha256("\0".join(facts).encode(errors="replace")).hexdigest()


def _is_infrastructure_failure(verdict: Verdict) -> bool:
    outcomes = [*verdict.outcomes, *(verdict.safety or ())]
    return any(o.status is OutcomeStatus.INFRA_ERROR for o in outcomes) or any(
        a.status is AnalysisStatus.ERROR for a in verdict.analyses.values()
    )
