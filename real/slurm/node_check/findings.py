"""What the records of a training tell of the machine that made it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from real.errors import InfrastructureError
from real.machine import machine
from real.runs.store import RunState, RunStore
from real.settings import RootCfg, to_dataclass
from real.slurm.node_check.peaks import Peaks
from real.training.openrlhf import disk_space, gpu_memory, host_memory
from real.training.openrlhf.gpu_hours import step_seconds
from real.training.openrlhf.log_parser import not_finite
from real.training.openrlhf.plan import TrainingPlan, make_training_plan
from real.training.openrlhf.row_audit import check_rows, rows_of
from real.training.openrlhf.weight_sync import Sync, judge_sync

_FULL = 0.95  # of a GPU or of main memory: the next longer response may not fit


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; ``change`` says what to do where it is not well."""

    name: str
    value: str
    change: str | None = None

    def __str__(self) -> str:
        mark = "ok" if self.change is None else "!!"
        return f"  {mark}  {self.name:<12} {self.value}" + (f"\n      -> {self.change}" if self.change else "")


def examine(run_dir: Path, *, resumed: bool | None = None, peaks: Peaks | None = None) -> list[Finding]:
    """Everything that the run in ``run_dir`` tells; ``resumed``: whether it went on after its kill (None: no kill)."""
    store = RunStore(run_dir)
    cfg = OmegaConf.load(run_dir / "config.yaml")
    assert isinstance(cfg, DictConfig)
    root = to_dataclass(cfg)
    plan = make_training_plan(root, run_dir, len(machine().gpus_gb))
    found = [_ended(store)]
    if resumed is not None:
        advice = f"Its output is in {plan.files.log}; checkpoints were in {plan.files.checkpoints}."
        found.append(
            Finding("resume", "went on from its checkpoint after kill -9")
            if resumed
            else Finding("resume", "it began anew after kill -9", advice)
        )
    found += [*_steps(root, store), _rows(plan), _sync(store)]
    if peaks is not None:
        found += _sizes(root, plan, peaks)
    return found


def _ended(store: RunStore) -> Finding:
    status = store.read_status()
    if status is not None and status.state is RunState.DONE:
        return Finding("end", "trained, evaluated and reported")
    state = f"{status.state}: {status.reason}" if status else "never started"
    return Finding("end", state, f"docs/cluster.md, section 6; the output is in {store / 'openrlhf' / 'train.log'}.")


def _steps(root: RootCfg, store: RunStore) -> Iterator[Finding]:
    steps = store.read_steps()
    numbers = [record["step"] for record in steps]
    if numbers == list(range(1, root.trainer.steps + 1)):
        yield Finding("steps", f"all {len(steps)}, each reported once")
    else:
        yield Finding("steps", f"{numbers} of {root.trainer.steps}", "The same command goes on where it ended.")
    figures = [{key: value for key, value in record.items() if isinstance(value, float)} for record in steps]
    broken = sorted({name for record in figures for name in not_finite(record)})
    # what is not a number is null in a record
    broken += sorted({str(name) for record in steps for name in ("policy_loss", "kl") if record.get(name) is None})
    if broken:
        yield Finding(
            "losses", f"not a number: {', '.join(broken)}", "Lower trainer.actor_lr; look at attention kernels."
        )
    masked = max((record.get("masked", 1.0) for record in figures), default=1.0)
    advice = "python -m real.execution doctor; openrlhf/scored.jsonl has the reasons."
    yield Finding("rewards", f"at most {masked:.1%} of a step masked", advice if masked else None)


def _rows(plan: TrainingPlan) -> Finding:
    try:
        check_rows(rows_of(plan.files.scored, plan.files.missed), plan.schedule, complete=True)
    except InfrastructureError as error:
        return Finding("prompts", error.args[0], "Prompts are repeated or skipped: start anew with force=true.")
    return Finding("prompts", f"{plan.schedule.rows * plan.schedule.passes}, each scored once in a pass")


def _sync(store: RunStore) -> Finding:
    verdict = judge_sync(store.read_steps())
    advice = {
        Sync.LOST: "Engines sample with old weights: do not train with these versions of OpenRLHF, vLLM and NCCL.",
        Sync.UNCLEAR: "Engines and trainer round differently: model.dtype, model.placement.attention.",
        Sync.UNKNOWN: "Repeat it with trainer.rollout_correction=clip trainer.actor_lr=1e-4.",
    }
    return Finding("weights", verdict.text, advice.get(verdict.state))


def _sizes(root: RootCfg, plan: TrainingPlan, peaks: Peaks) -> Iterator[Finding]:
    """Measured beside estimated: the estimates of ``dry_run`` and docs/cluster.md were made without a GPU."""
    gpus = machine().gpus_gb
    if gpus and peaks.gpu_gb:
        found = gpu_memory.estimate(root, plan.layout, min(gpus))
        phase, most = max(found.phases.items(), key=lambda item: item[1]) if found else ("", 0.0)
        full = peaks.gpu_gb > _FULL * min(gpus)
        advice = gpu_memory.remedy(root, "generating") if full else None
        yield Finding(
            "GPU memory", f"{peaks.gpu_gb:.0f} of {min(gpus):.0f} GB (estimated: {most:.0f}, {phase})", advice
        )
    host, full = host_memory.training_gb(root, plan.layout) or 0.0, peaks.host_gb > _FULL * peaks.host_total_gb
    value = f"{peaks.host_gb:.0f} of {peaks.host_total_gb:.0f} GB (estimated: {host:.0f})"
    advice = "Take nodes with more: models whose turn it is not wait there." if full else None
    yield Finding("main memory", value, advice)
    if peaks.checkpoint_gb:
        estimated = disk_space.checkpoint_gb(root)
        yield Finding("checkpoint", f"{peaks.checkpoint_gb:.1f} GB (estimated: {estimated:.1f})")
    seconds = [
        record["seconds"] for record in RunStore(plan.files.folder.parent).read_steps()[1:] if "seconds" in record
    ]
    if seconds:
        usual = sorted(float(str(value)) for value in seconds)[len(seconds) // 2]
        yield Finding("time", f"{usual:.0f} s a step (estimated: {step_seconds(root, plan.layout)})")


def verdict(findings: Sequence[Finding]) -> str:
    """The last line: passed, or how many things there are to change."""
    bad = [finding.name for finding in findings if finding.change]
    return f"to change: {', '.join(bad)}" if bad else "passed"
