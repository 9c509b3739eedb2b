"""``--baseline`` and ``--write-baseline``: what is accepted stays hidden, what is new does not."""

import json
import os
from pathlib import Path

import pytest

from real.linter.command import main

HEAD = "import os\nimport sqlite3\nname = input()\n"
QUERY = "sqlite3.connect('a').execute('SELECT ' + name)\n"
SHELL = "os.system(name)\n"


@pytest.fixture(autouse=True)
def accepted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """One file with one query, which the baseline accepts."""
    monkeypatch.chdir(tmp_path)
    Path("src").mkdir()
    Path("src/app.py").write_text(HEAD + QUERY)
    assert main(["--write-baseline", "known.json", "src"]) == 0
    assert capsys.readouterr() == ("", "real-detect: note: 1 finding accepted in known.json\n")
    return tmp_path


def scan(*arguments: str) -> int:
    return main(["--baseline", "known.json", *(arguments or ["src"])])


def test_accepted_findings_are_hidden_and_counted(capsys: pytest.CaptureFixture[str]) -> None:
    assert scan() == 0
    assert capsys.readouterr().out == "1 file: 1 clean; baseline: 1 finding hidden\n"
    assert main(["src"]) == 1


@pytest.mark.parametrize(
    "text",
    [
        "# a comment\n\n\n" + HEAD + "\n\nprint()\n" + QUERY,
        HEAD + "if name:\n    " + QUERY,
        HEAD + QUERY.replace(" + ", "  +  "),
        HEAD.replace("\n", "\r\n") + QUERY,
    ],
)
def test_lines_may_move_and_be_indented(text: str) -> None:
    Path("src/app.py").write_bytes(text.encode())
    assert scan() == 0


def test_a_changed_line_is_new() -> None:
    Path("src/app.py").write_text(HEAD + QUERY.replace("SELECT", "DELETE"))
    assert scan() == 1


def test_new_findings_count_also_on_equal_lines(capsys: pytest.CaptureFixture[str]) -> None:
    Path("src/app.py").write_text(HEAD + QUERY + SHELL + QUERY)
    assert scan() == 1
    shown = capsys.readouterr().out
    assert "app.py:5:1: CWE-77" in shown
    assert "app.py:6:1: CWE-89" in shown
    assert "app.py:4:1:" not in shown
    assert shown.endswith("1 file: 1 with findings (2); baseline: 1 finding hidden\n")


def test_the_same_line_in_another_file_is_new() -> None:
    Path("src/copy.py").write_text(HEAD + QUERY)
    assert scan() == 1


def test_entries_that_no_longer_occur_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    Path("src/app.py").write_text(HEAD)
    assert scan() == 0
    assert capsys.readouterr().out.endswith("baseline: 0 findings hidden, 1 entry no longer occurs\n")
    Path("src/app.py").unlink()
    Path("src/other.py").write_text("")
    assert scan() == 0
    assert capsys.readouterr().out.endswith("1 entry no longer occurs\n")


def test_nothing_is_said_of_what_did_not_run(capsys: pytest.CaptureFixture[str]) -> None:
    Path("src/other.py").write_text("")
    for arguments in (["src/other.py"], ["--ignore", "CWE-89", "src"]):
        assert scan(*arguments) == 0
        assert capsys.readouterr().out.endswith("baseline: 0 findings hidden\n")
    Path("src/app.py").write_text("x = (\n")
    assert scan() == 0
    assert capsys.readouterr().out.endswith("baseline: 0 findings hidden\n")


