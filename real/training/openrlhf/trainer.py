"""PPO on a cluster (``trainer=openrlhf``): OpenRLHF on Ray and vLLM, with rewards from a scorer of our own."""

from __future__ import annotations

import shutil
import time
from collections.abc import Generator as EventStream
from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch

from real.errors import DataError, InfrastructureError
from real.generation import Generator
from real.generation.hf import HfGenerator
from real.io import disk
from real.judge import JudgeCfg
from real.machine import machine
from real.policy.chat import within_limit
from real.policy.load import load_policy
from real.policy.policy import Policy
from real.rewards import Variant
from real.serving.scorer_spec import ScorerSpec
from real.training.openrlhf import prompt_files
from real.training.openrlhf.checkpoints import resumable
from real.training.openrlhf.command import Files
from real.training.openrlhf.failures import explain
from real.training.openrlhf.monitor import TrainingMonitor
from real.training.openrlhf.plan import TrainingPlan, describe, make_training_plan
from real.training.openrlhf.ray_cluster import other_node
from real.training.openrlhf.row_audit import check_rows, rewind, rows_of
from real.training.openrlhf.scorer_process import ScorerProcess
from real.training.openrlhf.scoring_cores import beside_engines, cores_left
from real.training.openrlhf.training_process import training_process
from real.training.openrlhf.weight_sync import Sync, judge_sync
from real.training.trainer import TrainingEvent
from real.training.workspace import Workspace
from real.types import Task

_TICK_S = 0.5


class OpenRlhfTrainer:
    """A ``Trainer`` that writes OpenRLHF's files, starts it, follows it, and takes over the model that it leaves.

    It continues from the newest checkpoint that policy and critic share. OpenRLHF makes the checkpoints by itself.
    """

    stops_between_steps = False  # nothing is saved between two of its checkpoints

    def __init__(self, ws: Workspace) -> None:
        self._ws = ws
        self._plan = make_training_plan(ws.cfg, ws.store.path, len(machine().gpus_gb))
        self._tasks: list[Task] = []

    def start(self) -> int:
        """See ``Trainer``."""
        ws, plan, files = self._ws, self._plan, self._plan.files
        print(describe(ws.cfg, plan, machine().gpus_gb), flush=True)
        _free(ws.policy)
        if _is_trained(files):
            _delete_checkpoints(files)  # a kill may have come between the two
            return ws.cfg.trainer.steps
        self._tasks = _training_tasks(ws)
        first = resumable(files.checkpoints)
        _check_same_shape(plan, first)
        _write_files(ws, plan, self._tasks)
        rewind(files.scored, files.missed, first, ws.cfg.trainer.samples)
        return first

    def run(self, first: int) -> EventStream[TrainingEvent]:
        """See ``Trainer``; raises the ``RealError`` that explains why OpenRLHF ended early."""
        ws, plan = self._ws, self._plan
        cfg = ws.cfg.trainer.openrlhf
        monitor = TrainingMonitor(ws.cfg, plan, components=self._components(), first=first, say=_say)
        with (
            self._scorer() as scorer,
            training_process(cfg.ray_address, ws.run_id, plan) as process,
        ):
            code: int | None = None
            while code is None:
                code = process.poll()
                for line in process.lines():
                    event = monitor.take(line)
                    if event is not None:
                        yield event
                        monitor.check(event)
                scorer.look_after()
                monitor.look()
                time.sleep(_TICK_S)
        if code:
            raise explain(ws.cfg, monitor.tail, code, str(plan.files.log))
        monitor.check_complete()
        try:
            check_rows(rows_of(plan.files.scored, plan.files.missed), plan.schedule, complete=True)
        except InfrastructureError as error:  # the model is trained: say it, and go on to evaluate
            _say(f"warning: {error}")
        self._tell_sync()
        (plan.files.folder / "trained").touch()
        _delete_checkpoints(plan.files)

    def _tell_sync(self) -> None:
        """Nothing else tells of lost weights: the training ends with 0 all the same."""
        found = judge_sync(self._ws.store.read_steps())
        if found.state is Sync.ARRIVES:
            _say(f"weights reach the engines: {found.text}")
        elif found.state is Sync.LOST:
            _say(f"warning: engines sample with old weights: {found.text}")

    def checkpoint(self, step: int) -> None:
        """See ``Trainer``: OpenRLHF does it every ``trainer.checkpoint_every`` steps."""

    def current(self) -> None:
        """See ``Trainer``: the weights lie on the cluster."""

    def result(self) -> tuple[Policy, Generator]:
        """See ``Trainer``; also makes ``model`` in the run directory a link to what OpenRLHF saved."""
        ws, files = self._ws, self._plan.files
        cfg = replace(ws.cfg.model, path=str(files.final), lora=replace(ws.cfg.model.lora, enabled=False))
        policy = load_policy(cfg, ws.train, seed=ws.cfg.seed, cache=files.folder, trained_here=False)
        link = ws.store / "model"
        with disk.disk_errors(link):
            link.unlink(missing_ok=True)
            link.symlink_to(files.final.relative_to(ws.store.path.absolute()))
        return policy, HfGenerator(policy.model, policy.tokenizer, ws.cfg.generation)

    def _scorer(self) -> ScorerProcess:
        """Where rewards come from, on the cores that engines leave."""
        cfg, layout = self._ws.cfg, self._plan.layout
        slots = max(2, cores_left(layout)) if cfg.execution.backend == "local" else 0
        away = other_node(cfg.trainer.openrlhf.ray_address, layout)
        return ScorerProcess(self._plan.files, cfg.trainer.openrlhf, _say, other_node=away, slots=slots)

    def _components(self) -> frozenset[str]:
        """The reward components that this run can have: OpenRLHF is sent a 0 for each of the others."""
        checks = self._ws.cfg.reward.checks
        components = frozenset(f"r_{check}" for task in self._tasks[:1] for check in checks or task.checks)
        if self._ws.cfg.reward.variant is Variant.safety_unit_tests:
            components |= {"r_safety"}
        return components


