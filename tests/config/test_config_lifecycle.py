"""Run, skip, resume, force, fail: by exit code, message, status file and what the engine was asked to do."""

import errno
import json
import signal
from pathlib import Path

import pytest

from real.errors import DataError
from real.runs.store import RunState, RunStore


def run_dir(out: str) -> Path:
    """The last line of standard output is a contract: others script against it."""
    label, _, path = out.rstrip("\n").splitlines()[-1].partition(": ")
    assert label == "results"
    return Path(path)


def only_run(tmp_path: Path) -> Path:
    (found,) = (tmp_path / "outputs").iterdir()
    return found


def status(path: Path) -> str:
    return (path / "status").read_text().strip()


def test_a_run_leaves_config_metrics_and_status(command, tmp_path: Path) -> None:
    ended = command("logger=none")

    path = run_dir(ended.out)
    assert ended.code == 0
    assert path == only_run(tmp_path)
    assert path.is_absolute()
    assert status(path) == "done"
    assert json.loads((path / "metrics.json").read_text())["after"]["func_qual"] == 0.5
    frozen = (path / "config.yaml").read_text()
    assert "alpha: 0.5" in frozen
    assert "${" not in frozen
    assert "force" not in frozen
    assert {entry.name for entry in path.iterdir()} == {".lock", "config.yaml", "metrics.json", "status"}


def test_a_finished_run_is_skipped_whatever_it_is_called(command, engine) -> None:
    first = command()
    again = command("+exp=quickstart", "logger=none", "cluster=local", "trainer.threads=1", "execution.workers=3")

    assert again.code == 0
    assert again.out.startswith("SKIP ")
    assert run_dir(again.out) == run_dir(first.out)
    assert engine.runs == [("hybrid", 0)]


def test_skipping_names_a_change_of_the_code(command) -> None:
    path = run_dir(command().out)
    (path / "env.json").write_text(json.dumps({"real": "0.0.1", "git_commit": None}))

    assert "the code has changed since (real 0.0.1 ->" in command().out


def test_other_seeds_are_other_runs(command, engine) -> None:
    assert run_dir(command("seed=1").out) != run_dir(command("seed=2").out)
    assert engine.runs == [("hybrid", 1), ("hybrid", 2)]


def test_ctrl_c_then_the_same_command_resumes(command, engine, tmp_path: Path) -> None:
    engine.ends["hybrid", 0] = KeyboardInterrupt()
    ended = command()
    assert ended.code == 130
    assert "run the same command to continue" in ended.err
    assert status(only_run(tmp_path)).startswith("interrupted")

    again = command()
    assert again.code == 0
    assert "RESUME" in again.out
    assert "interrupted" in again.out
    assert status(run_dir(again.out)) == "done"


def test_sigterm_ends_a_run_as_orderly(command, engine, tmp_path: Path) -> None:
    engine.ends["hybrid", 0] = lambda: signal.raise_signal(signal.SIGTERM)
    ended = command()
    assert ended.code == 143
    assert status(only_run(tmp_path)).startswith("interrupted")


def test_a_long_error_of_the_run_before_is_shown_in_short(command, tmp_path: Path) -> None:
    path = run_dir(command().out)
    RunStore(path).write_status(RunState.FAILED, "DataError: " + "a long story " * 30)

    (line,) = [line for line in command().out.splitlines() if line.startswith("RESUME")]

    assert "DataError: a long story" in line
    assert line.endswith("…)")
    assert len(line) < 250


def test_a_killed_run_resumes_with_its_frozen_config(command, tmp_path: Path) -> None:
    path = run_dir(command().out)
    RunStore(path).write_status(RunState.RUNNING)
    frozen = (path / "config.yaml").read_text()

    again = command("logger=none")

    assert "RESUME" in again.out
    assert "was killed" in again.out
    assert (path / "config.yaml").read_text() == frozen


def test_an_error_for_people_has_its_exit_code_and_no_traceback(command, engine, tmp_path: Path) -> None:
    engine.ends["hybrid", 0] = DataError("row 7 has no prompt", hint="Fix it.")

    ended = command()

    assert ended.code == 3
    assert ended.err == "error: row 7 has no prompt\n  Fix it.\n"
    assert status(only_run(tmp_path)) == "failed: DataError: row 7 has no prompt Fix it."
    assert not (only_run(tmp_path) / "error.log").exists()
    assert "results:" not in ended.out
    assert "row 7 has no prompt" in command().out  # the resume says why it had failed


