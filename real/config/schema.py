"""The root of the configuration: what ``conf/config.yaml`` composes, with its types and its rules."""

from __future__ import annotations

import math
import pkgutil
import re
from dataclasses import asdict, dataclass, field
from typing import Any, cast

from hydra.core.config_store import ConfigStore
from omegaconf import DictConfig, OmegaConf

import real.methods
from real.config.cluster import ClusterCfg
from real.datasets import LOADERS, DatasetCfg
from real.datasets.config import EMBEDDED
from real.errors import UnknownNameError, UsageError
from real.generation.config import GenerationCfg
from real.ids import SCHEMA_VERSION, register_resolver
from real.logger.config import LoggerCfg
from real.methods.config import MethodCfg
from real.policy.config import ModelCfg
from real.registry import did_you_mean
from real.rewards.config import RewardCfg
from real.rewards.released import register_resolver as register_released
from real.training.config import TrainerCfg
from real.typecheck.config import TypecheckCfg


@dataclass
class RootCfg:
    """Everything a run needs to know. The defaults of the dataclasses hold; YAML files say what differs."""

    dataset: DatasetCfg = field(default_factory=DatasetCfg)
    model: ModelCfg = field(default_factory=ModelCfg)
    method: MethodCfg = field(default_factory=MethodCfg)
    reward: RewardCfg = field(default_factory=RewardCfg)
    typecheck: TypecheckCfg = field(default_factory=TypecheckCfg)
    trainer: TrainerCfg = field(default_factory=TrainerCfg)
    generation: GenerationCfg = field(default_factory=GenerationCfg)
    logger: LoggerCfg = field(default_factory=LoggerCfg)
    cluster: ClusterCfg = field(default_factory=ClusterCfg)
    seed: int = 0
    exp_name: str = "quickstart"
    output_dir: str = "outputs"
    dry_run: bool = False
    force: bool = False
    schema_version: int = SCHEMA_VERSION


def register() -> None:
    """Make the schema and the ``run_id`` resolver known to Hydra; call it before composing anything."""
    # A group of its own keeps the schema out of the options that messages and --help offer for the real groups.
    ConfigStore.instance().store(group="schema", name="root", node=RootCfg)
    register_resolver()
    register_released()


def to_dataclass(cfg: DictConfig) -> RootCfg:
    """A composed config, or one read back from ``config.yaml``, with its interpolations resolved.

    Raises OmegaConf's errors on a value of the wrong type.
    """
    typed = cfg if OmegaConf.get_type(cfg) is RootCfg else OmegaConf.merge(OmegaConf.structured(RootCfg), cfg)
    return cast(RootCfg, OmegaConf.to_object(typed))


def check(root: RootCfg) -> None:
    """Raise ``UsageError`` on the first value out of range or pair of values that contradict each other."""
    judged = (root.reward, root.typecheck)
    for part in (root.dataset, root.model, *judged, root.trainer, root.generation, root.logger, root.cluster):
        part.check()
    _check_finite(asdict(root))
    _check_own(root)
    _check_names(root)
    _check_batches(root)
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
    # Their modules import torch: a name is looked up in the folder, not in the registry that importing them fills.
    methods = {module.name for module in pkgutil.iter_modules(real.methods.__path__)} - {"base", "config"}
    if root.method.name not in methods:
        raise UnknownNameError(f"unknown method {root.method.name!r}", hint=did_you_mean(root.method.name, methods))


def _check_batches(root: RootCfg) -> None:
    trainer = root.trainer
    for part, whole in (("minibatch", "rollout_batch"), ("microbatch", "minibatch")):
        small, large = getattr(trainer, part), getattr(trainer, whole)
        if large % small:
            raise UsageError(
                f"trainer.{part} is {small}, which does not divide trainer.{whole} = {large}",
                hint="A remainder would make one update noisier than the others; choose a divisor.",
            )


def _check_pairs(root: RootCfg) -> None:
    if root.reward.variant == "safety_unit_tests" and root.dataset.name == "apps_plus":
        raise UsageError(
            "reward=safety_unit_tests needs tasks with safety tests, and dataset=apps_plus has none",
            hint="Its quality is maintainability: use reward=hybrid, or dataset=safesql or seccodeplt_plus.",
        )
    if root.reward.variant == "hybrid_hardened" and root.typecheck.policy != "hardened":
        raise UsageError(
            "reward=hybrid_hardened needs typecheck=hardened",
            hint="Without it, an annotation like Any earns what a type does; reward=hybrid goes with typecheck=paper.",
        )
    if root.reward.variant != "function_only" and root.dataset.name == "apps_plus":
        wrong = [name for name in root.reward.checks if name != "maintainability"]
        if wrong:
            raise UsageError("reward.checks asks for security, but dataset=apps_plus has no security labels")
    if root.trainer.engine == "local" and root.generation.backend == "vllm":
        raise UsageError(
            "generation=vllm belongs to trainer=openrlhf, and trainer is local",
            hint="The local trainer samples from the very weights it trains: use generation=hf.",
        )
    if root.model.kind == "tiny" and root.trainer.engine == "openrlhf":
        raise UsageError(
            "trainer=openrlhf cannot build model=tiny", hint="Use trainer=local_tiny, or a model from the hub."
        )
    if root.dataset.name not in EMBEDDED and root.dataset.path is None and root.dataset.hub_id is None:
        raise UsageError(
            f"dataset={root.dataset.name} needs dataset.path, the folder that holds its splits, or dataset.hub_id"
        )
    if root.model.kind == "tiny" and root.dataset.name != "safesql_mini":
        raise UsageError(
            f"model=tiny knows only the embedded dataset=safesql_mini, not dataset={root.dataset.name}",
            hint="Its vocabulary and its warm start come from there; other data sets need model=qwen25_coder_0p5b.",
        )
