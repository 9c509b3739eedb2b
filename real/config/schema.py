"""What a configuration has to fulfil beyond the types of ``real.settings``: ranges, names, values that go together."""

from __future__ import annotations

import math
import re
from dataclasses import asdict, astuple
from functools import cache
from typing import Any

from hydra.core.config_store import ConfigStore

from real.datasets import LOADERS, load
from real.datasets.config import EMBEDDED, MINIATURES, DatasetCfg
from real.errors import RealError, UsageError
from real.generation.config import GenerationBackend
from real.ids import SCHEMA_VERSION, register_resolver
from real.methods.registry import method_of
from real.policy.config import ModelKind
from real.rewards.config import CreditMode, Variant
from real.settings import RootCfg
from real.training.config import Engine


def register() -> None:
    """Make the schema and the ``run_id`` resolver known to Hydra; call it before composing anything."""
    # A group of its own keeps the schema out of the options that messages and --help offer for the real groups.
    ConfigStore.instance().store(group="schema", name="root", node=RootCfg)
    callback = {"preflight": {"_target_": "real.dispatch.Preflight", "submit": False, "rest": False}}
    ConfigStore.instance().store(group="hydra/callbacks", name="preflight", node=callback)
    register_resolver()


def check(root: RootCfg) -> None:
    """Raise ``UsageError`` on the first value out of range or pair of values that contradict each other."""
    judged = (root.reward, root.typecheck, root.execution)
    for part in (
        root.dataset,
        root.model,
        root.method,
        *judged,
        root.evaluation,
        root.trainer,
        root.generation,
        root.cluster,
    ):
        part.check()
    _check_finite(asdict(root))
    _check_own(root)
    _check_names(root)
    _check_batches(root)
    _check_validation(root)
    _check_rollouts(root)
    _check_pairs(root)


def _check_finite(content: Any, key: str = "") -> None:  # noqa: ANN401 - nested values
    if isinstance(content, dict):
        for name, value in content.items():
            _check_finite(value, f"{key}.{name}" if key else name)
    elif isinstance(content, float) and not math.isfinite(content):
        raise UsageError(f"{key} is {content}, but it must be a finite number")


def _check_own(root: RootCfg) -> None:
    if not 0 <= root.seed < 2**32:
        raise UsageError(f"seed is {root.seed}, but it must lie in [0, 2**32)")
    if not re.fullmatch(r"[\w.+-]+", root.exp_name):
        raise UsageError(f"exp_name is {root.exp_name!r}, but it names a folder: letters, digits and . + - _ only")
    if not root.output_dir.strip():
        raise UsageError("output_dir is empty", hint="It is the folder that run directories go to: output_dir=outputs.")
    if root.schema_version != SCHEMA_VERSION:
        raise UsageError(f"schema_version is {root.schema_version}, but this version of REAL writes {SCHEMA_VERSION}")


def _check_names(root: RootCfg) -> None:
    LOADERS.get(root.dataset.name)
    method_of(root.method.name)


def _check_batches(root: RootCfg) -> None:
    trainer = root.trainer
    samples = f"trainer.rollout_batch x trainer.samples_per_prompt = {trainer.samples}"
    for part, small, whole, large in (
        ("minibatch", trainer.minibatch, samples, trainer.samples),
        ("microbatch", trainer.microbatch, f"trainer.minibatch = {trainer.minibatch}", trainer.minibatch),
    ):
        if large % small:
            raise UsageError(
                f"trainer.{part} is {small}, which does not divide {whole}",
                hint="A remainder would make one update noisier than the others; choose a divisor.",
            )


