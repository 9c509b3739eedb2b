"""What a scorer serves: tasks, reward settings and how to read a query, in a folder that the launcher writes."""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from real.errors import DataError
from real.io import disk
from real.rewards.config import GradingCfg, RewardCfg
from real.typecheck import TypecheckCfg
from real.types import Task


@dataclass
class ScorerSpec:
    """Everything that turns a query into a reward; ``special`` are the texts of the tokenizer's special tokens.

    ``normalize`` subtracts the running mean of the rewards and divides by their running standard deviation (appendix
    A.2), as the local trainer does.
    """

    reward: RewardCfg
    typecheck: TypecheckCfg
    protocol: str = "strict"
    seed: int = 0
    normalize: bool = False
    special: tuple[str, ...] = ()
    deadline_s: float = 600.0
    tasks: dict[tuple[str, str, str], Task] = field(default_factory=dict)  # by mode, data set and id

    def add(self, mode: str, tasks: Sequence[Task]) -> None:
        """Make ``tasks`` known to labels of ``mode`` (``train`` or ``eval``)."""
        self.tasks |= {(mode, task.dataset, task.task_id): task for task in tasks}

    def write(self, folder: Path) -> None:
        """Store the job in ``folder``: ``scoring.json`` for people, ``tasks.pickle`` for the scorer."""
        disk.write_json(folder / "scoring.json", self._settings())
        # A pickle of our own plain dataclasses in the run's own folder, read back by the same version of the code.
        disk.atomic_write(folder / "tasks.pickle", pickle.dumps(self.tasks))

    def _settings(self) -> dict[str, object]:
        return {
            "reward": asdict(self.reward),
            "typecheck": asdict(self.typecheck),
            "protocol": self.protocol,
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
            reward = dict(_object(settings["reward"]))
            reward["grading"] = GradingCfg(**_object(reward["grading"]))
            return cls(
                reward=RewardCfg(**reward),
                typecheck=TypecheckCfg(**_object(settings["typecheck"])),
                protocol=str(settings["protocol"]),
                seed=int(str(settings["seed"])),
                normalize=bool(settings["normalize"]),
                special=tuple(str(token) for token in _list(settings["special"])),
                deadline_s=float(str(settings["deadline_s"])),
                tasks=pickle.loads((folder / "tasks.pickle").read_bytes()),
            )
        except (OSError, KeyError, TypeError, ValueError, pickle.UnpicklingError, AttributeError, EOFError) as error:
            raise DataError(
                f"the scoring job in {folder} cannot be read: {error}",
                hint="`python run.py` writes it anew when the run is started again.",
            ) from error


def _object(value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise TypeError(f"{value!r} is no object")
    return value


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r} is no list")
    return value
