"""Checkpoints: the newest few and the best stay, damage and a full disk are survived, other runs are refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from real.errors import DataError, InfrastructureError, UsageError
from real.io import disk
from real.policy.state_file import save_state
from real.training.local import checkpoint
from real.training.local.checkpoint import Checkpoints
from real.training.local.validation import hold_out


@pytest.fixture
def checkpoints(tmp_path: Path) -> Checkpoints:
    return Checkpoints(tmp_path / "checkpoints", "run-1", keep=2)


def content(step: int) -> dict[str, torch.Tensor]:
    return {"weights": torch.full((3,), float(step))}


def test_the_newest_and_the_best_stay(checkpoints: Checkpoints) -> None:
    for step, score in ((2, 0.1), (4, 0.8), (6, 0.3), (8, 0.8), (10, 0.2)):
        checkpoints.save(step, content(step), score)
    assert checkpoints.steps() == [4, 8, 10]
    assert checkpoints.newest("cpu")["step"] == 10
    assert checkpoints.best("cpu")["weights"].tolist() == [4.0] * 3
    assert checkpoints.best_step() == (4, 0.8)


def test_without_validation_there_is_no_best(checkpoints: Checkpoints) -> None:
    assert checkpoints.newest("cpu") is None
    for step in (2, 4, 6):
        checkpoints.save(step, content(step))
    assert checkpoints.steps() == [4, 6]
    assert checkpoints.best("cpu") is None


def test_random_numbers_go_on_where_they_were(checkpoints: Checkpoints) -> None:
    torch.manual_seed(5)
    torch.rand(7)
    checkpoints.save(1, content(1))
    expected = torch.rand(4)
    torch.manual_seed(99)
    checkpoints.newest("cpu")
    assert torch.equal(torch.rand(4), expected)


def test_a_damaged_checkpoint_is_passed_over(checkpoints: Checkpoints, capsys: pytest.CaptureFixture[str]) -> None:
    for step in (2, 4):
        checkpoints.save(step, content(step))
    newest = checkpoints.folder / "step-000004.pt"
    newest.write_bytes(newest.read_bytes()[:200])
    (checkpoints.folder / "step-000006.part").write_bytes(b"half of it")
    assert checkpoints.newest("cpu")["step"] == 2
    assert "step-000004.pt cannot be read" in capsys.readouterr().out
    assert not list(checkpoints.folder.glob("*.part"))
    (checkpoints.folder / "step-000002.pt").write_bytes(b"")
    with pytest.raises(DataError, match="cannot read the checkpoint"):
        checkpoints.newest("cpu")


def test_a_checkpoint_of_other_settings_is_refused(checkpoints: Checkpoints) -> None:
    checkpoints.save(2, content(2))
    other = Checkpoints(checkpoints.folder, "run-2", keep=2)
    with pytest.raises(DataError, match="is a checkpoint of run-1, and this run is run-2"):
        other.newest("cpu")


def test_a_kill_before_the_best_is_noted_loses_nothing(checkpoints: Checkpoints) -> None:
    checkpoints.save(2, content(2), 0.1)
    checkpoints.save(4, content(4), 0.9)
    disk.write_json(checkpoints.folder / "best.json", {"step": 2, "score": 0.1})  # as a kill would leave it
    checkpoints.newest("cpu")
    assert checkpoints.best_step() == (4, 0.9)


class SmallDisk:
    """Room for ``room`` checkpoints."""

    def __init__(self, folder: Path, room: int) -> None:
        self.folder, self.room = folder, room

    def save(self, path: Path, state: dict[str, object]) -> None:
        if len(list(self.folder.glob("step-*.pt"))) >= self.room:
            raise InfrastructureError("no space left on the device?")
        save_state(path, state)


def test_older_checkpoints_make_room_on_a_full_disk(checkpoints: Checkpoints, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "save_state", SmallDisk(checkpoints.folder, 2).save)
    for step in (2, 4, 6):
        checkpoints.save(step, content(step))
    assert checkpoints.steps() == [4, 6]


def test_where_nothing_can_be_freed_the_last_good_one_stays(
    checkpoints: Checkpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint, "save_state", SmallDisk(checkpoints.folder, 1).save)
    checkpoints.save(2, content(2))
    with pytest.raises(InfrastructureError):
        checkpoints.save(4, content(4))
    assert checkpoints.newest("cpu")["step"] == 2


def test_a_full_device_is_one_message() -> None:
    with pytest.raises(InfrastructureError, match="cannot write the checkpoint"):
        save_state(Path("/dev/full/step.pt"), content(1))


def test_validation_tasks_are_never_trained_on() -> None:
    tasks = list(range(50))
    train, held = hold_out(tasks, 8, seed=3)  # type: ignore[arg-type]
    assert sorted([*train, *held]) == tasks
    assert len(held) == 8
    assert train == sorted(train)
    assert (train, held) == hold_out(tasks, 8, seed=3)  # type: ignore[arg-type]
    assert held != hold_out(tasks, 8, seed=4)[1]  # type: ignore[arg-type]
    assert hold_out(tasks, 0, seed=3) == (tasks, [])  # type: ignore[arg-type]
    assert len(hold_out(tasks, 49, seed=3)[0]) == 1  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="validation_tasks is 50, but there are 50 training tasks"):
        hold_out(tasks, 50, seed=3)  # type: ignore[arg-type]
