"""What a scorer serves: tasks, reward settings and how to read a query, in a folder that the launcher writes."""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from real.detector.config import DetectorCfg, Scope
from real.errors import DataError
from real.execution.config import BackendName, ExecutionCfg, Isolation
from real.io import disk
from real.judge import JudgeCfg
from real.protocols import EvaluationProtocol
from real.rewards.config import GradingCfg, Penalized, RewardCfg, Variant
from real.typecheck import TypecheckCfg
from real.types import Task


@dataclass
class ScorerSpec:
    """Everything that turns a query into a reward; ``special`` are the texts of the tokenizer's special tokens.

    ``normalize`` subtracts the running mean of the rewards and divides by their running standard deviation (appendix
    A.2), as the local trainer does.
    """

    judge: JudgeCfg
    seed: int = 0
    normalize: bool = False
    special: tuple[str, ...] = ()
    deadline_s: float = 600.0
    tasks: dict[tuple[str, str, str], Task] = field(default_factory=dict)  # by mode, data set and id

    def add(self, mode: str, tasks: Sequence[Task]) -> None:
        """Make ``tasks`` known to labels of ``mode`` (``train`` or ``eval``)."""
        self.tasks |= {(mode, task.dataset, task.task_id): task for task in tasks}

    def write(self, folder: Path) -> None:
        """Store it in ``folder``: ``scoring.json`` for people, ``tasks.pickle`` for the scorer."""
        disk.write_json(folder / "scoring.json", self._settings())
        # A pickle of our own plain dataclasses in the run's own folder, read back by the same version of the code.
        disk.atomic_write(folder / "tasks.pickle", pickle.dumps(self.tasks))

    def _settings(self) -> dict[str, object]:
        return {
            "judge": asdict(self.judge),
            "seed": self.seed,
            "normalize": self.normalize,
            "special": list(self.special),
            "deadline_s": self.deadline_s,
        }

    @classmethod
    def read(cls, folder: Path) -> ScorerSpec:
        """Read back what ``write`` stored; raises ``DataError`` where it is missing or damaged."""
        settings = disk.read_json(folder / "scoring.json")
        try:
            return cls(
                judge=_judge(_object(settings["judge"])),
                seed=int(str(settings["seed"])),
                normalize=bool(settings["normalize"]),
                special=tuple(str(token) for token in _list(settings["special"])),
                deadline_s=float(str(settings["deadline_s"])),
                tasks=pickle.loads((folder / "tasks.pickle").read_bytes()),
            )
        except (OSError, KeyError, TypeError, ValueError, pickle.UnpicklingError, AttributeError, EOFError) as error:
            raise DataError(
                f"what the scorer should serve, in {folder} cannot be read: {error}",
                hint="`python run.py` writes it anew when the run is started again.",
            ) from error


def _judge(settings: Mapping[str, Any]) -> JudgeCfg:
    """Enums come back as the texts that JSON made of them; each equals its member."""
    reward = dict(_object(settings["reward"]))
    grading = dict(_object(reward["grading"]))
    reward |= {
        "variant": Variant(reward["variant"]),
        "grading": GradingCfg(**grading | {"penalized": Penalized(grading["penalized"])}),
    }
    execution = dict(_object(settings["execution"]))
    execution |= {
        "backend": BackendName(execution["backend"]),
        "min_isolation": Isolation(execution["min_isolation"]),
    }
    return JudgeCfg(
        RewardCfg(**reward),
        DetectorCfg(Scope(_object(settings["detector"])["scope"])),
        TypecheckCfg(**_object(settings["typecheck"])),
        ExecutionCfg(**execution),
        EvaluationProtocol(settings["protocol"]),
    )


def _object(value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise TypeError(f"{value!r} is no object")
    return value


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r} is no list")
    return value
