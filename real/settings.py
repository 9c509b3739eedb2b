"""Everything that a run is told: the typed form of what ``conf/config.yaml`` composes.

One field a group of ``conf/``; the type of each lives in the room whose code reads it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from real.datasets.config import DatasetCfg
from real.detector.config import DetectorCfg
from real.evaluation.config import EvaluationCfg
from real.execution.config import ExecutionCfg
from real.generation.config import GenerationCfg
from real.ids import SCHEMA_VERSION
from real.logger.config import LoggerCfg
from real.methods.config import MethodCfg
from real.policy.config import ModelCfg
from real.rewards.config import RewardCfg
from real.slurm.config import ClusterCfg
from real.training.config import TrainerCfg
from real.typecheck.config import TypecheckCfg

if TYPE_CHECKING:  # the scorer reads these types without Hydra
    from omegaconf import DictConfig


@dataclass
class RootCfg:
    """The defaults of the dataclasses hold; YAML files say what differs."""

    dataset: DatasetCfg = field(default_factory=DatasetCfg)
    model: ModelCfg = field(default_factory=ModelCfg)
    method: MethodCfg = field(default_factory=MethodCfg)
    reward: RewardCfg = field(default_factory=RewardCfg)
    detector: DetectorCfg = field(default_factory=DetectorCfg)
    typecheck: TypecheckCfg = field(default_factory=TypecheckCfg)
    execution: ExecutionCfg = field(default_factory=ExecutionCfg)
    evaluation: EvaluationCfg = field(default_factory=EvaluationCfg)
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


def to_dataclass(cfg: DictConfig) -> RootCfg:
    """A composed config, or one read back from ``config.yaml``, with its interpolations resolved.

    Raises OmegaConf's errors on a value of the wrong type.
    """
    from omegaconf import OmegaConf

    typed = cfg if OmegaConf.get_type(cfg) is RootCfg else OmegaConf.merge(OmegaConf.structured(RootCfg), cfg)
    return cast(RootCfg, OmegaConf.to_object(typed))
