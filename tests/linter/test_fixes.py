"""``--fix``: what is mechanical is repaired, and only where the repaired program no longer has the finding."""

import sqlite3
import subprocess
from pathlib import Path

import pytest

from real.detector import scan
from real.formats.record import program_of
from real.linter.command import main
from real.linter.fixes.repair import repaired
from real.linter.scanning import tool_of

RULES = ("CWE-77", "CWE-89", "CWE-347", "CWE-502")
SQL = "import sqlite3\ndb = sqlite3.connect('a')\nname = input()\n"


def fixed(code: str) -> str | None:
    """The repaired program."""
    program = program_of("x.py", code, scan(code, select=RULES), tool_of(RULES))
    made = repaired(code, program.open, RULES)
    return made.after if made else None


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (
            "db.execute('SELECT * FROM u WHERE n = \\'' + name + '\\'')",
            'db.execute("SELECT * FROM u WHERE n = ?", (name,))',
        ),
        ("db.execute(f\"SELECT * FROM u WHERE n = '{name}'\")", 'db.execute("SELECT * FROM u WHERE n = ?", (name,))'),
        ('db.execute("SELECT 1 FROM u WHERE id = %s" % name)', 'db.execute("SELECT 1 FROM u WHERE id = ?", (name,))'),
        (
            "db.execute('SELECT 1 FROM u WHERE id = {}'.format(name))",
            'db.execute("SELECT 1 FROM u WHERE id = ?", (name,))',
        ),
        ("db.execute((f\"DELETE FROM u WHERE n = '{name}'\"))", 'db.execute("DELETE FROM u WHERE n = ?", (name,))'),
        (
            "db.execute(f\"SELECT 1 FROM u WHERE a = ? AND n LIKE '%{name}%'\", (1,))",
            "db.execute(\"SELECT 1 FROM u WHERE a = ? AND n LIKE ?\", (1, f'%{name}%'))",
        ),
        (
            "q = f\"SELECT 1 FROM u WHERE n = '{name}'\"\nrows = db.execute(q).fetchall()",
            'q = "SELECT 1 FROM u WHERE n = ?"\nrows = db.execute(q, (name,)).fetchall()',
        ),
    ],
)
def test_values_of_a_statement_are_bound(call: str, expected: str) -> None:
    assert fixed(f"{SQL}{call}\n") == f"{SQL}{expected}\n"


def test_a_bound_statement_does_what_the_other_did() -> None:
    head = "def find(db, name: str):\n    import sqlite3\n    return db.execute("
    code = head + "f\"SELECT id FROM u WHERE n = '{name}' OR n LIKE '{name}!%'\").fetchall()\n"
    after = fixed(code)
    assert after is not None
    with sqlite3.connect(":memory:") as database:
        database.executescript("CREATE TABLE u (id, n TEXT); INSERT INTO u VALUES (1, 'a'), (2, 'a!b'), (3, 'b')")
        answers = []
        for text in (code, after):
            names: dict[str, object] = {}
            exec(text, names)
            answers.append([names["find"](database, name) for name in ("a", "b", "", "5")])  # type: ignore[operator]
    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    "rest",
    [
        "db.execute('SELECT 1 FROM ' + name)\n",  # a table is no value
        "db.execute('SELECT 1 FROM u ORDER BY ' + name)\n",
        "db.execute('SELECT 1 FROM u WHERE ' + name)\n",
        "db.execute(f'SELECT \"{name}\" FROM u')\n",  # a column in quotes of its own
        'db.execute(f"SELECT 1 /* {name} */ FROM u WHERE a = 1")\n',
        "db.executescript(f\"DELETE FROM u WHERE n = '{name}'; DELETE FROM v\")\n",
        "db.execute(f\"SELECT 1 FROM u WHERE n = '{name}' AND a = :a\", {'a': 1})\n",
        "q = f\"SELECT 1 FROM u WHERE n = '{name}'\"\nprint(q)\ndb.execute(q)\n",  # read elsewhere, too
        "def f(x):\n    q = f\"SELECT 1 FROM u WHERE n = '{x}'\"\n    x = 1\n    return db.execute(q)\n",
        "import pymysql\ndb.execute(f\"SELECT 1 FROM u WHERE n = '{name}'\")\n",  # whose connection is it?
        "db.execute(\n    # why\n    f\"SELECT 1 FROM u WHERE n = '{name}'\")\n",  # the comment would be lost
        "import subprocess\nsubprocess.run(f'ls {name} | wc', shell=True)\n",
        "import subprocess\nsubprocess.run(f'ls *.{name}', shell=True)\n",
        "import subprocess\nsubprocess.run(name, shell=True)\n",
        "import subprocess\nsubprocess.run(f'{name} -l', shell=True)\n",
        "import subprocess\nsubprocess.run(f'A=1 ls {name}', shell=True)\n",
        "import os\nos.system('ls ' + name)\n",
    ],
)
def test_what_is_not_mechanical_is_left(rest: str) -> None:
    assert scan(SQL + rest, select=RULES).findings
    assert fixed(SQL + rest) is None


