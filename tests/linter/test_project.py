"""Whole projects: what a file imports from others that are scanned is followed, whichever way it is written."""

import json
from pathlib import Path
from typing import Any

import pytest

from real.detector import engine
from real.detector.frontend.linking.modules import Module
from real.linter.command import main
from real.types import Analysis, AnalysisStatus

DB = 'import sqlite3\nTABLE = "users"\n\n\ndef run_query(sql):\n    return sqlite3.connect("x.db").execute(sql)\n'
CHECKS = """import re


def is_number(text):
    return re.fullmatch(r"[0-9]{1,9}", text) is not None


def check(text):
    if not re.fullmatch(r"[a-z]{1,9}", text):
        raise ValueError(text)


def looks_checked(text):
    print(text)
    return True


def trimmed(text):
    return text.strip()


def as_number(text):
    return int(text)
"""
HEAD = 'from flask import Flask, request\nfrom {}\napp = Flask(__name__)\n\n\n@app.route("/")\ndef show():\n'


class Folder:
    """A project on disk, and what the command says of it."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.root, self.capsys = root, capsys

    def write(self, **files: str) -> None:
        """Files by their names, with ``__`` for the slash, without the ending."""
        for name, text in files.items():
            path = self.root / (name.replace("__", "/") + ".py")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def package(self, **files: str) -> None:
        """The same in a package ``shop``."""
        (self.root / "shop").mkdir(exist_ok=True)
        (self.root / "shop" / "__init__.py").touch()
        self.write(**{f"shop__{name}": text for name, text in files.items()})

    def scan(self, *options: str) -> dict[str, list[dict[str, Any]]]:
        """By the name of each file its findings."""
        main(["--isolated", "--format", "json", *options, str(self.root)])
        shown = json.loads(self.capsys.readouterr().out)
        assert all(program["status"] in ("clean", "findings") for program in shown)
        paths = [program["path"] for program in shown]
        assert len(paths) == len(set(paths))
        return {Path(program["path"]).name: program["findings"] for program in shown if program["findings"]}

    def places(self, *options: str) -> list[tuple[str, str, int]]:
        """File, rule and line of each finding."""
        found = self.scan(*options)
        return sorted((name, one["cwe"], one["line"]) for name, all_ in found.items() for one in all_)


@pytest.fixture
def folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Folder:
    return Folder(tmp_path, capsys)


def page(imports: str, *body: str) -> str:
    return HEAD.format(imports) + "".join(f"    {line}\n" for line in body)


# --- sinks in another file --------------------------------------------------------------------------------------------

QUERY = "\"SELECT name FROM t WHERE id = '\" + request.args['id'] + \"'\""
STYLES = {
    "name": (".db import run_query", f"run_query({QUERY})"),
    "alias": (".db import run_query as ask", f"ask({QUERY})"),
    "module": (". import db", f"db.run_query({QUERY})"),
    "module, renamed": ("shop import db as base", f"base.run_query({QUERY})"),
    "absolute": ("shop.db import run_query", f"run_query({QUERY})"),
    "re-exported": (".all import run_query", f"run_query({QUERY})"),
    "all names": (".all import *", f"run_query({QUERY})"),
    "keyword": (".db import run_query", f"run_query(sql={QUERY})"),
}


@pytest.mark.parametrize("style", STYLES)
def test_a_sink_of_a_wrapper_is_found_there_once_with_the_callers_source(folder: Folder, style: str) -> None:
    imports, call = STYLES[style]
    folder.package(db=DB, web=page(imports, f"{call}", "return ''"), all="from .db import run_query\n")
    found = folder.scan()
    assert list(found) == ["db.py"]
    (finding,) = found["db.py"]
    assert (finding["cwe"], finding["line"], finding["confidence"]) == ("CWE-89", 6, "high")
    first, *_, last = finding["trace"]
    assert Path(first["path"]).name == "web.py"
    assert first["line"] == 8
    assert (last["line"], "path" in last) == (6, False)
    assert folder.places("--no-project") == []


def test_several_callers_are_one_finding(folder: Folder) -> None:
    first = page(".db import run_query", f"run_query({QUERY})", "return ''")
    folder.package(db=DB, one=first, two=first, three="from .two import show\n")
    assert folder.places() == [("db.py", "CWE-89", 6)]
    assert folder.places("--jobs", "2") == [("db.py", "CWE-89", 6)]


def test_an_import_inside_a_function_and_one_inside_the_wrapper(folder: Folder) -> None:
    wrapper = "def ask(sql):\n    from .db import run_query\n    return run_query(sql)\n"
    body = ("from .wrapper import ask", f"ask({QUERY})", "return ''")
    folder.package(db=DB, wrapper=wrapper, web=page("flask import g", *body))
    assert folder.places() == [("db.py", "CWE-89", 6)]


def test_a_method_of_an_object_of_another_file(folder: Folder) -> None:
    store = (
        "import sqlite3\n\n\nclass Store:\n    def __init__(self, path):\n        self.db = sqlite3.connect(path)\n\n"
        "    def find(self, text):\n        return self.db.execute(text)\n"
    )
    folder.package(store=store, web=page(".store import Store", f"Store('x').find({QUERY})", "return ''"))
    assert folder.places() == [("store.py", "CWE-89", 9)]


def test_a_source_in_another_file(folder: Folder) -> None:
    asked = "from flask import request\n\n\ndef wanted():\n    return request.args['id']\n"
    body = ("sqlite3.connect('x').execute(\"SELECT a FROM t WHERE i = '\" + wanted() + \"'\")", "return ''")
    folder.package(asked=asked, web="import sqlite3\n" + page(".asked import wanted", *body))
    (finding,) = folder.scan()["web.py"]
    assert [Path(step["path"]).name for step in finding["trace"] if "path" in step] == ["asked.py"]


# --- checks in another file -------------------------------------------------------------------------------------------


def checked(*lines: str) -> str:
    """A page that does something to ``value`` before it stands in a statement."""
    sql = "sqlite3.connect('x').execute(\"SELECT a FROM t WHERE i = '\" + value + \"'\")"
    imports = ".checks import is_number, check, looks_checked, trimmed"
    return "import sqlite3\n" + page(imports, "value = request.args['id']", *lines, sql, "return ''")


@pytest.mark.parametrize("lines", [("if not is_number(value): return ''",), ("check(value)",)])
def test_a_real_check_silences(folder: Folder, lines: tuple[str, ...]) -> None:
    folder.package(checks=CHECKS, web=checked(*lines))
    assert folder.places() == []
    assert [name for name, *_ in folder.places("--no-project")] == ["web.py"]


@pytest.mark.parametrize("lines", [("if not looks_checked(value): return ''",), ("value = trimmed(value)",)])
def test_what_only_looks_like_a_check_does_not(folder: Folder, lines: tuple[str, ...]) -> None:
    folder.package(checks=CHECKS, web=checked(*lines))
    assert [(name, rule) for name, rule, _ in folder.places()] == [("web.py", "CWE-89")]


def test_a_conversion(folder: Folder) -> None:
    sql = "sqlite3.connect('x').execute('SELECT a FROM t WHERE i = %s' % as_number(request.args['id']))"
    folder.package(checks=CHECKS, web="import sqlite3\n" + page(".checks import as_number", sql, "return ''"))
    assert folder.places() == []


# --- constants and classes --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("pattern", "count"), [("[0-9]{1,9}", 0), (".*", 1)])
def test_a_constant_is_one(folder: Folder, pattern: str, count: int) -> None:
    sql = "sqlite3.connect('x').execute(\"SELECT a FROM t WHERE i = '\" + value + \"'\")"
    test = "if not re.fullmatch(PATTERN, value): return ''"
    body = ("value = request.args['t']", test, sql, "return ''")
    web = "import re\nimport sqlite3\n" + page(".names import PATTERN", *body)
    folder.package(names=f'PATTERN = r"{pattern}"\n', web=web)
    assert len(folder.places()) == count


def test_what_a_base_class_holds_and_does(folder: Folder) -> None:
    base = (
        "import os\n\n\nclass Job:\n    def __init__(self, what):\n        self.what = what\n\n"
        "    def go(self):\n        os.system(self.line())\n\n    def line(self):\n        return 'true'\n"
    )
    web = (
        "import shlex\nfrom flask import Flask, request\nfrom .base import Job\napp = Flask(__name__)\n\n\n"
        "class Open(Job):\n    def line(self):\n        return 'ls ' + self.what\n\n\n"
        "class Shut(Job):\n    def line(self):\n        return 'ls ' + shlex.quote(self.what)\n\n\n"
        "@app.route('/')\ndef show():\n    {}(request.args['x']).go()\n    return ''\n"
    )
    folder.package(base=base, web=web.format("Open"))
    assert ("base.py", "CWE-77", 9) in folder.places()
    folder.package(base=base, web=web.format("Shut"))
    assert folder.places() == []


# --- names ------------------------------------------------------------------------------------------------------------


def test_names_of_two_files_do_not_meet(folder: Folder) -> None:
    """The file's own ``clean`` and ``open`` are others than those of the file that it imports from."""
    other = "def clean(text):\n    return int(text)\n\n\ndef number(text):\n    return clean(text)\n"
    body = (
        "sqlite3.connect('x').execute('SELECT ' + clean(request.args['a']))",
        "sqlite3.connect('x').execute('SELECT %s' % number(request.args['b']))",
        "return ''",
    )
    own = "import sqlite3\n\n\ndef clean(text):\n    return text\n\n\n"
    folder.package(other=other, web=own + page(".other import number", *body))
    assert [(name, rule) for name, rule, _ in folder.places()] == [("web.py", "CWE-89")]
    (finding,) = folder.scan()["web.py"]
    assert "request" in finding["trace"][0]["note"]
    assert finding["line"] == 15


