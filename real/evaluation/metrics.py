"""``metrics.json``: the stable summary of a run, built when it ends and read back by tables, figures and report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from real.errors import DataError
from real.evaluation.rates import Difference, Metrics, from_json, to_json
from real.evaluation.sampling import GREEDY, Sampling
from real.runs.store import RunStore
from real.types import JsonValue

SCHEMA = 3  # of the record: 1 had no number, 2 no samples, and both are read; a newer one than this is refused


@dataclass(frozen=True, slots=True)
class RunMetrics:
    """``metrics.json`` with types; ``after`` is ``None`` for a method that trains nothing (``vanilla``)."""

    run_id: str
    before: Metrics
    after: Metrics | None
    difference: Mapping[str, tuple[float, float, float]]
    steps: int
    seconds: float
    seed: int
    dataset: str
    model: str
    method: str
    reward: str
    config_hash: str
    data_hash: str
    versions: Mapping[str, str]
    trivial_baselines: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    protocol: str = "strict"  # whose rules judged (real.protocols)
    subset: str = "all"  # which test tasks (real.datasets.subset)
    sampling: Sampling = GREEDY
    typecheck: str = "hardened"  # the policy of the type checker


def build_metrics(
    *,
    run_id: str,
    before: Metrics,
    after: Metrics | None,
    difference: Mapping[str, Difference],
    steps: int,
    seconds: float,
    seed: int,
    dataset: str,
    model: str,
    method: str,
    reward: str,
    config_hash: str,
    data_hash: str,
    versions: Mapping[str, str],
    trivial_baselines: Mapping[str, JsonValue] | None = None,
    protocol: str = "strict",
    subset: str = "all",
    sampling: Sampling = GREEDY,
    typecheck: str = "hardened",
) -> dict[str, JsonValue]:
    """The record for ``RunStore.write_metrics``.

    ``difference`` is that of ``rates.paired_difference`` (empty without training); ``seconds`` is wall time;
    ``trivial_baselines`` are what programs score that solve nothing (``real.execution.trivial_baselines.summary_of``).
    """
    return {
        "schema": SCHEMA,
        "run_id": run_id,
        "before": to_json(before),
        "after": None if after is None else to_json(after),
        "difference": {name: [d.difference, d.low, d.high] for name, d in difference.items()},
        "steps": steps,
        "seconds": round(seconds, 1),
        "seed": seed,
        "dataset": dataset,
        "model": model,
        "method": method,
        "reward": reward,
        "config_hash": config_hash,
        "data_hash": data_hash,
        "versions": dict(versions),
        "baselines": dict(trivial_baselines or {}),
        "protocol": protocol,
        "subset": subset,
        "samples": sampling.samples,
        "temperature": sampling.temperature,
        "typecheck": typecheck,
    }


def read_run(path: Path | str) -> RunMetrics:
    """``metrics.json`` of a run directory; raises ``DataError`` naming the file and what is wrong with it."""
    store = RunStore(path)
    return run_of(store.read_metrics(), store / "metrics.json")


def run_of(record: Mapping[str, object], where: Path) -> RunMetrics:
    """The content of a ``metrics.json`` with types; ``where`` names it in the ``DataError`` of a damaged one."""
    _check_schema(record, where)
    try:
        return _parse(record)
    except KeyError as error:
        raise DataError(f"{where} has no {error}", hint="It was written by another version, or edited.") from error
    except (TypeError, ValueError, AttributeError) as error:
        raise DataError(
            f"{where} cannot be read: {error}", hint="It was written by another version, or edited."
        ) from error


def _check_schema(record: Mapping[str, object], where: Path) -> None:
    schema = record.get("schema", 1)
    if not isinstance(schema, int) or not 1 <= schema <= SCHEMA:
        raise DataError(
            f"{where} is of schema {schema!r}, and this version of REAL reads 1 to {SCHEMA}",
            hint="It was written by a newer version: update REAL, or leave the run out."
            if isinstance(schema, int) and schema > SCHEMA
            else "No version writes that: the file was edited or damaged.",
        )


def _parse(record: Mapping[str, object]) -> RunMetrics:
    return RunMetrics(
        before=from_json(_object(record, "before")),
        after=None if record["after"] is None else from_json(_object(record, "after")),
        difference={name: _triple(value) for name, value in _object(record, "difference").items()},
        steps=int(_number(record, "steps")),
        seconds=_number(record, "seconds"),
        seed=int(_number(record, "seed")),
        versions={name: str(value) for name, value in _object(record, "versions").items()},
        trivial_baselines={
            name: {key: float(share) for key, share in shares.items() if share is not None}
            for name, shares in record.get("baselines", {}).items()  # type: ignore[attr-defined]
        },
        protocol=str(record.get("protocol", "strict")),
        subset=str(record.get("subset", "all")),
        sampling=_sampling(record),
        typecheck=str(record.get("typecheck", "paper" if record.get("protocol") == "paper" else "hardened")),
        **{
            name: str(record[name])
            for name in ("run_id", "dataset", "model", "method", "reward", "config_hash", "data_hash")
        },
    )


def _sampling(record: Mapping[str, object]) -> Sampling:
    """Greedy, one answer a task, before schema 3."""
    if "samples" not in record:
        return GREEDY
    return Sampling(int(_number(record, "samples")), _number(record, "temperature"))


def _object(record: Mapping[str, object], key: str) -> Mapping[str, object]:
    value = record[key]
    if not isinstance(value, Mapping):
        raise TypeError(f"{key} must be an object")
    return value


def _number(record: Mapping[str, object], key: str) -> float:
    value = record[key]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{key} must be a number")
    return value


def _triple(value: object) -> tuple[float, float, float]:
    if not isinstance(value, list) or len(value) != 3:
        raise TypeError("a difference must be [difference, low, high]")
    d, low, high = (float("nan") if v is None else float(v) for v in value)
    return d, low, high