def test_an_unexpected_error_keeps_its_traceback_in_a_file(command, engine, tmp_path: Path) -> None:
    engine.ends["hybrid", 0] = ZeroDivisionError("division by zero")

    ended = command()

    path = only_run(tmp_path)
    assert ended.code == 1
    assert "Traceback" not in ended.err
    assert "unexpected ZeroDivisionError: division by zero" in ended.err
    assert str(path / "error.log") in ended.err
    assert "Traceback" in (path / "error.log").read_text()
    assert status(path) == "failed: ZeroDivisionError: division by zero"


def test_a_full_disk_is_told_as_such(command, engine, tmp_path: Path) -> None:
    def save() -> None:
        try:
            raise OSError(errno.ENOSPC, "No space left on device")
        except OSError as error:
            raise RuntimeError("writing the checkpoint failed") from error

    engine.ends["hybrid", 0] = save
    ended = command()
    assert ended.code == 4
    assert "the disk is full" in ended.err
    assert "run the same command again" in ended.err
    assert status(only_run(tmp_path)).startswith("failed")


def test_force_moves_the_old_run_aside(command, engine, tmp_path: Path) -> None:
    path = run_dir(command().out)
    (path / "mark").write_text("old")

    for _ in range(2):
        assert run_dir(command("force=true").out) == path

    old = tmp_path / "outputs" / "old"
    assert sorted(entry.name for entry in old.iterdir()) == [f"{path.name}-1", f"{path.name}-2"]
    assert (old / f"{path.name}-1" / "mark").read_text() == "old"
    assert not (path / "mark").exists()
    assert len(engine.runs) == 3


def test_force_on_a_fresh_run_moves_nothing(command, tmp_path: Path) -> None:
    assert command("force=true").code == 0
    assert not (tmp_path / "outputs" / "old").exists()


def test_a_run_in_use_is_left_alone(command, engine, tmp_path: Path) -> None:
    path = run_dir(command().out)
    store = RunStore(path)
    store.write_status(RunState.RUNNING)
    with store.lock():
        for words in ([], ["force=true"]):
            ended = command(*words)
            assert ended.code == 4
            assert "is in use by process" in ended.err
    assert status(path) == "running"
    assert len(engine.runs) == 1


def test_dry_run_starts_nothing(command, engine, tmp_path: Path) -> None:
    ended = command("dry_run=true")

    assert ended.code == 0
    lines = ended.out.splitlines()
    assert lines[0].startswith("would do: run safesql_mini-tiny-real-hybrid-s0-")
    assert [line.split(".")[0].strip() for line in lines[1:7]] == list("123456")
    assert "20 PPO steps of 128 programs" in lines[4]
    assert str(tmp_path / "outputs") in lines[6]
    assert lines[7].endswith("can run this")
    assert lines[8].startswith("estimated, unmeasured: it writes ")
    assert lines[9].startswith("every setting: ")
    assert engine.runs == []
    assert list(tmp_path.iterdir()) == []


def test_dry_run_counts_prompts_and_their_samples(command) -> None:
    said = command("dry_run=true", "trainer.samples_per_prompt=3").out
    assert "20 PPO steps of 384 programs, 3 for each of 128 prompts" in said


def test_dry_run_says_what_is_missing_before_any_detail(command) -> None:
    words = ["model=qwen25_coder_3b", "trainer=openrlhf", "cluster=local_1x8", "dry_run=true"]
    said = command(*words).out
    parts = [
        "would do: run",
        "cannot run this. Missing:",
        "8 GPUs (this machine has none)",
        "placement",
        "dry_run=true:",
    ]
    assert sorted(parts, key=said.index) == parts


def test_dry_run_tells_what_a_finished_run_would_do(command) -> None:
    command()
    assert "would do: skip" in command("dry_run=true").out


def test_printing_the_config_starts_nothing(command, engine, tmp_path: Path) -> None:
    ended = command("--cfg", "job", "seed=3")

    assert ended.code == 0
    assert "seed: 3" in ended.out
    assert engine.runs == []
    assert list(tmp_path.iterdir()) == []


def test_help_lists_every_option_and_its_command(command) -> None:
    ended = command("--help")

    assert ended.code == 0
    for word in ("+exp=ablation_reward_tiny", "reward=quality_only", "model=tiny", "+debug=fast", "dry_run=true"):
        assert word in ended.out


@pytest.mark.parametrize("code", [0, 3])
def test_sigterm_handler_is_restored(command, engine, code: int) -> None:
    before = signal.getsignal(signal.SIGTERM)
    if code:
        engine.ends["hybrid", 0] = DataError("x")
    assert command().code == code
    assert signal.getsignal(signal.SIGTERM) is before
