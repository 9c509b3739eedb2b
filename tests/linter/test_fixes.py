"""``--fix``: what is mechanical is repaired, and only where the repaired program no longer has the finding."""

import ast
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from real.detector import scan
from real.formats.record import program_of
from real.linter.command import main
from real.linter.fixes.calls import safe_loader, word_list
from real.linter.fixes.repair import repaired
from real.linter.fixes.source import Edit, Source
from real.linter.fixes.sql import bound
from real.linter.scanning import tool_of

RULES = ("CWE-77", "CWE-89", "CWE-347", "CWE-502")
DEFINED = "import sqlite3\ndb = sqlite3.connect('a')\n"
SQL = f"{DEFINED}name = input()\n"


def fixed(code: str) -> str | None:
    """The repaired program."""
    program = program_of("x.py", code, scan(code, select=RULES), tool_of(RULES))
    made = repaired(code, program.open, RULES)
    return made.after if made else None


def edits(repair: Callable[[Source, ast.Call], list[Edit] | None], code: str) -> list[Edit] | None:
    """What a repair offers for the last call of a program, whether the detector finds it or not."""
    source = Source(code)
    *_, last = (node for node in ast.walk(source.tree.body[-1]) if isinstance(node, ast.Expr | ast.Assign | ast.Return))
    assert isinstance(last.value, ast.Call)
    return repair(source, last.value)


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (
            "db.execute('SELECT * FROM u WHERE n = \\'' + name + '\\'')",
            'db.execute("SELECT * FROM u WHERE n = ?", (name,))',
        ),
        ("db.execute(f\"SELECT * FROM u WHERE n = '{name}'\")", 'db.execute("SELECT * FROM u WHERE n = ?", (name,))'),
        (
            "db.execute(\"SELECT 1 FROM u WHERE n = '%s'\" % name)",
            'db.execute("SELECT 1 FROM u WHERE n = ?", (name,))',
        ),
        (
            "db.execute(\"SELECT 1 FROM u WHERE n = '{}'\".format(name))",
            'db.execute("SELECT 1 FROM u WHERE n = ?", (name,))',
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


@pytest.mark.parametrize(
    "query",
    [
        "f\"SELECT 1 FROM u WHERE n = '{', '.join([name])}'\"",
        "f\"SELECT 1 FROM u WHERE n IN ('{name}')\"",
        "f\"SELECT 1 FROM u WHERE n IN ('a', '{name}')\"",
        "f\"SELECT 1 FROM u WHERE n = '{name!r}'\"",
        "f\"SELECT 1 FROM u WHERE n = '{name:>5}'\"",
        "f\"SELECT 1 FROM u WHERE n = '{name + name}'\"",
        *(f"\"SELECT 1 FROM u WHERE n = '{form}'\" % name" for form in ("%10s", "%-5s", "%.3s", "%05d", "%r")),
        "\"SELECT 1 FROM u WHERE n = '{:>5}'\".format(name)",
        "\"SELECT 1 FROM u WHERE n = '{!r}'\".format(name)",
        "\"SELECT 1 FROM u WHERE n = '{}'\".format(*[name])",
        "f\"SELECT 1 FROM u WHERE n = '{name or 'NULL'}'\"",
        "f\"SELECT 1 FROM u WHERE n = '{name if name else 'NULL'}'\"",
        'f"SELECT 1 FROM u WHERE n = {name}"',
        "'SELECT 1 FROM u WHERE id = %s' % name",
        "'SELECT 1 FROM u WHERE id = {}'.format(name)",
        "f\"SELECT 1 FROM u WHERE n = '{name}' AND id = {name}\"",
        "f\"SELECT 1 FROM '{name}'\"",
        "f\"INSERT INTO '{name}' VALUES (1)\"",
        "f\"SELECT 1 FROM u JOIN '{name}'\"",
        "f\"SELECT 1 AS '{name}' FROM u\"",
        "f\"SELECT '{name}' FROM u\"",
        "f\"SELECT n = '{name}' FROM u\"",
        "f\"SELECT 1 FROM u ORDER BY '{name}'\"",
        "f\"UPDATE '{name}' SET n = 1\"",
        "f\"SELECT 1 FROM u WHERE n = x'{name}'\"",
        "f\"SELECT 1 FROM u WHERE n ->> '{name}'\"",
        "f\"ALTER TABLE u RENAME TO '{name}'\"",
        "f\"SAVEPOINT '{name}'\"",
        "f\"PRAGMA key = '{name}'\"",
        "f\"ATTACH '{name}' AS a\"",
        "f\"CREATE VIEW w AS SELECT 1 FROM u WHERE n = '{name}'\"",
        "f\"CREATE TRIGGER t DELETE ON u BEGIN DELETE FROM v WHERE n = '{name}'; END\"",
        "f\"SELECT 1; SELECT 1 FROM u WHERE n = '{name}'\"",
        '"SELECT 1 FROM u WHERE n = \'" + name.replace("\'", "\'\'") + "\'"',
    ],
)
def test_a_statement_that_could_change_its_meaning_is_left(query: str) -> None:
    assert edits(bound, f"{SQL}db.execute({query})\n") is None


def test_the_same_is_offered_where_it_is_plain() -> None:
    assert edits(bound, f"{SQL}db.execute(f\"SELECT 1 FROM u WHERE n = '{{name}}'\")\n")
    assert edits(bound, f"{DEFINED}def f(name: str):\n    return db.execute(\"DELETE FROM u WHERE n = '%s'\" % name)\n")


@pytest.mark.parametrize(
    ("head", "query"),
    [
        ("def f(name: tuple):\n", "\"SELECT 1 FROM u WHERE n = '%s'\" % name"),
        ("def f(name):\n", "\"SELECT 1 FROM u WHERE n = '%s'\" % name"),
        ("def f(name):\n    name = name or 'NULL'\n", "f\"SELECT 1 FROM u WHERE n = '{name}'\""),
        ("def f(name):\n    name = ','.join(name)\n", "f\"SELECT 1 FROM u WHERE n = '{name}'\""),
        ('def f(name):\n    name = name.replace("\'", "\'\'")\n', "f\"SELECT 1 FROM u WHERE n = '{name}'\""),
        ("def execute(name: str):\n", "f\"SELECT 1 FROM u WHERE n = '{name}'\""),
    ],
)
def test_where_a_value_comes_from_counts(head: str, query: str) -> None:
    assert edits(bound, f"{DEFINED}{head}    return db.execute({query})\n") is None


OWN = "f\"SELECT 1 FROM u WHERE a = ? AND n = '{name}'\""
QUERY = "    q = f\"SELECT 1 FROM u WHERE n = '{name}'\"\n"


@pytest.mark.parametrize(
    ("head", "rest"),
    [
        ("", "def f(name: str):\n    global q\n" + QUERY + "    return db.execute(q)\n"),
        ("", "def f(name: str):\n" + QUERY + "    name = 'b'\n    return db.execute(q)\n"),
        ("", "def f(name: str):\n" + QUERY + "    import os as name\n    return db.execute(q)\n"),
        ('ALL = "a\'\'b".replace("\'", "\'\'")\n', "def f(name: str):\n" + QUERY + "    return db.execute(q)\n"),
        ("from app import pg\n", "def f(name: str):\n" + QUERY + "    return pg.execute(q)\n"),
        ("from app import cursor\n", "c = cursor()\ndef f(name: str):\n" + QUERY + "    return c.execute(q)\n"),
        ("", "def f(session, name: str):\n" + QUERY + "    return session.execute(q)\n"),
        ("", f"def f(name: str, d: dict):\n    return db.execute({OWN}, (d.pop('a'),))\n"),
    ],
)
def test_what_is_around_the_statement_counts(head: str, rest: str) -> None:
    assert edits(bound, f"{head}{DEFINED}{rest}") is None


def test_a_statement_put_together_on_the_line_before_is_offered() -> None:
    assert edits(bound, f"{DEFINED}def f(name: str):\n{QUERY}    return db.execute(q)\n")


VALUES = ("x", "O'Brien", "", "é", '""', "5", "x' OR '1'='1")
CONDITIONS = ("n = '{}'", "n <> '{}'", "n LIKE '%{}%'", "i = '{}'", "n == '{}' AND n NOT IN ('a')", "n = '-{}'")


@pytest.mark.parametrize("form", ["format", "f", "sum", "percent", "text"])
@pytest.mark.parametrize("condition", CONDITIONS)
def test_repaired_statements_give_the_same_rows(form: str, condition: str) -> None:
    left, right = f"SELECT id FROM u WHERE {condition} ORDER BY id".split("{}")
    query = {
        "format": f'"{left}{{}}{right}".format(name)',
        "f": f'f"{left}{{name}}{right}"',
        "sum": f'"{left}" + name + "{right}"',
        "percent": f'"{left.replace("%", "%%")}%s{right.replace("%", "%%")}" % (name,)',
        "text": f'"{left}" + str(name) + "{right}"',
    }[form]
    code = f"import sqlite3\ndef find(db, name):\n    return db.execute({query}).fetchall()\n"
    after = fixed(code)
    assert after is not None
    with sqlite3.connect(":memory:") as database:
        database.execute("CREATE TABLE u (id INTEGER PRIMARY KEY, n TEXT, i)")
        rows = [(value, value) for value in VALUES[:-1]] + [("-x", 5), (None, None)]
        database.executemany("INSERT INTO u (n, i) VALUES (?, ?)", rows)
        for value in VALUES:
            names: dict[str, dict[str, object]] = {"before": {}, "after": {}}
            exec(code, names["before"])
            exec(after, names["after"])
            rows_after = names["after"]["find"](database, value)  # type: ignore[operator]
            if "OR" in value:
                assert rows_after == [] or "<>" in condition
            elif "'" in value:  # was an error of syntax
                assert condition != "n = '{}'" or len(rows_after) == 1
            else:
                assert rows_after == names["before"]["find"](database, value)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("statement", "value"),
    [("INSERT INTO u (i, n) VALUES (1, '{name}')", "é"), ("UPDATE u SET n = '{name}' WHERE n = 'a'", '""')],
)
def test_repaired_statements_write_the_same(statement: str, value: str) -> None:
    code = f'import sqlite3\ndef put(db, name):\n    db.execute(f"{statement}")\n'
    after = fixed(code)
    assert after is not None
    written = []
    for text in (code, after):
        with sqlite3.connect(":memory:") as database:
            database.executescript("CREATE TABLE u (i, n TEXT); INSERT INTO u VALUES (1, 'a')")
            names: dict[str, object] = {}
            exec(text, names)
            names["put"](database, value)  # type: ignore[operator]
            written.append(database.execute("SELECT i, n FROM u").fetchall())
    assert written[0] == written[1]


