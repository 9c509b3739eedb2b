"""Figure 3 for any run: the programs of one task at three stages, what was found in them, and the curves."""

import pytest

from real.errors import DataError
from real.results.__main__ import main
from real.results.paper.figure3 import figure3
from real.results.style import to_bytes


def texts(figure):
    return "\n".join(text.get_text() for text in figure.findobj(match=lambda artist: hasattr(artist, "get_text")))


def test_it_shows_programs_findings_traces_and_curves(run_maker):
    run = run_maker().path
    shown = texts(figure3(run))
    for text in (
        "Task t/1 through training", "Warm start", "Half-way, step 12", "After training, step 24",
        "2 of 4 tests, 1 finding", "4 of 4 tests, clean", "CWE-89, line 6:", "↳ line 2: source: input()",
        "quality", "function", "90 % of its rise",
    ):  # fmt: skip
        assert text in shown, text
    assert to_bytes(figure3(run), "svg") == to_bytes(figure3(run), "svg")


def test_lines_with_a_finding_are_underlined(run_maker):
    first, second = figure3(run_maker().path).axes[:2]
    (line,) = first.lines  # under line 6 of the unsafe program, from its first character on
    assert list(line.get_ydata()) == [5.95, 5.95] and line.get_xdata()[0] == 5
    assert not second.lines


def test_a_task_can_be_chosen_and_a_wrong_one_is_answered_with_the_known(run_maker, tmp_path, capsys):
    run = run_maker().path
    assert "No program: no code block" in texts(figure3(run, "t/2"))
    assert main(["paper", "figure", "3", str(run), "--task", "t/9"]) == 3
    assert "It followed t/1, t/2." in capsys.readouterr().err
    assert main(["paper", "figure", "3", str(run), "--out", str(tmp_path / "f")]) == 0
    assert (tmp_path / "f.svg").exists() and (tmp_path / "f.png").exists()


def test_a_run_without_examples_or_steps_says_so(run_maker):
    with pytest.raises(DataError, match="no reward components"):
        figure3(run_maker("vanilla", trained=False).path)
    store = run_maker()
    (store / "examples.jsonl").unlink()
    with pytest.raises(DataError, match=r"has no examples.jsonl"):
        figure3(store.path)


def test_whatever_a_model_writes_can_be_drawn(run_maker):
    store = run_maker()
    code = "x = '\ud83d$\\frac{'\n\t\x00" + "y" * 500 + "\n" * 900
    record = {
        "stage": "after", "step": 1, "task_id": "t/1", "prompt": "", "code": code,
        "reason": None, "function": {"passed": 0, "total": 1}, "reward": None, "findings": [],
    }  # fmt: skip
    store.write_examples([record])
    assert to_bytes(figure3(store.path), "svg")
