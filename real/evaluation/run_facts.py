"""What every record of a run says of it: which run, of what, judged by whose rules and by which versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from real import detector, execution, protocols, typecheck
from real.datasets import Loaded
from real.evaluation.metrics import build_metrics
from real.evaluation.rates import paired_difference, summarize
from real.evaluation.sampling import GREEDY, Sampling
from real.judge import Judgement
from real.runs.environment import describe
from real.types import JsonValue

if TYPE_CHECKING:  # needs OmegaConf, which reading results does without
    from real.settings import RootCfg


def judge_versions() -> dict[str, str]:
    """The versions of what judges; figures of different ones must not stand in one table."""
    return {
        "detector": detector.VERSION,
        "typecheck": typecheck.VERSION,
        "execution": execution.VERSION,
        "protocols": protocols.VERSION,
    }


@dataclass(frozen=True, slots=True)
class RunFacts:
    """The identity of a run; ``subset`` is the name and version of the rule that chose the test tasks."""

    run_id: str
    seed: int
    dataset: str
    model: str
    method: str
    reward: str
    protocol: str
    subset: str
    config_hash: str
    data_hash: str
    sampling: Sampling = GREEDY
    typecheck: str = "hardened"

    @classmethod
    def of(cls, root: RootCfg, run_id: str, train: Loaded, test: Loaded) -> RunFacts:
        """The facts of a run with settings ``root`` on these two splits."""
        return cls(
            run_id=run_id,
            seed=root.seed,
            dataset=root.dataset.name,
            model=root.model.name,
            method=root.method.name,
            reward=root.reward.variant,
            protocol=root.evaluation.protocol,
            subset=test.subset,
            config_hash=run_id.rpartition("-")[2],
            data_hash=f"{train.content_hash}+{test.content_hash}",
            sampling=root.evaluation.sampling(),
            typecheck=root.typecheck.policy,
        )

    def environment(self) -> dict[str, JsonValue]:
        """The record for ``env.json``: machine, software, seed and hashes."""
        return describe(
            seed=self.seed, config_hash=self.config_hash, data_hash=self.data_hash, versions=judge_versions()
        )

    def metrics(
        self,
        before: Sequence[Judgement],
        after: Sequence[Judgement] | None,
        steps: int,
        seconds: float,
        *,
        baselines: Mapping[str, JsonValue],
    ) -> dict[str, JsonValue]:
        """The record for ``metrics.json``; ``after`` is ``None`` for a method that trains nothing.

        ``seconds`` is wall time; ``baselines`` are what programs score that solve nothing.
        """
        first = [verdict for verdict, _ in before]
        last = None if after is None else [verdict for verdict, _ in after]
        return build_metrics(
            **{one.name: getattr(self, one.name) for one in fields(self)},
            before=summarize(first),
            after=None if last is None else summarize(last),
            difference={} if last is None else paired_difference(first, last),
            steps=steps,
            seconds=seconds,
            versions=judge_versions(),
            trivial_baselines=baselines,
        )