@pytest.mark.parametrize(
    ("line", "repaired_line"),
    [
        ("f'ls {x}'", "['ls', x]"),
        ("f\"ls '{x}'\"", "['ls', x]"),
        ("'true ' + x", "['true', x]"),
        ("'ls %s' % x", "['ls', x]"),
        ("f'ls -{x}'", None),
        ("f'ls {x.upper()}'", None),
        ("f'ls {x!r}'", None),
        ("f'ls {x:>3}'", None),
        ("'ls ' + ' '.join([x])", None),
        ("f'ls {args}'", None),
        ("f'ls {many}'", None),
        ("f'ls {conf[0]}'", None),
        ("f'ls {pattern}'", None),
        *((f"f'{word} a {{x}}'", None) for word in ("ssh", "/usr/bin/ssh", "sudo -u", "env", "xargs", "docker exec")),
        *((f"f'{word} {{x}}'", None) for word in ("cd", "exit", "type", ".", "test", "[", "time", "if", "!", "read")),
    ],
)
def test_only_whole_words_of_programs_become_a_list(line: str, repaired_line: str | None) -> None:
    head = "import subprocess\nx = input()\nargs = pattern = input()\nconf = [x]\nmany = ' '.join([x])\n"
    assert (edits(word_list, f"{head}subprocess.run({line}, shell=True)\n") is None) == (repaired_line is None)
    assert fixed(f"{head}subprocess.run({line}, shell=True)\n") == (
        repaired_line and f"{head}subprocess.run({repaired_line})\n"
    )


