"""Parse OpenRLHF's output into metrics of steps and evaluations, under the local trainer's names."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

_STEP = re.compile(r"Global step (?P<step>\d+): (?P<metrics>\{.*\})")
_EVAL = re.compile(r"global_step (?P<step>\d+), eval_metrics: (?P<metrics>\{.*\})")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_NO_LITERAL = re.compile(r"\b(nan|inf)\b")

# The names of the local trainer, so that curves and tables need not know which trainer made a run.
_NAMES = {
    "reward_raw": "reward_mean",
    "entropy_loss": "entropy",
    "critic_loss": "value_loss",
    "ppo_clip_ratio": "clip_frac",
    "response_length": "response_tokens",
    "timing/step_total": "seconds",
    "timing/generation": "seconds_generate",
    "timing/ppo_train": "seconds_update",
}
_COPIED = (
    "r_function",
    "r_quality",
    "r_security",
    "r_maintainability",
    "r_safety",
    "func_qual",
    "no_program",
    "masked",
    "reward_error",
    "reward_seconds",
    "kl",
    "policy_loss",
    "actor_grad_norm",
    "critic_grad_norm",
    "logprobs_diff",
    "vllm_kl",
    "ppo_kl",
)


@dataclass(frozen=True, slots=True)
class Reported:
    """Metrics of one step, or of the evaluation after it."""

    step: int
    metrics: Mapping[str, float]
    evaluation: bool = False


def read_line(line: str) -> Reported | None:
    """Parse one line of output; ``None`` if it has no metrics. Raises ``ValueError`` if they cannot be read."""
    found = _STEP.search(line) or _EVAL.search(line)
    if found is None:
        return None
    text = _NO_LITERAL.sub(lambda match: "None" if match[1] == "nan" else "1e999", _COLOUR.sub("", found["metrics"]))
    try:
        content = ast.literal_eval(text)
        # None stands for "not a number", which a metric may well be: it must not pass for a finite one.
        metrics = {str(k): math.nan if v is None else float(v) for k, v in content.items()}
    except (SyntaxError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"the metrics of step {found['step']} cannot be read: {error}") from error
    return Reported(int(found["step"]), metrics, evaluation=found.re is _EVAL)


def step_record(reported: Reported, seen: frozenset[str]) -> dict[str, float]:
    """Return a record of ``steps.jsonl``: known metrics under the local trainer's names, others under ``openrlhf/``.

    ``seen`` are the components that the run's tasks have; the others are constant fill in OpenRLHF's logs.
    """
    record: dict[str, float] = {"step": reported.step}
    for key, value in reported.metrics.items():
        if key in ("r_security", "r_maintainability", "r_safety") and key not in seen:
            continue
        if key in _NAMES:
            record[_NAMES[key]] = value
        elif key in _COPIED:
            record[key] = value
        elif key == "runnable":
            record["not_runnable"] = 1.0 - value
        else:
            record[f"openrlhf/{key.removeprefix('timing/')}"] = value
    return record


def not_finite(record: Mapping[str, float]) -> list[str]:
    """Return the names of watched metrics that are NaN or infinite."""
    watched = ("policy_loss", "value_loss", "kl", "reward_mean", "masked")
    return [key for key in watched if key in record and not math.isfinite(record[key])]
