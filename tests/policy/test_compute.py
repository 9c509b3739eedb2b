"""Threads by a measurement, recorded and kept; the type and the random numbers never hang on a clock."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import torch

from real.policy import compute
from real.policy.compute import Compute, choose_compute
from real.policy.config import Dtype, ModelCfg, ModelKind

REAL = ModelCfg(kind=ModelKind.hf, path="x", dtype=Dtype.bfloat16)


@pytest.fixture(autouse=True)
def threads_of_before() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def timed(monkeypatch: pytest.MonkeyPatch, seconds: dict[str, float]) -> None:
    monkeypatch.setattr(compute, "_measure", lambda threads, device: seconds)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(8)))
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)


def products(four: float, eight: float, single: float = 9.0) -> dict[str, float]:
    return {
        "product bfloat16 4 threads": four, "product bfloat16 8 threads": eight,
        "product float32 4 threads": single, "product float32 8 threads": single,
    }  # fmt: skip


@pytest.mark.parametrize(("four", "eight", "chosen"), [(1.0, 2.0, 4), (2.0, 1.0, 8), (1.0, 1.05, 8)])
def test_the_faster_number_of_threads_is_set(
    monkeypatch: pytest.MonkeyPatch, four: float, eight: float, chosen: int
) -> None:
    timed(monkeypatch, products(four, eight))
    made = choose_compute(REAL, 0)
    assert (made.threads, made.dtype) == (chosen, "bfloat16")
    assert torch.get_num_threads() == chosen


def test_what_is_asked_and_what_was_begun_wins_over_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    timed(monkeypatch, products(1.0, 9.0))
    begun = choose_compute(REAL, 0).record()
    timed(monkeypatch, products(9.0, 1.0))
    assert choose_compute(REAL, 3).threads == 3
    assert choose_compute(REAL, 0).threads == 8
    assert choose_compute(REAL, 0, json.loads(json.dumps(begun))).threads == 4


def test_another_type_is_advised_and_never_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    timed(monkeypatch, products(3.0, 3.0, single=1.0))
    made = choose_compute(REAL, 0)
    assert made.dtype == "bfloat16"
    assert made.advice().startswith("model.dtype=float32 computes 3.0 times faster here")
    timed(monkeypatch, products(1.2, 1.2, single=1.0))
    assert choose_compute(REAL, 0).advice() == ""


def test_a_measurement_draws_no_random_number_and_leaves_the_threads() -> None:
    torch.manual_seed(3)
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    found = compute._measure([1], torch.device("cpu"))
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_num_threads() == threads
    assert all(seconds > 0 for seconds in found.values())
    assert found.keys() >= {"product float32 1 threads", "product bfloat16 1 threads", "attention fused"}


def test_the_embedded_model_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compute, "_measure", lambda *_: pytest.fail("measured"))
    made = choose_compute(ModelCfg(), 2)
    assert made == Compute("float32", "sdpa", 2, "not measured: so small a model", {})
    assert made.advice() == ""
