"""``[tool.real-detect]`` in ``pyproject.toml``: what it settles, where it is found, and how it is refused."""

import json
import os
from pathlib import Path

import pytest

from real.linter.command import main

BAD = "import sqlite3, os\nname = input()\nsqlite3.connect('a').execute('SELECT ' + name)\nos.system(name)\n"


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with two folders of one program each."""
    monkeypatch.chdir(tmp_path)
    for name in ("src/app.py", "tests/test_app.py"):
        Path(name).parent.mkdir()
        Path(name).write_text(BAD)
    return tmp_path


def settle(text: str, file: str = "pyproject.toml") -> None:
    Path(file).write_text(f"[project]\nname = 'x'\n[tool.real-detect]\n{text}\n", encoding="utf-8")


def found(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, list[str]]:
    """Path to rules."""
    main(["--format", "json", *(arguments or ["."])])
    return {
        Path(entry["path"]).as_posix(): [finding["cwe"] for finding in entry["findings"]]
        for entry in json.loads(capsys.readouterr().out)
    }


ALL = {"src/app.py": ["CWE-89", "CWE-77"], "tests/test_app.py": ["CWE-89", "CWE-77"]}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ALL),
        ("select = ['89']", {name: ["CWE-89"] for name in ALL}),
        ("ignore = ['CWE-78']", {name: ["CWE-89"] for name in ALL}),
        ("exclude = ['tests']", {"src/app.py": ["CWE-89", "CWE-77"]}),
        ("exclude = ['src/*']", {"tests/test_app.py": ["CWE-89", "CWE-77"]}),
        ("profile = 'reward'\nmin-confidence = 'high'", ALL),
        (
            "[tool.real-detect.per-path-ignores]\n'tests/*' = ['89', 'CWE-78']\n'src/gen' = ['89']",
            {"src/app.py": ["CWE-89", "CWE-77"], "tests/test_app.py": []},
        ),
    ],
)
def test_what_the_table_settles(text: str, expected: object, capsys: pytest.CaptureFixture[str]) -> None:
    settle(text)
    assert found(capsys) == expected


def test_the_command_line_has_the_last_word(capsys: pytest.CaptureFixture[str]) -> None:
    settle("select = ['89']\nexclude = ['tests']")
    assert found(capsys, "--select", "77", ".") == {"src/app.py": ["CWE-77"]}
    assert found(capsys, "--exclude", "src", ".") == {"tests/test_app.py": ["CWE-89"]}
    assert found(capsys, "--isolated", ".") == ALL


def test_it_is_found_upwards_from_what_is_scanned_and_globs_are_relative_to_it(
    project: Path, capsys: pytest.CaptureFixture[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    settle("[tool.real-detect.per-path-ignores]\n'src/app.py' = ['89']")
    (project / "src" / "pyproject.toml").write_text("[project]\nname = 'real-detect'\n")  # without the table: passed by
    os.chdir(project / "src")
    assert found(capsys, "app.py") == {"app.py": ["CWE-77"]}
    os.chdir(tmp_path_factory.mktemp("elsewhere"))
    place = str(project / "src" / "app.py")
    assert found(capsys, place) == {place: ["CWE-77"]}
    settle("ignore = ['77']", str(project / "src" / "pyproject.toml"))  # the nearest counts, alone
    assert found(capsys, place) == {place: ["CWE-89"]}
    assert found(capsys, place, str(project / "tests")) == {
        place: ["CWE-77"],
        str(project / "tests/test_app.py"): ["CWE-89", "CWE-77"],
    }


def test_the_baseline_lies_beside_the_file(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settle("baseline = 'known.json'")
    assert main(["."]) == 2
    assert "known.json does not exist" in capsys.readouterr().err
    assert main(["--write-baseline", "known.json", "."]) == 0
    os.chdir("src")
    assert main([".", "../tests"]) == 0


def test_strict_may_be_settled(capsys: pytest.CaptureFixture[str]) -> None:
    Path("src/app.py").write_text("x = (\n")
    assert main(["src"]) == 0
    settle("strict = true")
    assert main(["src"]) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("selct = []", "unknown key 'selct' in [tool.real-detect]\n  Did you mean select?"),
        (
            "per_path_ignores = {}",
            "unknown key 'per_path_ignores' in [tool.real-detect]\n  Did you mean per-path-ignores",
        ),
        ("root = '/'", "unknown key 'root' in [tool.real-detect]\n  "),
        (
            "select = 'CWE-89'",
            'select in [tool.real-detect] must be a list of rules (["CWE-89", "601"]), not \'CWE-89\'',
        ),
        ("ignore = [89]", "ignore in [tool.real-detect] must be a list of rules"),
        ("select = ['CWE-98']", "select in [tool.real-detect]: unknown rule 'CWE-98'\n  Did you mean CWE-9"),
        ("exclude = ['']", "exclude in [tool.real-detect] must be a list of texts"),
        ("profile = 'apps'", "profile in [tool.real-detect]: unknown profile 'apps'\n  Did you mean app?"),
        ("profile = 1", "profile in [tool.real-detect] must be one of app, library, reward, not 1"),
        ("min-confidence = 'sure'", "min-confidence in [tool.real-detect]: unknown confidence 'sure'\n  "),
        ("strict = 'yes'", "strict in [tool.real-detect] must be true or false, not 'yes'"),
        ("baseline = ['a']", "baseline in [tool.real-detect] must be a text, not ['a']"),
        ("[tool.real-detect.per-path-ignores]\n'a' = '89'", "per-path-ignores in [tool.real-detect] must be a table"),
        ("[tool.real-detect.per-path-ignores]\n'a' = ['sql']", "per-path-ignores in [tool.real-detect]: unknown rule"),
        ("select = [", " is not TOML: "),
        ("select = ['89']\nselect = ['77']", " is not TOML: "),
    ],
)
def test_what_is_wrong_is_told_with_the_file_and_the_key(
    text: str, message: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settle(text)
    assert main(["."]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"real-detect: {project / 'pyproject.toml'}")
    assert message in captured.err
    assert main(["--isolated", "."]) == 1


@pytest.mark.parametrize(
    "raw", [b"\xff\xfe real-detect", b"\0real-detect", b"real-detect = " + b"[" * 9000, b"tool = 1 # real-detect"]
)
def test_damaged_files(raw: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    Path("pyproject.toml").write_bytes(raw)
    damaged = not raw.startswith(b"tool")
    assert main(["."]) == (2 if damaged else 1)
    assert ("is not TOML" in capsys.readouterr().err) is damaged


def test_a_file_that_has_nothing_to_do_with_us_is_not_even_read(capsys: pytest.CaptureFixture[str]) -> None:
    Path("pyproject.toml").write_text("this is [ no TOML")
    assert found(capsys) == ALL


def test_the_reward_reads_no_file(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    settle("ignore = ['89', '77']\nselct = 1")
    import io
    import sys

    line = json.dumps({"id": 1, "code": BAD})
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(line.encode())))
    assert main(["--jsonl"]) == 0
    assert [finding["cwe"] for finding in json.loads(capsys.readouterr().out)["findings"]] == ["CWE-89", "CWE-77"]
