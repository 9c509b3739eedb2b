"""The command: output formats, exit codes, suppression, the batch protocol."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from real.detector import VERSION
from real.linter.command import main
from real.linter.jsonl import scan_lines

BAD = "import sqlite3\nname = input()\nsqlite3.connect('a').execute('SELECT ' + name)\n"
GOOD = "print('hello')\n"
SHELL = BAD + "import os\nos.system(name)\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "bad.py").write_text(BAD)
    (tmp_path / "good.py").write_text(GOOD)
    (tmp_path / "notes.txt").write_text("not python (")
    return tmp_path


def test_text_shows_place_trace_and_fix(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(folder / "bad.py")]) == 1
    shown = capsys.readouterr().out
    assert f"{folder / 'bad.py'}:3:1: CWE-89 SQL injection" in shown
    assert shown.index("name = input()") < shown.index("sqlite3.connect('a').execute")
    assert "fix: pass values as parameters" in shown
    assert shown.endswith("\n1 file: 1 with findings (1)\n")


def test_clean_files_exit_0(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(folder / "good.py")]) == 0
    assert capsys.readouterr().out == "1 file: 1 clean\n"


def test_directories_are_walked_for_python_files(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--format", "json", str(folder), str(folder / "bad.py")]) == 1
    records = json.loads(capsys.readouterr().out)
    assert [Path(record["path"]).name for record in records] == ["bad.py", "good.py"]
    assert [record["status"] for record in records] == ["findings", "clean"]
    finding = records[0]["findings"][0]
    assert (finding["cwe"], finding["line"], finding["column"]) == ("CWE-89", 3, 0)
    assert finding["trace"][0]["line"] == 2


@pytest.mark.parametrize("form", ["text", "json", "sarif", "github"])
def test_unanalyzable_files_are_told_and_the_rest_is_shown(
    folder: Path, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "broken.py").write_text("x = (\n")
    assert main(["--format", form, str(folder)]) == 1
    captured = capsys.readouterr()
    assert "broken.py: unanalyzable: syntax error" in captured.err
    assert "CWE-89" in captured.out
    assert main(["--format", form, str(folder / "broken.py")]) == 0
    assert main(["--strict", "--format", form, str(folder)]) == 2


@pytest.mark.parametrize("arguments", [[], ["missing.py"], ["--select", "CWE-98", "x.py"], ["--explain", "SQL"]])
def test_usage_errors_exit_2_with_one_message(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("real-detect: ")
    assert "Traceback" not in captured.err
    assert captured.out == ""


@pytest.mark.parametrize("name", ["89", "089", "CWE-89", "cwe-89", "CWE-0089", "cwe_089", "CWE89", " cwe 89 "])
def test_a_rule_has_many_spellings(name: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "bad.py").write_text(SHELL)
    assert main(["--explain", name]) == 0
    assert capsys.readouterr().out.startswith("CWE-89")
    assert main(["--ignore", name, "--format", "json", str(folder / "bad.py")]) == 1
    captured = capsys.readouterr()
    assert [finding["cwe"] for finding in json.loads(captured.out)[0]["findings"]] == ["CWE-77"]
    assert captured.err == ""


@pytest.mark.parametrize("name", ["78", "CWE-78", "cwe_078"])
def test_a_weakness_without_a_rule_of_its_own_means_the_rule_that_reports_it(
    name: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "bad.py").write_text(SHELL)
    assert main(["--explain", name]) == 0
    captured = capsys.readouterr()
    assert captured.out.startswith("CWE-77")
    assert captured.err == "real-detect: note: CWE-78 is reported by the rule CWE-77\n"
    assert main(["--select", name, "--format", "json", str(folder / "bad.py")]) == 1
    captured = capsys.readouterr()
    assert [finding["cwe"] for finding in json.loads(captured.out)[0]["findings"]] == ["CWE-77"]
    assert "CWE-78 is reported by the rule CWE-77" in captured.err


def test_undecodable_files_are_unanalyzable(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "latin.py").write_bytes(b"name = '\xe9'\n")
    assert main([str(folder / "latin.py"), str(folder / "good.py")]) == 0
    captured = capsys.readouterr()
    assert "latin.py: unanalyzable: cannot be decoded" in captured.err
    assert captured.out == "2 files: 1 clean, 1 unanalyzable\n"


def test_sarif_has_the_shape_of_version_2_1_0(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--format", "sarif", str(folder)]) == 1
    log = json.loads(capsys.readouterr().out)
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    rule = next(rule for rule in run["tool"]["driver"]["rules"] if rule["id"] == "CWE-89")
    assert rule["helpUri"].endswith("/89.html")
    (result,) = run["results"]
    assert result["ruleId"] == run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"]
    assert result["message"]["text"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"].endswith("bad.py")
    assert place["region"] == {"startLine": 3, "startColumn": 1}
    steps = result["codeFlows"][0]["threadFlows"][0]["locations"]
    assert [step["location"]["physicalLocation"]["region"]["startLine"] for step in steps] == [2, 3, 3]
    assert run["invocations"][0]["executionSuccessful"] is True


def test_list_and_explain(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list"]) == 0
    assert "CWE-89" in capsys.readouterr().out
    assert main(["--explain", "CWE-89"]) == 0
    assert "What silences it" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("comment", "code"),
    [
        ("# real: ignore[CWE-89] name comes from our own menu", 0),
        ("# real: ignore[CWE-79, CWE-89] reviewed", 0),
        ("# real: ignore[CWE-79] another rule", 1),
        ("# real: ignore[CWE-89]", 1),
        ("# ignore[CWE-89] no", 1),
    ],
)
def test_suppression_comments_need_the_rule_and_a_reason(tmp_path: Path, comment: str, code: int) -> None:
    trailing = tmp_path / "trailing.py"
    trailing.write_text(BAD.rstrip() + "  " + comment + "\n")
    assert main([str(trailing)]) == code
    above = tmp_path / "above.py"
    above.write_text(BAD.replace("sqlite3.connect", comment + "\nsqlite3.connect"))
    assert main([str(above)]) == code


def test_a_comment_inside_a_string_suppresses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "string.py"
    path.write_text("import sqlite3\nsqlite3.connect('a').execute('# real: ignore[CWE-89] x' + input())\n")
    assert main([str(path)]) == 1


def test_jsonl_keeps_order_and_goes_on_after_a_broken_line() -> None:
    lines = [
        json.dumps({"id": "a", "code": BAD}),
        "{broken",
        json.dumps({"id": 7}),
        "[1]",
        b'{"id": "\xff", "code": ""}',
        "",
        json.dumps({"id": "b", "code": GOOD}),
        json.dumps({"id": "c", "code": "x = ("}),
        json.dumps({"id": "d", "code": BAD.rstrip() + "  # real: ignore[CWE-89] please\n"}),
    ]
    records = [json.loads(line) for line in scan_lines(lines)]
    assert [(record["id"], record["status"]) for record in records] == [
        ("a", "findings"),
        (None, "error"),
        (7, "error"),
        (None, "error"),
        (None, "error"),
        ("b", "clean"),
        ("c", "unanalyzable"),
        ("d", "findings"),
    ]
    assert "line 2 is not JSON" in records[1]["reason"]


def test_jsonl_gives_what_json_gives(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = BAD.replace("import sqlite3", "import sqlite3; é = '漢'")
    (tmp_path / "bad.py").write_text(code, encoding="utf-8")
    main(["--format", "json", str(tmp_path / "bad.py")])
    (told,) = json.loads(capsys.readouterr().out)
    (answered,) = map(json.loads, scan_lines([json.dumps({"id": "a", "code": code})]))
    assert answered["findings"] == told["findings"] != []
    assert {"column", "fix", "level"} <= set(answered["findings"][0])


def test_the_module_runs_as_a_command_reading_standard_input() -> None:
    command = [sys.executable, "-m", "real.detector"]
    found = subprocess.run([*command, "-"], input=BAD, capture_output=True, text=True, check=False)
    assert found.returncode == 1
    assert "<stdin>:3:1: CWE-89" in found.stdout
    lines = json.dumps({"id": 1, "code": GOOD}) + "\nbroken\n"
    batch = subprocess.run([*command, "--jsonl"], input=lines, capture_output=True, text=True, check=False)
    assert batch.returncode == 0
    assert [json.loads(line)["status"] for line in batch.stdout.splitlines()] == ["clean", "error"]


HEAVY = {
    *("torch", "numpy", "pandas", "ray", "vllm", "transformers", "tokenizers", "peft", "pyarrow", "datasets"),
    *("pydantic", "omegaconf", "hydra", "yaml", "mypy", "pyflakes", "matplotlib", "jinja2", "requests", "openai"),
    # Of the standard library: slow to load, and nothing that a scan needs.
    *("asyncio", "multiprocessing", "unittest", "email", "http", "ssl", "sqlite3", "concurrent", "logging"),
}


@pytest.mark.parametrize(
    "arguments",
    [
        *([], ["--format", "json"], ["--format", "github"], ["--format", "sarif"]),
        *(["--baseline", "known.json"], ["--list"], ["--jsonl"]),
    ],
)
def test_a_scan_loads_no_heavy_library(folder: Path, arguments: list[str]) -> None:
    assert main(["--write-baseline", str(folder / "known.json"), str(folder)]) == 0
    paths = [] if arguments in (["--list"], ["--jsonl"]) else ["bad.py"]
    script = (
        "import sys\nfrom real.linter.command import main\n"
        f"code = main({arguments + paths!r})\n"
        f"print(code, sorted({HEAVY!r} & set(sys.modules)), file=sys.stderr)"
    )
    line = json.dumps({"id": 1, "code": BAD})
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, input=line, cwd=folder, capture_output=True, text=True, check=False)
    expected = "1 []" if paths and "--baseline" not in arguments else "0 []"
    assert done.stderr.splitlines()[-1:] == [expected], done.stderr


def test_the_version_is_told_without_loading_the_analysis() -> None:
    script = (
        "import sys\nfrom real.linter.command import main\n"
        "try:\n    main(['--version'])\nfinally:\n    print(sorted(n for n in sys.modules if n.startswith('real.')))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    version, modules = done.stdout.splitlines()
    assert version == f"real-detect {VERSION}"
    assert "real.detector.engine" not in modules
    assert "real.detector.rules" not in modules


@pytest.mark.parametrize(
    ("arguments", "rules"),
    [
        ([], ["CWE-89", "CWE-77"]),
        (["--ignore", "CWE-89"], ["CWE-77"]),
        (["--ignore", "CWE-89, cwe-77"], []),
        (["--ignore", "CWE-89", "--ignore", "CWE-77"], []),
        (["--select", "CWE-89,CWE-77", "--ignore", "CWE-77"], ["CWE-89"]),
        (["--select", "CWE-79"], []),
    ],
)
def test_select_and_ignore(
    folder: Path, arguments: list[str], rules: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "bad.py").write_text(SHELL)
    assert main(["--format", "json", *arguments, str(folder / "bad.py")]) == (1 if rules else 0)
    (entry,) = json.loads(capsys.readouterr().out)
    assert [finding["cwe"] for finding in entry["findings"]] == rules


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--ignore", "CWE-98", "."], "unknown rule 'CWE-98'\n  Did you mean CWE-9"),
        (["--ignore", "CWE-89,,", "."], "unknown rule ''\n  Known: "),
        (["--ignore", "sql", "."], "unknown rule 'sql'\n  "),
        (["--select", "CWE-98", "."], "unknown rule 'CWE-98'\n  Did you mean CWE-9"),
        (["--explain", "99999999999999999999"], "unknown rule '99999999999999999999'\n"),
        (["--explain", ""], "unknown rule ''\n"),
        (["--select", "\u0668\u0669", "."], "unknown rule '\u0668\u0669'\n"),
        (["--jobs", "-1", "."], "--jobs is a number of processes, not -1\n"),
        (["--jobs", "1000000000000", "."], "--jobs is a number of processes, not 1000000000000\n"),
        (["--write", "."], "--write is about repairs\n"),
        (["--jsonl", "--profile", "app"], "--jsonl reads standard input"),
        (["--jsonl", "--min-confidence", "high"], "--jsonl reads standard input"),
        (["a\0b"], "cannot be found: a\\x00b\n"),
        ([""], "no such file or directory: \n"),
        (["--select", "CWE-89", "--ignore", "CWE-89", "."], "no rule is left to run\n"),
        (["--jsonl", "."], "--jsonl reads standard input; it takes no paths"),
        (["--jsonl", "--baseline", "known.json"], "--jsonl reads standard input; it takes no paths, baseline"),
        (["--stdin-name", "a.py", "."], "--stdin-name is about standard input, which is not scanned\n"),
    ],
)
def test_wrong_usage_is_one_message(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith(f"real-detect: {message}")
    assert captured.out == ""


def test_standard_input_has_a_name(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for paths in ([], ["-"]):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(BAD.encode())))
        assert main(["--stdin-name", "src/app.py", *paths]) == 1
        assert capsys.readouterr().out.startswith("src/app.py:3:1: CWE-89")


def test_a_directory_without_python_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 0
    captured = capsys.readouterr()
    assert captured.err == f"real-detect: note: no Python files in {tmp_path}\n"
    assert captured.out == "0 files: nothing to check\n"