def test_files_that_import_each_other(folder: Folder) -> None:
    one = "from .two import second\n\n\ndef first(sql, n):\n    return second(sql, n - 1)\n"
    two = (
        "import sqlite3\nfrom .one import first\n\n\ndef second(sql, n):\n"
        "    return first(sql, n) if n else sqlite3.connect('x').execute(sql)\n"
    )
    folder.package(one=one, two=two, web=page(".one import first", f"first({QUERY}, 3)", "return ''"))
    assert folder.places() == [("two.py", "CWE-89", 6)]


def test_files_that_take_all_names_of_each_other(folder: Folder) -> None:
    names = [f"m{number}" for number in range(12)]
    stars = "".join(f"from .{name} import *\n" for name in names)
    folder.package(**dict.fromkeys(names, stars), db=DB, web=page(".m0 import nothing", "nothing()", "return ''"))
    assert folder.places() == []
    folder.package(
        m7="from .db import run_query\n", web=page(".m0 import run_query", f"run_query({QUERY})", "return ''")
    )
    assert folder.places() == [("db.py", "CWE-89", 6)]


def test_the_library_keeps_its_name_and_folders_without_a_package_are_roots(folder: Folder) -> None:
    folder.write(
        json="def loads(text):\n    return 1\n",
        src__helpers=DB,
        src__web=page("helpers import run_query", f"run_query({QUERY})", "return ''"),
    )
    assert folder.places() == [("helpers.py", "CWE-89", 6)]


