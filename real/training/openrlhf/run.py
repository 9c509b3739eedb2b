"""Train with OpenRLHF: write its files, start it, follow it, resume it, and hand its model to the evaluation."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Protocol

import torch

from real.config.machine import machine
from real.errors import DataError, InfrastructureError
from real.generation.hf import HfGenerator
from real.io import disk
from real.io.progress import Progress
from real.logger.tracker import make_tracker
from real.methods.base import Workspace
from real.policy.chat import within_limit
from real.serving.scorer_spec import ScorerSpec
from real.training.openrlhf import child_process, prompt_files
from real.training.openrlhf.checkpoints import resumable
from real.training.openrlhf.command import Files, command
from real.training.openrlhf.failures import explain
from real.training.openrlhf.monitor import LogTail, TrainingMonitor
from real.training.openrlhf.plan import TrainingPlan, describe, make_training_plan
from real.training.openrlhf.ray_cluster import is_job_address, joined
from real.training.openrlhf.ray_job import RayJob
from real.training.openrlhf.row_audit import check_rows, rewind, rows_of
from real.training.openrlhf.scorer_process import ScorerProcess
from real.training.start import load_policy
from real.types import Task

_TICK_S = 0.5


class _Process(Protocol):
    """A training that runs somewhere."""

    def poll(self) -> int | None:
        """Its exit code, or ``None``."""

    def lines(self) -> Iterator[str]:
        """What it has printed since the last call."""

    def stop(self) -> None:
        """End it."""


def train(ws: Workspace) -> int:
    """Train with PPO on a cluster; continues from the newest checkpoint that policy and critic share.

    Leaves ``ws.policy`` and ``ws.generator`` on the trained model and returns the number of steps. Raises ``RealError``
    where a person can act.
    """
    here = machine()
    plan = make_training_plan(ws.cfg, ws.store.path, len(here.gpus_gb))
    files = plan.files
    print(describe(ws.cfg, plan, here.gpus_gb), flush=True)
    if not _is_trained(files):
        _set_policy_aside(ws)
        tasks = _training_tasks(ws)
        first = resumable(files.checkpoints)
        _check_same_shape(plan, first)
        _write_files(ws, plan, tasks)
        rewind(files.scored, files.missed, first, ws.cfg.trainer.rollout_batch)
        _carry_out(ws, plan, first, tasks)
        (files.folder / "trained").touch()
    _take_over(ws, files)
    return ws.cfg.trainer.steps


def _carry_out(ws: Workspace, plan: TrainingPlan, first: int, tasks: Sequence[Task]) -> None:
    steps = ws.cfg.trainer.steps
    if first:
        print(f"resuming at step {first + 1} of {steps}", flush=True)
    ws.store.rewind_steps(first)
    tracker = make_tracker(ws.cfg.logger, ws.store.path, ws.run_id, history=ws.store.read_steps())
    components = frozenset(f"r_{check}" for task in tasks[:1] for check in ws.cfg.reward.checks or task.checks)
    if ws.cfg.reward.variant == "safety_unit_tests":
        components |= {"r_safety"}
    with (
        ScorerProcess(plan.files, ws.cfg.trainer.openrlhf, _say) as scorer,
        Progress(steps - first, "ppo", "steps") as progress,
        _started(ws, plan) as process,
    ):
        monitor = TrainingMonitor(
            ws.cfg, plan, ws.store, tracker, progress, components=components, first=first, say=_say
        )
        code: int | None = None
        while code is None:
            code = process.poll()
            for line in process.lines():
                monitor.take(line)
            scorer.look_after()
            monitor.look()
            time.sleep(_TICK_S)
    tracker.finish()
    if code:
        raise explain(ws.cfg, monitor.tail, code, str(plan.files.log))
    monitor.check_complete()
    try:
        check_rows(rows_of(plan.files.scored, plan.files.missed), plan.schedule, complete=True)
    except InfrastructureError as error:  # the model is trained: say it, and go on to evaluate
        _say(f"warning: {error}")


@contextmanager
def _started(ws: Workspace, plan: TrainingPlan) -> Iterator[_Process]:
    """The training, here or as a job of a running Ray; it ends with the body."""
    address = ws.cfg.trainer.openrlhf.ray_address
    if is_job_address(address):
        job = _Submitted(RayJob(str(address), ws.run_id, command(plan.arguments), _variables()), plan.files)
        try:
            yield job
        except BaseException:
            job.stop()
            raise
        return
    with joined(address, plan.layout, plan.files.folder) as found:
        # Wandb keys and the like are nobody's business there: metrics are ours to record.
        environment = {key: value for key, value in os.environ.items() if key != "WANDB_API_KEY"}
        process = _Child(command(plan.arguments), environment | _variables() | found, plan.files)
        try:
            yield process
        finally:
            process.stop()


def _variables() -> dict[str, str]:
    return {
        "RAY_DEDUP_LOGS": "0",  # a line that is like another one may still be the report of a step
        "RAY_COLOR_PREFIX": "0",
        "RAY_USAGE_STATS_ENABLED": os.environ.get("RAY_USAGE_STATS_ENABLED", "0"),
        "TOKENIZERS_PARALLELISM": "false",
        "PYTHONUNBUFFERED": "1",
    }


class _Child:
    """OpenRLHF as a process of ours."""

    def __init__(self, words: Sequence[str], environment: Mapping[str, str], files: Files) -> None:
        self._tail = LogTail(files.log)
        with disk.disk_errors(files.log), files.log.open("ab") as log:
            self._process = child_process.start(words, environment=environment, output=log, folder=files.folder)

    def poll(self) -> int | None:
        return self._process.poll()

    def lines(self) -> Iterator[str]:
        return iter(self._tail)

    def stop(self) -> None:
        child_process.stop(self._process)


class _Submitted:
    """OpenRLHF as a job of a running Ray, with its output in our log too."""

    def __init__(self, job: RayJob, files: Files) -> None:
        self._job, self._files = job, files

    def poll(self) -> int | None:
        return self._job.poll()

    def lines(self) -> Iterator[str]:
        with disk.disk_errors(self._files.log), self._files.log.open("a", encoding="utf-8") as log:
            for line in self._job.lines():
                log.write(line + "\n")
                yield line

    def stop(self) -> None:
        self._job.stop()


def _training_tasks(ws: Workspace) -> list[Task]:
    tasks, long = within_limit(ws.policy.tokenizer, ws.train, ws.cfg.model.max_prompt_tokens)
    if long:
        print(f"{len(long)} training tasks have prompts over model.max_prompt_tokens and are left out: {long[:3]} …")
    if not tasks:
        raise DataError(f"no training prompt has {ws.cfg.model.max_prompt_tokens} tokens or less")
    return tasks


def _write_files(ws: Workspace, plan: TrainingPlan, tasks: Sequence[Task]) -> None:
    files, cfg = plan.files, ws.cfg
    deadline = float(cfg.trainer.openrlhf.sample_deadline_s)
    job = ScorerSpec(
        cfg.reward,
        cfg.typecheck,
        cfg.dataset.protocol,
        seed=cfg.seed,
        normalize=cfg.trainer.normalize_rewards,
        special=tuple(ws.policy.tokenizer.all_special_tokens),
        deadline_s=deadline,
    )
    job.add("train", tasks)
    job.add("eval", ws.test)
    job.write(files.folder)
    prompt_files.write_train(files.train, tasks, plan.schedule, cfg.seed)
    prompt_files.write_eval(files.eval, ws.test)
    prompt_files.write_reward(files.reward, files.address, deadline)


def _check_same_shape(plan: TrainingPlan, first: int) -> None:
    """A DeepSpeed checkpoint can be loaded by the shape that wrote it only; say so before anything starts."""
    shape = {"gpus": plan.layout.gpus, "zero_stage": plan.arguments[plan.arguments.index("--ds.zero_stage") + 1]}
    path = plan.files.folder / "shape.json"
    if first and path.exists() and (before := disk.read_json(path)) != shape:
        raise DataError(
            f"the checkpoint at step {first} was made with {_told(before)}, and this would be {_told(shape)}",
            hint="Resume with the same number of GPUs and ZeRO stage, or start anew with force=true.",
        )
    disk.write_json(path, shape)


def _told(shape: Mapping[str, object]) -> str:
    return f"{shape.get('gpus')} GPUs and ZeRO stage {shape.get('zero_stage')}"


def _set_policy_aside(ws: Workspace) -> None:
    """Free the GPU that the evaluation before the training used."""
    ws.policy.model.to("cpu")
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _is_trained(files: Files) -> bool:
    return (files.folder / "trained").exists() and (files.final / "config.json").exists()


def _take_over(ws: Workspace, files: Files) -> None:
    cfg = replace(ws.cfg.model, path=str(files.final), lora=replace(ws.cfg.model.lora, enabled=False))
    ws.policy = load_policy(cfg, ws.train, seed=ws.cfg.seed, cache=files.folder)
    ws.generator = HfGenerator(ws.policy.model, ws.policy.tokenizer, ws.cfg.generation)
    link = ws.store / "model"
    with disk.disk_errors(link):
        link.unlink(missing_ok=True)
        link.symlink_to(files.final.relative_to(ws.store.path.absolute()))


def _say(line: str) -> None:
    print(line, flush=True)