def _training_tasks(ws: Workspace) -> list[Task]:
    tasks, long = within_limit(ws.policy.tokenizer, ws.train, ws.cfg.model.max_prompt_tokens)
    if long:
        print(f"{len(long)} training tasks have prompts over model.max_prompt_tokens and are left out: {long[:3]} …")
    if not tasks:
        raise DataError(f"no training prompt has {ws.cfg.model.max_prompt_tokens} tokens or less")
    return tasks


def _write_files(ws: Workspace, plan: TrainingPlan, tasks: Sequence[Task]) -> None:
    files, cfg = plan.files, ws.cfg
    spec = _scorer_spec(ws, plan)
    spec.add("train", tasks)
    spec.add("eval", ws.test)
    spec.write(files.folder)
    prompt_files.write_train(files.train, tasks, plan.schedule, cfg.seed)
    prompt_files.write_eval(files.eval, ws.test)
    prompt_files.write_reward(files.reward, files.address, spec.deadline_s)


def _scorer_spec(ws: Workspace, plan: TrainingPlan) -> ScorerSpec:
    """How samples are scored, without tasks."""
    cfg = ws.cfg
    judging = JudgeCfg.of(cfg)
    if cfg.trainer.openrlhf.scorer_url is None:  # elsewhere no engine wants the cores
        judging = beside_engines(judging, plan.layout)
    return ScorerSpec(
        judging,
        seed=cfg.seed,
        normalize=cfg.trainer.normalize_rewards,
        special=tuple(ws.policy.tokenizer.all_special_tokens),
        deadline_s=float(cfg.trainer.openrlhf.sample_deadline_s),
    )


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


def _free(policy: Policy) -> None:
    """Drop the weights of the model that was evaluated before the training: only its tokenizer is used from here on.

    Neither the GPU nor main memory has room for them while OpenRLHF trains, and the trained model is loaded anew.
    """
    policy.model.to("meta")
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _delete_checkpoints(files: Files) -> None:
    """Free the disk, 400 GB at 7B, once the trained model is there; nothing resumes from them any more."""
    if _is_trained(files):
        shutil.rmtree(files.checkpoints, ignore_errors=True)


def _is_trained(files: Files) -> bool:
    return (files.folder / "trained").exists() and (files.final / "config.json").exists()


def _say(line: str) -> None:
    print(line, flush=True)
