"""``python -m real.generate`` on a tiny random model: samples, resuming, what it refuses, and what it skips."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from real.evaluation.completion_file import read_completions
from real.generate import main
from real.generation.hf import HfGenerator
from real.io.json_records import read_json_records

Run = Callable[..., int]


@pytest.fixture(scope="session")
def folder(model: Any, tokenizer: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("model")
    model.save_pretrained(place)
    tokenizer.save_pretrained(place)
    return place


@pytest.fixture
def run(folder: Path, tmp_path: Path) -> Run:
    def call(*words: str, tasks: str | list[object] | None = None, model: Path = folder) -> int:
        questions = tasks if tasks is not None else [{"task_id": f"t/{n}", "prompt": "print " * n} for n in range(1, 8)]
        file = tmp_path / "tasks.jsonl"
        file.write_text(questions if isinstance(questions, str) else "\n".join(map(json.dumps, questions)))
        fixed = ["--dtype", "float32", "--threads", "1", "--max-tokens", "12", "--batch", "2"]
        return main(["--tasks", str(file), "--model", str(model), "--out", str(tmp_path / "out.jsonl"), *fixed, *words])

    return call


def answers(tmp_path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]


def test_every_sample_of_every_question_is_there_and_can_be_scored(run: Run, tmp_path: Path) -> None:
    assert run("--n", "3") == 0
    made = answers(tmp_path)
    assert [(one["task_id"], one["sample"]) for one in made] == [(f"t/{n}", s) for n in range(1, 8) for s in range(3)]
    assert len({one["completion"] for one in made if one["task_id"] == "t/3"}) > 1
    read = read_completions(read_json_records(str(tmp_path / "out.jsonl")), [f"t/{n}" for n in range(1, 8)], "out")
    assert read.sampled
    assert not read.skipped


@pytest.mark.parametrize("left", [0, 1, 5, 8, 20])
def test_a_killed_run_ends_as_any_other(run: Run, tmp_path: Path, left: int) -> None:
    assert run("--n", "3", "--seed", "7") == 0
    whole = (tmp_path / "out.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "out.jsonl").write_text("".join(whole[:left]) + '{"task_id": "t/9", "comp')
    assert run("--n", "3", "--seed", "7") == 0
    assert sorted((tmp_path / "out.jsonl").read_text().splitlines(keepends=True)) == sorted(whole)


def test_what_an_interrupted_run_has_answered_stays(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    generate, calls = HfGenerator.generate, []

    def once(self: HfGenerator, *args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        if len(calls) > 1:
            raise KeyboardInterrupt
        return generate(self, *args, **kwargs)

    monkeypatch.setattr(HfGenerator, "generate", once)
    assert run("--n", "3") == 130
    assert "keeps what was answered" in capsys.readouterr().err
    assert len(answers(tmp_path)) == 8


@pytest.mark.parametrize("words", [("--seed", "1"), ("--temperature", "0.5"), ("--max-tokens", "9"), ("--stop", "x")])
def test_answers_of_two_kinds_are_not_mixed(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    assert run("--n", "2") == 0
    before = (tmp_path / "out.jsonl").read_bytes()
    assert run("--n", "2", *words) == 2
    assert "holds answers made with" in capsys.readouterr().err
    assert (tmp_path / "out.jsonl").read_bytes() == before


def test_a_file_of_somebody_else_is_left_alone(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "out.jsonl").write_text("mine\n")
    assert run() == 2
    assert "without out.jsonl.settings.json" in capsys.readouterr().err
    assert (tmp_path / "out.jsonl").read_text() == "mine\n"


def test_an_answer_ends_before_a_stop_text(run: Run, tmp_path: Path) -> None:
    assert run("--raw") == 0
    plain = {one["task_id"]: one["completion"] for one in answers(tmp_path)}
    task, text = next((task, text) for task, text in plain.items() if len(text) > 4)
    for file in tmp_path.glob("out.*"):
        file.unlink()
    assert run("--raw", "--stop", text[2:4]) == 0
    stopped = {one["task_id"]: one for one in answers(tmp_path)}
    assert stopped[task]["completion"] == text[: text.index(text[2:4])]
    assert stopped[task]["finished"]
    assert all(plain[one].startswith(made["completion"]) for one, made in stopped.items())


def test_messages_a_system_text_and_a_run_folder(run: Run, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "a_run").mkdir()
    (tmp_path / "a_run" / "model").symlink_to(folder)
    chat = [{"role": "system", "content": "old"}, {"role": "user", "content": "print"}]
    assert run("--system", "be brief", tasks=[{"id": 5, "messages": chat}], model=tmp_path / "a_run") == 0
    assert [one["task_id"] for one in answers(tmp_path)] == ["5"]


@pytest.mark.parametrize(
    ("tasks", "code", "told"),
    [
        ("", 3, "asks nothing, which is empty"),
        ("rubbish\n", 3, "asks nothing: line 1: not JSON"),
        ([{"task_id": "a", "prompt": "x"}, {"task_id": "a", "prompt": "y"}], 3, "two questions with the id 'a'"),
        ([{"task_id": "a", "prompt": "x " * 9000}], 3, "no room in the model's context"),
        ([{"task_id": "a", "prompt": ""}], 3, "neither a prompt nor messages"),
        ([{"task_id": "a", "messages": [{"role": "user"}]}], 3, "a message is not a role"),
    ],
)
def test_unusable_questions(
    run: Run, capsys: pytest.CaptureFixture[str], tasks: str | list[object], code: int, told: str
) -> None:
    assert run(tasks=tasks) == code
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--n", "2", "--temperature", "0"), "the same answer 2 times"),
        (("--n", "0"), "at least 1"),
        (("--temperature", "-1"), "must not be negative"),
        (("--top-p", "2"), "--top-p is 2"),
        (("--max-tokens", "0"), "--max-tokens and --batch must be at least 1"),
    ],
)
def test_wrong_usage(run: Run, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], told: str) -> None:
    assert run(*words) == 2
    assert told in capsys.readouterr().err


def test_what_is_no_question_is_told_and_the_others_are_answered(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tasks='{"task_id": "a", "prompt": "print"}\n[1]\n{"prompt": "x"}\n') == 0
    told = capsys.readouterr().err
    assert "line 2: a list, not an object" in told
    assert "line 3: no task_id" in told
    assert [one["task_id"] for one in answers(tmp_path)] == ["a"]


def test_a_model_that_is_not_there(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(model=tmp_path / "nowhere") == 3
    assert "there is no such folder" in capsys.readouterr().err