# --- options ----------------------------------------------------------------------------------------------------------


VALID = """import string

LETTERS = set(string.ascii_letters + "_")


def check_name(name):
    if not all(letter in LETTERS for letter in name):
        raise ValueError(name)
"""


@pytest.mark.parametrize(("check", "count"), [("check_name(name)", 0), ("print(name)", 1)])
def test_checks_of_other_files_count_too_where_only_callers_bring_data(folder: Folder, check: str, count: int) -> None:
    begin = f"from .valid import check_name\n\n\ndef begin(connection, name):\n    {check}\n"
    folder.package(valid=VALID, point=begin + "    connection.execute(f'SAVEPOINT {name}')\n")
    assert len(folder.places("--profile", "library", "--select", "89")) == count


@pytest.mark.parametrize(
    "compat",
    [
        "import pickle\n",
        "try:\n    import pickle5 as pickle\nexcept ImportError:\n    import pickle\n",
        "import sys\nif sys.version_info[0] > 2:\n    try:\n        import pickle5 as pickle\n"
        "    except ImportError:\n        import pickle\nelse:\n    import cPickle as pickle\n",
    ],
)
@pytest.mark.parametrize("library", ["shop", "numpy"])
def test_a_name_of_the_library_that_another_file_hands_on(folder: Folder, compat: str, library: str) -> None:
    """Also inside a library of which there is a model: what the model does not describe is looked for."""
    load = f"from {library}.compat.names import pickle\n\n\ndef load(file):\n    return pickle.load(file)\n"
    folder.write(**{f"{library}__compat__names": compat, f"{library}__files": load})
    for package in (library, f"{library}/compat"):
        (folder.root / package / "__init__.py").touch()
    assert folder.places("--profile", "library") == [("files.py", "CWE-502", 5)]