@pytest.mark.parametrize(
    ("rest", "offered"),
    [
        ("d = yaml.load(input(), yaml.Loader)", True),
        ("d = yaml.load(input(), Loader=yaml.CLoader)", True),
        ("d = yaml.unsafe_load(input())", True),
        ("class Own(yaml.Loader):\n    pass\nd = yaml.load(input(), Loader=Own)", False),
        ("from own import Loader\nd = yaml.load(input(), Loader=Loader)", False),
        ("print(yaml.dump({'a': (1, 2)}))\nd = yaml.load(input(), Loader=yaml.Loader)", False),
        ("yaml.add_constructor('!a', print)\nd = yaml.load(input(), Loader=yaml.Loader)", False),
    ],
)
def test_only_loaders_of_yaml_itself_are_replaced(rest: str, offered: bool) -> None:
    code = f"import yaml\n{rest}\n"
    assert (edits(safe_loader, code) is not None) == (fixed(code) is not None) == offered


def test_a_beginning_that_is_compared_is_left() -> None:
    code = (
        "import hmac\nfrom flask import request\ndef f(key, data):\n    given = request.headers['X-Signature']\n"
        "    return hmac.new(key, data, 'sha256').hexdigest().startswith(given)\n"
    )
    assert scan(code, select=RULES).findings
    assert fixed(code) is None


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
            "import subprocess\nx = input()\nsubprocess.run(f'ls -l {x}', check=True, shell=True)\n",
            "import subprocess\nx = input()\nsubprocess.run(['ls', '-l', x], check=True)\n",
        ),
    ],
)
def test_single_calls(code: str, expected: str) -> None:
    assert fixed(code) == expected


