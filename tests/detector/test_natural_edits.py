"""Natural edits are valid Python, fit many programs, and pass plausible constants."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from real.redteam.rewrites.natural import EDITS, KINDS, edited, program
from real.redteam.rewrites.natural.arguments import constant

FIXTURES = Path(__file__).parent.parent / "fixtures"
FILES = sorted([*(FIXTURES / "detector").rglob("*.py"), *(FIXTURES / "pairs").rglob("*.py")])
# An application, an asynchronous function and a class: what some edits need.
OWN = ["import flask\napp = flask.Flask(__name__)\n", "async def fetch(url: str):\n    return url\n"]


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_fits_programs_and_gives_valid_python(name: str) -> None:
    codes = [*OWN, *(path.read_text() for path in FILES[::40])]
    made = [(code, edited(EDITS[name], code)) for code in codes]
    assert any(text is not None and text != code for code, text in made)


def test_every_edit_has_a_kind_and_a_docstring() -> None:
    assert KINDS.keys() == EDITS.keys()
    assert len(EDITS) > 60


def test_what_a_program_is_about() -> None:
    source = """
import os

def helper(a):
    return a

def lookup(user_id: int, name="x"):
    return helper(name)

class Store:
    def __init__(self, path):
        self.path = path

    def _private(self):
        return 1

    def read(self, key, *, binary: bool):
        return self._private()

class Page(Base):
    def get(self): ...
"""
    assert [entry.call() for entry in program(source).entries] == [
        "lookup(1)",
        'Store("report.txt").read("c2lnbmF0dXJl", binary=True)',
    ]
    assert [entry.name for entry in program(source, ["helper"]).entries] == ["helper"]


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("user_id: int", "1"),
        ("user_id: str", '"example"'),
        ("feed_url", '"https://example.com/items"'),
        ("data: bytes", 'b"example"'),
        ("changes: dict", '{"name": "alice"}'),
        ("changes: dict[str, Any]", '{"name": "alice"}'),
        ("changes: dict[str, int]", '{"example": 1}'),
        ("numbers: Optional[List[int]]", "[1, 1]"),
        ("point: tuple[float, float]", "(9.5, 9.5,)"),
        ("names: list[str] | None", '["example", "example"]'),
        ("names: 'Optional[list]'", '["a", "b"]'),
        ("conn", "MagicMock()"),
        ("request: HttpRequest", "MagicMock()"),
        ("callback: Callable[[int], int]", "print"),
        ("x", '"example"'),
    ],
)
def test_constants_for_parameters(parameter: str, value: str) -> None:
    function = ast.parse(f"def f({parameter}): ...").body[0]
    assert isinstance(function, ast.FunctionDef)
    assert constant(function.args.args[0]) == value


def test_a_taken_name_is_not_bound_again() -> None:
    source = "def main(x):\n    return x\n\n\ndef f(x):\n    return x\n"
    assert edited(EDITS["demo in main()"], source) is None
    assert edited(EDITS["demo, benchmark loop"], source.replace("main", "time")) is None


def test_the_text_of_the_program_stays() -> None:
    source = '"""Doc."""\nfrom __future__ import annotations\nimport os\n\ndef f(x):  # a comment\n    return x\n'
    text = edited(EDITS["unittest.TestCase"], source)
    assert text is not None
    assert "# a comment" in text
    assert text.index("__future__") < text.index("import unittest") < text.index("def f")


@pytest.mark.slow
@pytest.mark.parametrize("name", EDITS)
def test_an_edited_program_runs(name: str, tmp_path: Path) -> None:
    """Whatever an edit adds is bound, imported and called as it has to be; a test that it adds may fail."""
    source = "def shout(text: str) -> str:\n    return text.upper()\n"
    text = edited(EDITS[name], source)
    if text is None:
        text = edited(EDITS[name], "async def fetch(url: str) -> str:\n    return url\n")
    if text is None:  # for applications of a framework
        assert name == "Flask test client"
        return
    (tmp_path / "program.py").write_text(text)
    command = [sys.executable, "program.py"]
    done = subprocess.run(command, cwd=tmp_path, input="a\n\n", capture_output=True, text=True, timeout=60)
    broken = ("NameError", "ImportError", "ModuleNotFoundError", "TypeError", "AttributeError", "SyntaxError")
    assert not any(word in done.stderr for word in broken), done.stderr
