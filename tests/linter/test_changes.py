"""``--diff REV``: what stands on lines that git says have changed."""

import os
import subprocess
from pathlib import Path

import pytest

from real.linter.changes import since
from real.linter.command import main

SINK = "sqlite3.connect('a').execute('SELECT ' + name)\n"
CODE = "import sqlite3, os\nname = input()\n" + SINK


def git(*arguments: str) -> None:
    names = ("-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *names, *arguments], check=True, capture_output=True)


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one commit."""
    monkeypatch.chdir(tmp_path)
    for variable in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(variable, raising=False)
    git("init", "-q", "-b", "main")
    Path("app.py").write_text(CODE)
    Path("old.py").write_text(CODE)
    git("add", ".")
    git("commit", "-qm", "one")
    return tmp_path


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    main(["--diff", "HEAD", *(arguments or ["."])])
    return [line.partition(" ")[0] for line in capsys.readouterr().out.splitlines() if ": CWE-" in line]


def test_what_stood_there_before_is_not_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--diff", "HEAD", "."]) == 0
    assert "no Python files that have changed" in capsys.readouterr().err
    Path("app.py").write_text(CODE + "print(1)\n")
    assert main(["--diff", "HEAD", "."]) == 0
    assert capsys.readouterr().out == "1 file: 1 clean; 1 not on changed lines\n"


def test_what_is_new_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    Path("app.py").write_text(CODE + "os.system(name)\n")
    assert shown(capsys) == ["./app.py:4:1:"]
    git("commit", "-qam", "two")
    assert shown(capsys) == []
    assert main(["--diff", "HEAD~1", "."]) == 1


def test_a_finding_is_new_where_a_step_that_leads_to_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    Path("app.py").write_text(CODE.replace("input()", "input('name? ')"))
    assert shown(capsys) == ["./app.py:3:1:"]


def test_lines_beside_a_gap_have_changed() -> None:
    Path("app.py").write_text("a = 1\nb = 2\nc = 3\nd = 4\n")
    git("commit", "-qam", "two")
    Path("app.py").write_text("a = 1\nd = 4\n")
    assert since("HEAD", ["."]).lines[os.path.realpath("app.py")] == {1, 2}


def test_files_that_git_does_not_know_are_new_as_a_whole(capsys: pytest.CaptureFixture[str]) -> None:
    Path("new.py").write_text(CODE)
    Path(".gitignore").write_text("made.py\n")
    Path("made.py").write_text(CODE)
    assert shown(capsys) == ["./new.py:3:1:"]


def test_lines_that_look_like_the_diff_itself() -> None:
    text = "x = 1\n++ b/fake.py\n-- a/fake.py\n@@ -1 +1,9 @@\n"
    Path("app.py").write_text(CODE + text)
    changed = since("HEAD", ["."]).lines
    assert changed == {os.path.realpath("app.py"): {4, 5, 6, 7}}


ODD = ["a b.py", "ü日.py", "tab\t.py", 'quo"te.py', "new\nline.py", "*.py", ":(top)x.py", "-x.py"]


@pytest.mark.parametrize("name", ODD)
def test_odd_names_and_the_users_own_configuration(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    for key, value in (("diff.noprefix", "true"), ("color.ui", "always"), ("core.quotePath", "false")):
        git("config", key, value)
    Path(name).write_text("x = 1\n")
    git("add", "--", f"./{name}")
    git("commit", "-qm", "odd")
    Path(name).write_text("x = 1\ny = 2\n")
    assert since("HEAD", ["."]).lines == {os.path.realpath(name): {2}}


def test_it_works_from_below_and_for_single_files(capsys: pytest.CaptureFixture[str]) -> None:
    Path("sub").mkdir()
    Path("sub/deep.py").write_text(CODE)
    Path("app.py").write_text(CODE + "os.system(name)\n")
    os.chdir("sub")
    assert shown(capsys, "../app.py") == ["../app.py:4:1:"]
    assert shown(capsys, ".", "../old.py") == ["./deep.py:3:1:"]


@pytest.mark.parametrize(
    "revision", ["", "nothing", "--output=x.py", "-p", "HEAD:app.py", "HEAD HEAD", "a\nb", "\udcff"]
)
def test_what_is_no_revision(revision: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([f"--diff={revision}", "."]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("real-detect: --diff: git knows no revision")
    assert not Path("x.py").exists()


def test_no_repository_no_git_and_what_makes_no_sense(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments in (["-"], ["--write-baseline", "known.json", "."]):
        assert main(["--diff", "HEAD", *arguments]) == 2
    place = tmp_path_factory.mktemp("none")
    assert main(["--diff", "HEAD", str(place)]) == 2
    assert "not a git repository" in capsys.readouterr().err
    monkeypatch.setenv("PATH", str(place))
    assert main(["--diff", "HEAD", "."]) == 2
    assert "--diff needs git" in capsys.readouterr().err


def test_a_finding_in_another_file_is_new_where_a_step_in_a_changed_file_is(capsys: pytest.CaptureFixture[str]) -> None:
    Path("db.py").write_text("import sqlite3\n\n\ndef ask(sql):\n    sqlite3.connect('a').execute(sql)\n")
    Path("web.py").write_text("from db import ask\n\nask('SELECT 1')\n")
    git("add", ".")
    git("commit", "-qm", "two")
    Path("web.py").write_text("from db import ask\n\nask('SELECT ' + input())\n")
    assert shown(capsys) == ["./db.py:5:5:"]
    assert shown(capsys, "--no-project", ".") == []