def _check_rollouts(root: RootCfg) -> None:
    """Settings of the local engine's rollouts that would undo each other, or do nothing, without a word."""
    if not method_of(root.method.name).uses_trainer:
        idle = [
            setting
            for setting, is_set in (
                (f"reward.credit={root.reward.credit}", root.reward.credit != CreditMode.none),
                ("trainer.shuffle_rewards=true", root.trainer.shuffle_rewards),
            )
            if is_set
        ]
        if idle:
            raise UsageError(
                f"{idle[0]} changes what PPO updates with, and method={root.method.name} does not train with PPO",
                hint="Use method=real, or leave the setting out.",
            )
    if root.trainer.shuffle_rewards and root.reward.credit != CreditMode.none:
        raise UsageError(
            f"trainer.shuffle_rewards=true deals rewards out at random, and reward.credit={root.reward.credit} says"
            " which token earned them",
            hint="Use reward.credit=none for the control.",
        )
    if root.generation.stop_at_program and root.generation.backend is GenerationBackend.vllm:
        raise UsageError(
            "generation.stop_at_program=true is a setting of the transformers backend only, and vLLM would ignore it",
            hint="Use generation=hf, or generation.stop_at_program=false.",
        )
    if root.trainer.sampled_logprobs and root.generation.backend is GenerationBackend.vllm:
        raise UsageError(
            "trainer.sampled_logprobs=true needs a sampler with the weights that are trained, and vLLM has copies",
            hint="Use generation=hf, or trainer.sampled_logprobs=false.",
        )


def _check_validation(root: RootCfg) -> None:
    """Validation tasks are taken from the training tasks, some of which have to be left."""
    wanted = root.trainer.validation_tasks
    if not wanted or root.trainer.engine is Engine.openrlhf:
        return
    there = _train_tasks(astuple(root.dataset))
    if there is not None and wanted >= there:
        raise UsageError(
            f"trainer.validation_tasks is {wanted}, but dataset={root.dataset.name} has {there} training tasks to take"
            " them from",
            hint="A tenth of them is usual.",
        )


@cache
def _train_tasks(settings: tuple[Any, ...]) -> int | None:
    """How many training tasks a ``DatasetCfg`` of these values has; ``None`` where they are not on this machine."""
    dataset = DatasetCfg(*settings)
    if dataset.path is None and dataset.hub_id is not None:
        return dataset.train_tasks
    try:
        return len(load(dataset, "train").tasks)
    except RealError:  # what is wrong with the data has a message of its own
        return dataset.train_tasks


def _check_pairs(root: RootCfg) -> None:
    if root.reward.variant is Variant.safety_unit_tests and root.dataset.name == "apps_plus":
        raise UsageError(
            "reward=safety_unit_tests needs tasks with safety tests, and dataset=apps_plus has none",
            hint="Its quality is maintainability: use reward=hybrid, or dataset=safesql or seccodeplt_plus.",
        )
    if root.reward.variant is Variant.hybrid_hardened and root.typecheck.policy != "hardened":
        raise UsageError(
            "reward=hybrid_hardened needs typecheck=hardened",
            hint="Without it, an annotation like Any earns what a type does; reward=hybrid goes with typecheck=paper.",
        )
    if root.reward.variant is not Variant.function_only and root.dataset.name == "apps_plus":
        wrong = [name for name in root.reward.checks if name != "maintainability"]
        if wrong:
            raise UsageError("reward.checks asks for security, but dataset=apps_plus has no security labels")
    if root.trainer.engine is Engine.openrlhf and root.generation.backend is not GenerationBackend.vllm:
        raise UsageError(
            f"generation={root.generation.backend} belongs to trainer=local, and trainer is openrlhf",
            hint="OpenRLHF samples its rollouts with vLLM: leave generation out, trainer=openrlhf chooses it.",
        )
    if root.model.kind is ModelKind.tiny and root.trainer.engine is Engine.openrlhf:
        raise UsageError(
            "trainer=openrlhf cannot build model=tiny", hint="Use trainer=local_tiny, or a model from the hub."
        )
    if root.dataset.name not in EMBEDDED and root.dataset.path is None and root.dataset.hub_id is None:
        raise UsageError(
            f"dataset={root.dataset.name} needs dataset.path, the folder that holds its splits, or dataset.hub_id"
        )
    if root.model.kind is ModelKind.tiny and root.dataset.name not in MINIATURES:
        raise UsageError(
            f"model=tiny knows only dataset={' and dataset='.join(MINIATURES)}, not dataset={root.dataset.name}",
            hint="Its vocabulary and its warm start come from there; other data sets need model=qwen25_coder_0p5b.",
        )