def test_psycopg_has_marks_of_its_own() -> None:
    head = "import psycopg\ndef f(name: str):\n    with psycopg.connect() as db:\n        return "
    code = head + "db.execute(f\"SELECT 1 FROM u WHERE n = '{name}' AND p LIKE 'x%'\")\n"
    assert fixed(code) == head + "db.execute(\"SELECT 1 FROM u WHERE n = %s AND p LIKE 'x%%'\", (name,))\n"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (
            "import yaml\nd = yaml.load(input(), Loader=yaml.UnsafeLoader)\n",
            "import yaml\nd = yaml.safe_load(input())\n",
        ),
        (
            "import subprocess\nx = input()\nsubprocess.run(f'ls -l {x} --at={x}', check=True, shell=True)\n",
            "import subprocess\nx = input()\nsubprocess.run(['ls', '-l', str(x), f'--at={x}'], check=True)\n",
        ),
    ],
)
def test_single_calls(code: str, expected: str) -> None:
    assert fixed(code) == expected


def test_other_findings_stay_and_line_ends_are_kept() -> None:
    rest = "db.execute('SELECT 1 FROM ' + name)\ndb.execute('SELECT 1 FROM u WHERE i = ' + name)\n"
    code = (SQL + rest).replace("\n", "\r\n")
    after = fixed(code)
    assert after is not None
    assert after.count("\r\n") == after.count("\n") == code.count("\n")
    assert "db.execute('SELECT 1 FROM ' + name)" in after


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = Path("app.py")
    path.write_text(SQL + "db.execute('SELECT 1 FROM u WHERE i = ' + name)\n")
    path.chmod(0o750)
    return path


def test_the_diff_comes_first_and_changes_nothing(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = file.read_bytes()
    assert main(["--fix", "app.py"]) == 1
    captured = capsys.readouterr()
    assert captured.out.startswith("--- app.py\n+++ app.py\n@@")
    assert captured.err == "real-detect: note: app.py: 1 finding could be repaired (--fix --write)\n"
    assert file.read_bytes() == before
    subprocess.run(["patch", "-p0"], input=captured.out, text=True, check=True, capture_output=True)
    assert main(["app.py"]) == 0


def test_writing_repairs_the_file_and_tells_what_is_left(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with file.open("a") as stream:
        stream.write("db.execute('SELECT 1 FROM ' + name)\n")
    Path("link.py").symlink_to("app.py")
    assert main(["--fix", "--write", "link.py"]) == 1
    captured = capsys.readouterr()
    assert "link.py:5:1: CWE-89" in captured.out
    assert ":4:" not in captured.out
    assert Path("link.py").is_symlink()
    assert file.stat().st_mode & 0o777 == 0o750
    assert sorted(path.name for path in Path().iterdir()) == ["app.py", "link.py"]


def test_what_is_waived_or_hidden_is_not_repaired(file: Path) -> None:
    text = file.read_text().rstrip("\n") + "  # real: ignore[CWE-89] reviewed\n"
    file.write_text(text)
    assert main(["--fix", "--write", "app.py"]) == 0
    assert file.read_text() == text


@pytest.mark.parametrize("raw", ["# coding: latin-1\n# \xe9\n", "\ufeff"])
def test_files_in_other_encodings_are_left(raw: str, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (raw + file.read_text()).encode("utf-8" if raw == "\ufeff" else "latin-1")
    file.write_bytes(before)
    main(["--fix", "--write", "app.py"])
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    "arguments", [["--fix", "-"], ["--fix", "--format", "json", "."], ["--fix", "--write-baseline", "k.json", "."]]
)
def test_what_makes_no_sense_with_it(arguments: list[str], file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().err.startswith("real-detect: --fix ")
