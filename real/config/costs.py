"""What each run will roughly cost, said before it starts: tokens written and learned, updates, hours of its device.

REAL on a cluster has an estimate of its own (``real.training.openrlhf.gpu_hours``). Everything else runs in one process
on one device, with transformers: an H100 where SLURM starts it, else what is here. No constant was measured on a GPU,
and tests, detector and type checker come on top.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from real.methods.common.tasks_at_hand import tasks_at_hand
from real.methods.common.workload import Sizes, Workload
from real.methods.registry import method_of
from real.results.paper.numbers import Place, printed
from real.settings import RootCfg
from real.slurm.config import Scheduler
from real.training.config import Engine
from real.training.openrlhf.gpu_hours import Range, training_hours
from real.training.openrlhf.layout import lay_out

_PEAK = 989e12  # an H100 in bfloat16
_LEARNING, _READING = (0.3, 0.1), (0.3, 0.1)  # share of the peak: training on one sample after the other; prompts
_STEP_S = (0.025, 0.06)  # one token for each row of a batch: launching kernels takes longer than what they compute
# Of a matrix product's speed on this machine, as real.training.local.forecast has them.
_LEARNING_HERE, _WRITING_HERE = (0.6, 0.25), (0.15, 0.03)


@dataclass(frozen=True, slots=True)
class Cost:
    """``written``: tokens of responses, at least and at most; ``hours`` of ``gpus`` GPUs, or of this machine (0).

    ``hours`` is ``None`` where the size of the model is not known (``model.placement.parameters``).
    """

    written: tuple[float, float]
    learned: float
    updates: int
    hours: Range | None
    gpus: int

    def describe(self) -> str:
        """For one cell of a table."""
        low, high = (tokens / 1e6 for tokens in self.written)
        parts = [f"writes {_number(low)}{f' to {_number(high)}' if high > low else ''} M tokens"]
        if self.updates:
            parts.append(f"learns {_number(self.learned / 1e6)} M in {self.updates:,} updates")
        if self.hours is not None:
            scale, unit = (self.gpus, "GPU-hours") if self.gpus else (1, "hours here")
            parts.append(f"{_number(scale * self.hours.low)} to {_number(scale * self.hours.high)} {unit}")
        return "; ".join(parts)


def is_distributed(root: RootCfg) -> bool:
    """Whether OpenRLHF spreads the training over GPUs; every other method is one process on one device."""
    return method_of(root.method.name).uses_trainer and root.trainer.engine is Engine.openrlhf


def uses_one_device(root: RootCfg) -> bool:
    """Whether one GPU is all that a run can use, however many the group ``cluster`` has."""
    return not method_of(root.method.name).uses_trainer


def cost_of(root: RootCfg, gflops: float = 0.0) -> Cost | None:
    """The cost of a run, its two evaluations included; ``None`` where the size of its data is not known.

    ``gflops`` is the speed of a matrix product here, for runs that this machine computes; 0: not measured.
    """
    sizes = _sizes(root)
    work = None if sizes is None else method_of(root.method.name).workload(root, sizes)
    if sizes is None or work is None:
        return None
    first = sizes.test * root.evaluation.samples
    length = root.model.max_response_tokens / 2
    written = ((first + work.answers[0]) * length, (first + work.answers[1]) * length)
    hours, gpus = _hours(root, first, work, gflops)
    return Cost(written, work.learned, work.updates, hours, gpus)


def total_hours(costs: Iterable[Cost | None]) -> str:
    """The sum of what is known, in words; empty where nothing is."""
    known = [cost for cost in costs if cost is not None and cost.hours is not None]
    told = []
    for unit, part in (
        ("GPU-hours on H100s", [cost for cost in known if cost.gpus]),
        ("hours on this machine", [cost for cost in known if not cost.gpus]),
    ):
        if part:
            low = sum(cost.hours.low * max(1, cost.gpus) for cost in part if cost.hours)
            high = sum(cost.hours.high * max(1, cost.gpus) for cost in part if cost.hours)
            told.append(f"{_number(low)} to {_number(high)} {unit}")
    return f"roughly {' and '.join(told)} (estimated, unmeasured)" if told else ""


def _hours(root: RootCfg, first: int, work: Workload, gflops: float) -> tuple[Range | None, int]:
    parameters = root.model.placement.parameters
    on_cluster = root.cluster.scheduler == Scheduler.slurm or is_distributed(root)
    if not parameters:
        return None, 1 if on_cluster else 0
    if is_distributed(root):
        layout = lay_out(root, root.cluster.gpus_per_node)
        return training_hours(root, layout), layout.gpus
    if on_cluster:
        return Range(_on_a_gpu(root, first, work, 0), _on_a_gpu(root, first, work, 1)), 1
    if not gflops:
        return None, 0
    return Range(_here(root, first, work, gflops, 0), _here(root, first, work, gflops, 1)), 0


def _on_a_gpu(root: RootCfg, first: int, work: Workload, case: int) -> float:
    """Hours on one H100: as many steps as the longest response of each batch has tokens, prompts, and training."""
    operations = 2 * root.model.placement.parameters
    answers = work.answers[case]
    batches = -(-first // root.generation.batch) + -(-answers // (work.rows or root.generation.batch))
    writing = batches * root.model.max_response_tokens * _STEP_S[case]
    reading = operations * (first + answers) * root.model.max_prompt_tokens / 2 / (_PEAK * _READING[case])
    learning = operations * work.learned / (_PEAK * _LEARNING[case])
    return (writing + reading + learning) / 3600


def _here(root: RootCfg, first: int, work: Workload, gflops: float, case: int) -> float:
    """Hours on this machine, which a forward pass of each token keeps busy."""
    operations = 2 * root.model.placement.parameters
    written = (first + work.answers[case]) * root.model.max_response_tokens / 2
    read = (first + work.answers[case]) * root.model.max_prompt_tokens / 2
    seconds = written / _WRITING_HERE[case] + (read + work.learned) / _LEARNING_HERE[case]
    return operations * seconds / (gflops * 1e9) / 3600


def _sizes(root: RootCfg) -> Sizes | None:
    """How many tasks there are: counted where they are at hand, else as the paper's Table 1 says."""
    data, counts = root.dataset, {}
    for split, limit in (("train", data.train_tasks), ("test", data.test_tasks)):
        tasks = tasks_at_hand(root, split)
        if tasks is not None:
            counts[split] = len(tasks)
            continue
        told = printed().get(Place(1, "", "", data.name, split), "")
        if not told:
            return None
        counts[split] = min(int(told), limit or int(told))
    return Sizes(counts["train"], counts["test"])


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"
