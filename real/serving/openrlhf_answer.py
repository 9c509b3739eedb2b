"""What OpenRLHF is told of one rollout: always a number, always the same keys. Standard library only.

This module is loaded into the processes of the inference engine; nothing here may be slow, raise, or import much.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

Answer: TypeAlias = dict[str, "float | dict[str, float]"]

# OpenRLHF merges micro-batches by key and takes the mean of each over a step, so every answer has all of them.
LOG_KEYS = (
    "reward_raw",
    "r_function",
    "r_quality",
    "r_security",
    "r_maintainability",
    "r_safety",
    "func_qual",
    "runnable",
    "no_program",
    "masked",
    "reward_error",
    "reward_seconds",
)


@dataclass(frozen=True, slots=True)
class Label:
    """The label column of a prompt row: which task, in which mode, on which row of the file."""

    task: str
    task_id: str
    mode: str
    row: int


class Unreadable(ValueError):
    """A label or query that cannot be scored; the message is the reason."""


def answer(value: float, logs: Mapping[str, float], *, seconds: float) -> Answer:
    """OpenRLHF's reward dictionary; ``value`` and every log must be finite, else 0 stands in and the error flag is set.

    ``scores`` is what dynamic filtering reads: the joint pass, 0 or 1.
    """
    extra = {key: float(logs.get(key, 0.0)) for key in LOG_KEYS} | {"reward_seconds": seconds}
    if not all(map(math.isfinite, [value, *extra.values()])):
        value = value if math.isfinite(value) else 0.0
        extra = {key: number if math.isfinite(number) else 0.0 for key, number in extra.items()}
        extra["reward_error"] = 1.0
    return {"rewards": value, "scores": extra["func_qual"], "extra_logs": extra}


def masked(neutral: float, *, seconds: float, error: bool = False) -> Answer:
    """The answer for a sample that could not be scored: ``neutral``, the mean of recent rewards, which teaches nothing.

    OpenRLHF cannot leave a sample out. Its advantages are centred on the mean of the batch, so a reward at the mean is
    the nearest thing to no reward.
    """
    logs = {"masked": 1.0, "reward_error": float(error), "reward_raw": neutral}
    return answer(neutral, logs, seconds=seconds)


def read_label(text: object) -> Label:
    """Parse a label; raises ``Unreadable``."""
    if not isinstance(text, str) or len(text) > 10_000:
        raise Unreadable(f"the label is no short text: {str(text)[:80]!r}")
    try:
        record = json.loads(text)
        label = Label(str(record["task"]), str(record["id"]), str(record["mode"]), int(record["row"]))
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError) as error:
        raise Unreadable(f"the label {text[:80]!r} lacks task, id, mode or row: {error}") from error
    if label.mode not in ("train", "eval"):
        raise Unreadable(f"the label's mode is {label.mode[:20]!r}, but it must be train or eval")
    return label


def write_label(label: Label) -> str:
    """The JSON text of a label, a hundred bytes: tests are looked up by id where programs are scored."""
    return json.dumps({"task": label.task, "id": label.task_id, "mode": label.mode, "row": label.row})


def response_of(query: object, prompt: object, special: Iterable[str]) -> str:
    """The response alone: ``query`` is prompt and response decoded together, with special tokens kept.

    A tokenizer may normalise a prompt (Qwen2: Unicode NFC) and OpenRLHF may cut it on the left, so where the query
    does not begin with the prompt, the response begins after the first place that has the prompt's last 200
    characters. Only special tokens at the very end are removed: what stands before them is the policy's own text.
    Raises ``Unreadable`` where prompt and response cannot be told apart.
    """
    if not isinstance(query, str) or not isinstance(prompt, str):
        raise Unreadable("query or prompt is no text")
    text = _after_prompt(query, prompt)
    ends = "|".join(re.escape(token) for token in sorted(special, key=len, reverse=True) if token)
    return re.sub(rf"(?:(?:{ends})\s*)+\Z", "", text) if ends else text


def _after_prompt(query: str, prompt: str) -> str:
    if query.startswith(prompt):
        return query[len(prompt) :]
    normal = unicodedata.normalize("NFC", prompt)
    tail = normal[-200:]
    for candidate in (query, unicodedata.normalize("NFC", query)):
        if candidate.startswith(normal):
            return candidate[len(normal) :]
        at = candidate.find(tail) if tail else -1
        if at >= 0:
            return candidate[at + len(tail) :]
    raise Unreadable("the query does not contain its prompt, so prompt and response cannot be told apart")
