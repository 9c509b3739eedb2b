"""The checkpoints of one run: the newest few and the best on the validation tasks; a kill is survived."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import Any

import torch

from real.errors import DataError, InfrastructureError
from real.io import disk
from real.policy.state_file import load_state, save_state

_NAME = re.compile(r"step-(\d+)\.pt")


class Checkpoints:
    """Files ``step-N.pt`` in ``folder``; ``best.json`` names the one with the highest validation score.

    A checkpoint holds the state that it is given and that of torch's random generators. Prompts and samples of a step
    follow from seed and step alone, so there is no other cursor to keep.
    """

    def __init__(self, folder: Path, run_id: str, keep: int) -> None:
        self.folder, self.run_id, self.keep = folder, run_id, keep

    def save(self, step: int, state: dict[str, Any], score: float | None = None) -> None:
        """Keep ``state`` as that after ``step``; ``score`` is its rate on the validation tasks, where there are any.

        Older ones go when the new one is on the disk, or before that where it has no room otherwise. Raises
        ``InfrastructureError`` where the disk refuses; the last good checkpoint is then still there.
        """
        content = {"run": self.run_id, "step": step, "score": score, "rng": _rng(), **state}
        try:
            save_state(self._path(step), content)
        except InfrastructureError:
            if not self._forget(self._spare(keep=1)):
                raise
            save_state(self._path(step), content)
        self._note_best(step, score)
        self._forget(self._spare(self.keep))

    def newest(self, device: str) -> dict[str, Any] | None:
        """The state of the last checkpoint that can be read, or ``None`` where there is none; restores the generators.

        Raises ``DataError`` where none of them can be read, or where they are another run's.
        """
        for left_over in self.folder.glob("*.part"):  # of a kill while it was written
            left_over.unlink(missing_ok=True)
        damaged: DataError | None = None
        for step in reversed(self.steps()):
            try:
                state = load_state(self._path(step), device)
            except DataError as error:
                print(f"{self._path(step).name} cannot be read: trying the one before it", flush=True)
                damaged = damaged or error
                continue
            self._check_owner(state, step)
            self._note_best(step, state["score"])  # a kill may have come between the two files
            _restore(state["rng"])
            return state
        if damaged is not None:
            raise damaged
        return None

    def best(self, device: str) -> dict[str, Any] | None:
        """The state with the highest validation score, or ``None`` where nothing was validated."""
        best = self.best_step()
        return None if best is None else load_state(self._path(best[0]), device)

    def best_step(self) -> tuple[int, float] | None:
        """Step and score of the best checkpoint; of equal ones the first."""
        path = self.folder / "best.json"
        if not path.exists():
            return None
        record = disk.read_json(path)
        step, score = record.get("step"), record.get("score")
        if not isinstance(step, int) or not isinstance(score, int | float):
            raise DataError(f"{path} names no step and score", hint="Delete it and run the same command again.")
        return step, float(score)

    def steps(self) -> list[int]:
        """The steps of which there is a checkpoint, ascending."""
        found = (_NAME.fullmatch(path.name) for path in self.folder.glob("step-*.pt"))
        return sorted(int(match[1]) for match in found if match)

    def _path(self, step: int) -> Path:
        return self.folder / f"step-{step:06d}.pt"

    def _note_best(self, step: int, score: float | None) -> None:
        if score is None:
            return
        best = self.best_step()
        if best is None or score > best[1]:
            disk.write_json(self.folder / "best.json", {"step": step, "score": score})

    def _spare(self, keep: int) -> list[int]:
        best = self.best_step()
        return [step for step in self.steps()[:-keep] if best is None or step != best[0]]

    def _forget(self, steps: list[int]) -> bool:
        for step in steps:
            with contextlib.suppress(OSError):
                self._path(step).unlink()
        return bool(steps)

    def _check_owner(self, state: dict[str, Any], step: int) -> None:
        if state.get("run") != self.run_id:
            raise DataError(
                f"{self._path(step)} is a checkpoint of {state.get('run')}, and this run is {self.run_id}",
                hint="Other settings are another run. Move the folder away, or run with the settings it was made with.",
            )


def _rng() -> dict[str, Any]:
    return {"cpu": torch.get_rng_state(), "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []}


def _restore(rng: dict[str, Any]) -> None:
    torch.set_rng_state(rng["cpu"].cpu())
    if torch.cuda.is_available() and len(rng["cuda"]) == torch.cuda.device_count():
        torch.cuda.set_rng_state_all([state.cpu() for state in rng["cuda"]])
