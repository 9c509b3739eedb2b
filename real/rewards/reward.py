"""The reward of one verdict (paper section 3.2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from real.rewards.config import RewardCfg
from real.rewards.graded import graded_function, graded_quality
from real.types import AnalysisStatus, OutcomeStatus, Reward, TestOutcome, Verdict

_ANALYSED = ("hybrid", "hybrid_released", "hybrid_hardened", "quality_only")
_COMPLETED = frozenset({OutcomeStatus.PASS, OutcomeStatus.WRONG})


def pass_rate(outcomes: Sequence[TestOutcome]) -> float:
    """Share of outcomes that pass; 0 for none: an unjudged program has shown nothing (r_function, section 3.2)."""
    return sum(o.status is OutcomeStatus.PASS for o in outcomes) / len(outcomes) if outcomes else 0.0


def is_runnable(verdict: Verdict) -> bool:
    """Whether the program ran to its end on at least one test, right or wrong.

    A response without a program, one that does not compile and one that raises, hangs or exhausts its limits on every
    test "cannot run" and earns the penalty (section 3.2, last paragraph of the hybrid reward).
    """
    return verdict.program.code is not None and any(o.status in _COMPLETED for o in verdict.outcomes)


def _infrastructure_failure(verdict: Verdict, variant: str) -> str | None:
    """Name the failure of ours that makes this verdict unusable for ``variant``, if there is one."""
    watched = [*verdict.outcomes, *((verdict.safety or ()) if variant == "safety_unit_tests" else ())]
    for outcome in watched:
        if outcome.status is OutcomeStatus.INFRA_ERROR:
            return f"sandbox: {outcome.detail or 'no verdict'}"
    if variant in _ANALYSED:
        for check, analysis in verdict.analyses.items():
            if analysis.status is AnalysisStatus.ERROR:
                return f"{check.value}: {analysis.reason or 'analyser failed'}"
    if variant == "hybrid_hardened" and verdict.baseline is None:
        return "the score of doing nothing is not known for this task"
    return None


def net_function(rate: float, baseline: float) -> float:
    """The pass rate beyond what doing nothing passes, rescaled to [0, 1]; 0 where doing nothing passes everything."""
    return max(0.0, (rate - baseline) / (1.0 - baseline)) if baseline < 1.0 else 0.0


_FORMULAS: dict[str, Callable[[dict[str, float], float], float]] = {
    "hybrid": lambda r, alpha: alpha * r["r_quality"] + (1 - alpha) * r["r_function"],
    "hybrid_released": lambda r, alpha: alpha * r["graded_quality"] + (1 - alpha) * r["graded_function"],
    # Clean code that passes no test beyond those of an empty program has shown nothing: its quality does not count.
    "hybrid_hardened": lambda r, alpha: (
        alpha * r["r_quality"] * (r["net_function"] > 0) + (1 - alpha) * r["net_function"]
    ),
    "function_only": lambda r, _: r["r_function"],
    "quality_only": lambda r, _: r["r_quality"],
    "safety_unit_tests": lambda r, alpha: alpha * r["r_safety"] + (1 - alpha) * r["r_function"],
}


def reward(verdict: Verdict, cfg: RewardCfg) -> Reward:
    """Score ``verdict``: a value in [penalty, 1], or masked when the failure was ours.

    ``r_quality`` is 1 when every analysis is clean and 0 otherwise, ``r_function`` the pass rate over the tests,
    ``r_safety`` the pass rate over the safety tests (table 5). Components are reported whether or not the variant uses
    them, so that a run shows what it is not rewarded for; those of one variant only (``graded_*``, ``net_function``)
    come with that variant.
    """
    runnable = is_runnable(verdict)
    clean = {check.value: float(a.status is AnalysisStatus.CLEAN) for check, a in verdict.analyses.items()}
    components = {
        "r_function": pass_rate(verdict.outcomes),
        "r_quality": float(verdict.program.code is not None and bool(clean) and all(clean.values())),
        **{f"r_{name}": value for name, value in clean.items()},
        "runnable": float(runnable),
    }
    if verdict.safety is not None:
        components["r_safety"] = pass_rate(verdict.safety)
    components["func_qual"] = float(components["r_function"] == 1.0 and components["r_quality"] == 1.0)
    if cfg.variant == "hybrid_released":
        components["graded_function"] = graded_function(verdict.outcomes, runnable=runnable, cfg=cfg.grading)
        components["graded_quality"] = graded_quality(verdict, cfg.grading)
    if cfg.variant == "hybrid_hardened" and verdict.baseline is not None:
        components["net_function"] = net_function(components["r_function"], verdict.baseline)
    if failure := _infrastructure_failure(verdict, cfg.variant):
        return Reward(None, components, masked=failure)
    only_missing = cfg.variant == "hybrid_released" and cfg.grading.penalized == "no_program"
    if verdict.program.code is None or (not runnable and not only_missing):
        return Reward(cfg.penalty, components)
    if cfg.variant == "safety_unit_tests" and verdict.safety is None:
        return Reward(None, components, masked="the task has no safety tests")
    return Reward(_FORMULAS[cfg.variant](components, cfg.alpha), components)
