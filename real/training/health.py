"""Warnings in plain words from the records of a training's steps: collapse, reward hacking, saturation.

Each compares the mean of the last ``WINDOW`` steps with that of the first ones, the untrained policy's. A warning is no
verdict: it says what to look at, once, at the step where it arises. Thresholds stand here and nowhere else.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

WINDOW = 5  # steps: a rollout of 128 samples moves a rate by 0.04 (one standard error), a mean of five by 0.02
ENTROPY_SHARE = 0.1  # of the first entropy: sampling then hardly differs from greedy decoding, and explores nothing
KL_A_TOKEN = 0.5  # nats: each token is then e^0.5 = 1.6 times as probable as for the reference, in geometric mean
SHORTER, LONGER = 0.4, 2.0  # of the first length: answers of the same tasks have no reason to change so much
CUT_OFF = 0.3  # rise of the share that is cut off: those answers are scored without their end
CHANGE = 0.1  # of a rate between 0 and 1: five standard errors of a mean over a window
TRIVIAL = 0.1  # rise of the share of answers without a program, or with one that does nothing
DRIFT = 0.2  # of a share of at most 80 programs (16 a rollout, five of them): 2.5 standard errors of the difference
FLAT = 0.02  # standard deviation of the reward within a rollout: advantages are then noise


@dataclass(frozen=True, slots=True)
class HealthWarning:
    """``kind`` names it in ``steps.jsonl``; ``text`` is for a person."""

    kind: str
    step: int
    text: str


class Health:
    """Watches one run; ``told`` holds the kinds that it has warned of."""

    def __init__(self, history: Iterable[Mapping[str, object]] = ()) -> None:
        """``history``: the records that a resumed run keeps."""
        self._records: list[Mapping[str, object]] = []
        self.told: set[str] = set()
        for record in history:
            self._records.append(record)
            warnings = record.get("warnings")
            self.told.update(warnings if isinstance(warnings, dict) else ())

    def observe(self, record: Mapping[str, object]) -> list[HealthWarning]:
        """Take in the record of one step; returns what arises with it."""
        self._records.append(record)
        if len(self._records) < 2 * WINDOW:
            return []
        step = record["step"]
        assert isinstance(step, int | float)  # the store has checked it
        then, now = _Means(self._records[:WINDOW]), _Means(self._records[-WINDOW:])
        found = [
            HealthWarning(kind, int(step), text)
            for kind, check in _CHECKS.items()
            if kind not in self.told and (text := check(then, now))
        ]
        self.told.update(warning.kind for warning in found)
        return found


class _Means:
    """Means over some records; a metric that one of them lacks is not a number, which no comparison holds for."""

    def __init__(self, records: Sequence[Mapping[str, object]]) -> None:
        self._records = records

    def __getitem__(self, name: str) -> float:
        values = [record.get(name) for record in self._records]
        numbers = [float(value) for value in values if isinstance(value, int | float)]
        return sum(numbers) / len(numbers) if len(numbers) == len(values) else math.nan


def _entropy(then: _Means, now: _Means) -> str:
    if now["entropy"] < ENTROPY_SHARE * then["entropy"]:
        return (
            f"entropy collapsed: {then['entropy']:.3f} → {now['entropy']:.3f} nats a token; the policy hardly explores"
            " (raise trainer.entropy_coef, or lower trainer.actor_lr)"
        )
    return ""


def _kl(then: _Means, now: _Means) -> str:
    del then  # the reference is where every policy begins
    token = now["kl"] / now["response_tokens"] if now["response_tokens"] > 0 else math.nan
    if token > KL_A_TOKEN:
        return (
            f"far from the reference: {token:.2f} nats a token (raise trainer.kl_coef, or lower trainer.actor_lr);"
            " read some answers before trusting the reward"
        )
    return ""


def _length(then: _Means, now: _Means) -> str:
    first, last = then["response_tokens"], now["response_tokens"]
    if last < SHORTER * first or last > LONGER * first:
        return f"length changed: {first:.0f} → {last:.0f} tokens an answer; read some"
    return ""


def _cut(then: _Means, now: _Means) -> str:
    if now["unfinished"] > then["unfinished"] + CUT_OFF:
        return (
            f"more answers are cut off: {then['unfinished']:.0%} → {now['unfinished']:.0%}"
            " (raise model.max_response_tokens)"
        )
    return ""


def _hacking(then: _Means, now: _Means) -> str:
    if now["r_quality"] > then["r_quality"] + CHANGE and now["r_function"] < then["r_function"] - CHANGE:
        return (
            f"quality rises while function falls ({then['r_quality']:.2f} → {now['r_quality']:.2f},"
            f" {then['r_function']:.2f} → {now['r_function']:.2f}): programs may be avoiding the task, not its defects"
        )
    return ""


def _trivial(then: _Means, now: _Means) -> str:
    for name, what in (("no_program", "hold no program"), ("trivial_program", "hold a program that computes nothing")):
        if now[name] > then[name] + TRIVIAL:
            return f"more answers {what}: {then[name]:.0%} → {now[name]:.0%}; the reward may pay for doing nothing"
    return ""


def _worse(then: _Means, now: _Means) -> str:
    if now["reward_mean"] < then["reward_mean"] - CHANGE:
        return (
            f"the reward is below the untrained policy's: {then['reward_mean']:+.3f} → {now['reward_mean']:+.3f}"
            " (lower trainer.actor_lr)"
        )
    return ""


def _judges(then: _Means, now: _Means) -> str:
    first, last = then["clean_but_unsafe"], now["clean_but_unsafe"]
    if last > first + DRIFT:
        return (
            f"detector and safety tests drift apart: of the programs that are correct and without findings,"
            f" {first:.0%} → {last:.0%} fail a safety test; the policy may be learning what the detector overlooks"
        )
    return ""


def _flat(then: _Means, now: _Means) -> str:
    del then
    if now["reward_std"] < FLAT:
        return (
            f"saturated: rewards within a rollout differ by {now['reward_std']:.3f} (standard deviation);"
            " further steps learn from noise"
        )
    return ""


_CHECKS: dict[str, Callable[[_Means, _Means], str]] = {
    "entropy_collapse": _entropy,
    "kl_drift": _kl,
    "length_drift": _length,
    "cut_off": _cut,
    "reward_hacking": _hacking,
    "trivial_programs": _trivial,
    "judges_apart": _judges,
    "worse_than_untrained": _worse,
    "saturation": _flat,
}