def test_other_findings_stay_and_line_ends_are_kept() -> None:
    rest = "db.execute('SELECT 1 FROM ' + name)\ndb.execute(f\"SELECT 1 FROM u WHERE i = '{name}'\")\n"
    code = (SQL + rest).replace("\n", "\r\n")
    after = fixed(code)
    assert after is not None
    assert after.count("\r\n") == after.count("\n") == code.count("\n")
    assert "db.execute('SELECT 1 FROM ' + name)" in after


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = Path("app.py")
    path.write_text(SQL + "db.execute(f\"SELECT 1 FROM u WHERE i = '{name}'\")\n")
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


def test_line_ends_stay_what_they_are(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = file.read_text()
    file.write_bytes(text.replace("\n", "\r\n").encode())
    assert main(["--fix", "app.py"]) == 1
    assert capsys.readouterr().out.startswith("--- app.py")
    assert main(["--fix", "--write", "app.py"]) == 0
    after = file.read_bytes()
    assert b"(name,)" in after
    assert after.count(b"\r\n") == after.count(b"\n") == text.count("\n")


def test_what_could_not_be_written_is_not_shown(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_bytes(file.read_text().replace("\n", "\r\n", 1).encode())
    before = file.read_bytes()
    for arguments in (["--fix", "app.py"], ["--fix", "--write", "app.py"]):
        assert main(arguments) == 1
        captured = capsys.readouterr()
        assert "---" not in captured.out
        assert "repaired" not in captured.err
    assert file.read_bytes() == before


def test_what_another_file_leads_to_is_repaired(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("asking.py").write_text("import sys\nWHO = sys.argv[1]\n")
    text = "import sqlite3\nimport asking\ndb = sqlite3.connect('a')\nname = asking.WHO\n"
    file.write_text(text + "db.execute(f\"SELECT 1 FROM u WHERE i = '{name}'\")\n")
    assert main(["app.py"]) == 0
    assert main(["."]) == 1
    assert main(["--fix", "--write", "."]) == 0
    assert "WHERE i = ?" in file.read_text()
    capsys.readouterr()


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