def test_the_profile_of_the_reward_looks_at_one_program(folder: Folder) -> None:
    folder.package(checks=CHECKS, web=checked("check(value)"))
    assert folder.places("--profile", "reward") == folder.places("--profile", "reward", "--no-project")
    assert folder.places("--profile", "reward") != folder.places("--min-confidence", "low")


def test_a_comment_in_the_file_of_the_sink_holds(folder: Folder) -> None:
    db = DB.replace("execute(sql)", "execute(sql)  # real: ignore[CWE-89] statements are ours")
    folder.package(db=db, web=page(".db import run_query", f"run_query({QUERY})", "return ''"))
    assert folder.places() == []


def test_a_baseline_knows_it(folder: Folder, tmp_path: Path) -> None:
    folder.package(db=DB, web=page(".db import run_query", f"run_query({QUERY})", "return ''"))
    known = str(tmp_path / "known.json")
    assert main(["--isolated", "--write-baseline", known, str(folder.root)]) == 0
    folder.capsys.readouterr()
    assert folder.places("--baseline", known) == []


def test_text_names_the_files(folder: Folder) -> None:
    folder.package(db=DB, web=page(".db import run_query", f"run_query({QUERY})", "return ''"))
    assert main(["--isolated", str(folder.root)]) == 1
    shown = folder.capsys.readouterr().out
    assert f"{folder.root / 'shop' / 'db.py'}:6:12: CWE-89" in shown
    assert f"in {folder.root / 'shop' / 'web.py'}" in shown
    assert "1 with findings (1)" in shown


def test_what_is_too_much_together_is_analysed_alone(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    from real.detector import engine
    from real.detector.limits import BudgetExceededError

    real_report = vars(engine)["report"]

    def report(solver: Any, *rest: Any) -> Any:
        if solver.state.program.files:
            raise BudgetExceededError("too much")
        return real_report(solver, *rest)

    monkeypatch.setattr(engine, "report", report)
    folder.package(checks=CHECKS, web=checked("check(value)"))
    assert folder.places("--jobs", "1") == folder.places("--no-project", "--jobs", "1")


def test_what_is_too_much_with_its_project_is_analysed_alone_and_says_so(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder.package(db=DB, web=page(".db import run_query", "return run_query(request.args['q'])"))
    real = engine._contained

    def contained(*args: Any, module: Module | None = None, **named: Any) -> Analysis:
        if module is not None and module.path.endswith("web.py"):
            return Analysis(AnalysisStatus.UNANALYZABLE, reason="the program is too large")
        return real(*args, module=module, **named)

    monkeypatch.setattr(engine, "_contained", contained)
    main(["--isolated", "--jobs", "1", str(folder.root)])
    told = capsys.readouterr().err
    assert "web.py: note: analysed without what it imports from its project: the program is too large" in told