def test_paths_match_from_any_directory_and_in_any_spelling(accepted: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (accepted / "link").symlink_to("src")
    for path in ("./src/../src/app.py", str(accepted / "src"), "link/app.py"):
        assert scan(path) == 0
    os.chdir("src")
    assert main(["--baseline", "../known.json", "app.py"]) == 0
    capsys.readouterr()


def test_standard_input_matches_under_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, code in (("src/app.py", 0), ("src/new.py", 1)):
        with Path("src/app.py").open() as stream:
            monkeypatch.setattr("sys.stdin", stream)
            assert scan("--stdin-name", name, "-") == code


def test_json_and_sarif_keep_standard_output_clean(capsys: pytest.CaptureFixture[str]) -> None:
    assert scan("--format", "json", "src") == 0
    captured = capsys.readouterr()
    (entry,) = json.loads(captured.out)
    assert (entry["status"], entry["findings"]) == ("clean", [])
    assert [finding["cwe"] for finding in entry["known"]] == ["CWE-89"]
    assert captured.err == "real-detect: note: baseline: 1 finding hidden\n"


def test_what_a_comment_suppresses_is_not_accepted(capsys: pytest.CaptureFixture[str]) -> None:
    Path("src/app.py").write_text(HEAD + QUERY.rstrip() + "  # real: ignore[CWE-89] reviewed\n" + SHELL)
    assert main(["--write-baseline", "known.json", "src"]) == 0
    entries = json.loads(Path("known.json").read_text())["findings"]
    assert [(entry["file"], entry["rule"], entry["line"]) for entry in entries] == [("src/app.py", "CWE-77", 5)]
    capsys.readouterr()
    assert scan() == 0
    assert "1 suppressed by a comment; baseline: 1 finding hidden" in capsys.readouterr().out


def test_a_baseline_can_be_renewed_while_it_is_read() -> None:
    Path("src/app.py").write_text(HEAD + QUERY + SHELL)
    assert scan("--write-baseline", "known.json", "src") == 0
    assert scan() == 0
    assert len(json.loads(Path("known.json").read_text())["findings"]) == 2


def test_files_that_cannot_be_analysed_are_told_and_accepted(capsys: pytest.CaptureFixture[str]) -> None:
    Path("src/broken.py").write_text("x = (\n")
    assert scan("--strict", "src") == 2
    assert main(["--write-baseline", "known.json", "src"]) == 0
    assert "src/broken.py: unanalyzable: syntax error" in capsys.readouterr().err
    assert scan("--strict", "src") == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    assert captured.out.endswith("baseline: 1 finding hidden, 1 that cannot be analysed accepted\n")
    Path("src/worse.py").write_text("x = (\n")
    assert scan("--strict", "src") == 2
    Path("src/worse.py").unlink()
    Path("src/broken.py").write_text("x = 1\n")
    assert scan("--strict", "src") == 0
    assert capsys.readouterr().out.endswith("baseline: 1 finding hidden, 1 entry no longer occurs\n")


GOOD = {"format": "real-detect baseline", "version": 1, "findings": []}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is damaged: it is not JSON"),
        ("<<<<<<< HEAD\n{}", "is damaged: it is not JSON"),
        ("\xff\xfe", "is damaged: it is not JSON"),
        ("[" * 100_000, "is damaged: it is not JSON"),
        ("[]", "is no baseline of real-detect"),
        ('{"version": "1.4.0", "plugins_used": [], "results": {}}', "is no baseline of real-detect"),
        ('{"errors": [], "metrics": {}, "results": []}', "is no baseline of real-detect"),
        (json.dumps({**GOOD, "version": 2}), "has version 2; this program knows 1"),
        (json.dumps({**GOOD, "findings": {}}), "is damaged: it has no list of findings"),
        (json.dumps({**GOOD, "findings": ["x"]}), "is damaged: finding 1 lacks file, rule or fingerprint"),
        (json.dumps({**GOOD, "findings": [{"file": 1, "rule": "", "fingerprint": ""}]}), "is damaged: finding 1 lacks"),
    ],
)
def test_damaged_baselines_and_those_of_other_tools(
    text: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("known.json").write_text(text, encoding="latin-1")
    assert scan() == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err
    assert captured.err.startswith("real-detect: ")
    assert len(captured.err.splitlines()) == 2  # one message and what to do


@pytest.mark.parametrize("name", ["missing.json", "src", "src/app.py/known.json", "/proc/self/mem"])
def test_baselines_that_cannot_be_read(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--baseline", name, "src"]) == 2
    assert capsys.readouterr().err.startswith(f"real-detect: the baseline {name} ")


def test_a_file_that_is_no_baseline_is_not_overwritten(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("src/app.py", "src"):
        assert main(["--write-baseline", name, "src"]) == 2
        assert "exists and is no baseline; it is not overwritten" in capsys.readouterr().err
    assert Path("src/app.py").read_text() == HEAD + QUERY


def test_a_baseline_that_cannot_be_written(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--write-baseline", "nowhere/known.json", "src"]) == 2
    assert "the baseline nowhere/known.json cannot be written: No such file" in capsys.readouterr().err
