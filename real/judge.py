"""The whole flow, from a task and a response to a reward. Read this first.

    Task ─prompt─> policy ─response─> Completion ─extract─> Program ──┬─ detector ─────> Analysis  (security)
                                                                      ├─ type checker ─> Analysis  (maintainability)
                                                                      └─ sandbox ──────> outcomes  (tests, attacks)
                                    Analysis + outcomes ─> Verdict ─reward variant─> Reward (scalar or masked)

``Judge`` owns the workers that turn programs into verdicts; the policy side lives in ``real/training`` and
``real/generation``, and meets this file only through ``Completion`` and ``Reward``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType

from real.evaluation.protocol import absent_passes_quality, extraction_rule
from real.execution.backends import open_backend
from real.execution.limits import limits_for
from real.execution.reference_times import ReferenceTimes
from real.execution.trivial_baselines import trivial_baselines
from real.extract import extract
from real.rewards import RewardCfg
from real.static_checks import StaticChecks
from real.typecheck import TypecheckCfg
from real.types import Completion, ExecutionRequest, Limits, Program, Suite, Task, TestOutcome, Verdict

_CACHE_LIMIT = 50_000  # verdicts; a policy repeats itself a lot


class Judge:
    """Turns completions into verdicts. A context manager: it owns sandbox and type-checker processes."""

    def __init__(
        self,
        cfg: RewardCfg,
        *,
        protocol: str = "strict",
        typecheck: TypecheckCfg | None = None,
        typecheck_workers: int = 1,
        failures: Path | None = None,
    ) -> None:
        """``failures``: see ``StaticChecks``."""
        self.cfg = cfg
        self.protocol = protocol
        self.pool = open_backend(cfg)
        self._times = ReferenceTimes(self.pool, protocol)
        self.analyst = StaticChecks(cfg, typecheck, typecheck_workers, failures)
        self._cache: dict[str, Verdict] = {}
        self._floors: dict[str, float | None] = {}  # what doing nothing scores on a task, for reward=hybrid_hardened

    def __enter__(self) -> Judge:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop every worker process."""
        self.pool.close()
        self.analyst.close()

    def judge(
        self, tasks: Sequence[Task], completions: Sequence[Completion], *, safety: bool | None = None
    ) -> list[Verdict]:
        """One verdict for each (task, completion) pair, in order; identical programs of a task are judged once.

        May be called from several threads. ``safety`` runs the safety tests too; by default only where the reward
        variant needs them.
        """
        attack = self.cfg.variant == "safety_unit_tests" if safety is None else safety
        rule = extraction_rule(self.protocol)
        programs = [extract(completion.text, rule) for completion in completions]
        keys = [_key(task, program, attack) for task, program in zip(tasks, programs, strict=True)]
        found = {key: verdict for key in keys if (verdict := self._cache.get(key)) is not None}
        fresh = {k: (t, p) for k, t, p in zip(keys, tasks, programs, strict=True) if k not in found}
        made = self._judge_new(fresh, attack)
        if len(self._cache) > _CACHE_LIMIT:
            self._cache = {}
        self._cache.update((k, v) for k, v in made.items() if not _is_infrastructure_failure(v))
        found |= made
        return [found[key] for key in keys]

    def _judge_new(self, items: Mapping[str, tuple[Task, Program]], attack: bool) -> dict[str, Verdict]:
        runs = {key: (task, program.code) for key, (task, program) in items.items() if program.code is not None}
        with ThreadPoolExecutor(max_workers=1) as thread:  # the sandbox works in processes of its own
            executed = thread.submit(self._execute, runs, attack)
            analyses = self.analyst.analyse(runs)
            outcomes, safety = executed.result()
        floors = self._find_floors(task for task, _ in items.values())
        verdicts = {}
        for key, (task, program) in items.items():
            floor = floors.get(_key(task, Program(None), False))
            absent = program.code is None and absent_passes_quality(self.protocol, task.dataset)
            verdicts[key] = Verdict(
                task.task_id,
                program,
                outcomes.get(key, ()),
                analyses.get(key, {}),
                safety.get(key),
                floor,
                absent_quality=absent,
            )
        return verdicts

    def _find_floors(self, tasks: Iterable[Task]) -> dict[str, float | None]:
        """Share of each task's tests that a program passes which does nothing; only where the reward asks for it."""
        if self.cfg.variant != "hybrid_hardened":
            return {}
        new = {_key(task, Program(None), False): task for task in tasks}
        new = {key: task for key, task in new.items() if self._floors.get(key) is None}
        for key, floor in zip(new, trivial_baselines(list(new.values()), self.pool, self.protocol), strict=True):
            self._floors[key] = None if floor.empty is None else floor.best
        return self._floors

    def _execute(
        self, runs: Mapping[str, tuple[Task, str]], attack: bool
    ) -> tuple[dict[str, tuple[TestOutcome, ...]], dict[str, tuple[TestOutcome, ...]]]:
        jobs = [ExecutionRequest(f"t:{key}", code, task.tests, limits_for(task)) for key, (task, code) in runs.items()]
        tasks = [task for task, _ in runs.values()]
        if attack:
            attacked: list[tuple[str, str, Suite, Limits]] = [
                (key, code, task.safety, limits_for(task))
                for key, (task, code) in runs.items()
                if task.safety is not None
            ]
            jobs += [ExecutionRequest(f"s:{key}", code, suite, limits) for key, code, suite, limits in attacked]
        found = {result.request_id: result for result in self.pool.run(jobs, protocol=self.protocol)}
        found |= self._times.again(jobs[: len(tasks)], tasks, found)
        results = {key: result.outcomes for key, result in found.items()}
        tests = {key[2:]: outcomes for key, outcomes in results.items() if key.startswith("t:")}
        return tests, {key[2:]: outcomes for key, outcomes in results.items() if key.startswith("s:")}


def _key(task: Task, program: Program, attack: bool) -> str:
    text = program.code if program.code is not None else f"\0{program.reason}"
    facts = (task.dataset, task.split, task.task_id, task.tags.get("tests", ""), str(attack), text)
    return hashlib.sha256("\0".join(facts).encode(errors="replace")).hexdigest()


def _is_infrastructure_failure(verdict: Verdict) -> bool:
    outcomes = [*verdict.outcomes, *(verdict.safety or ())]
    return any(o.status == "infra_error" for o in outcomes) or any(
        a.status == "error" for a in verdict.analyses.values()
    )
