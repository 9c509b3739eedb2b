"""Tests with constants, as models append them: of unittest, pytest, doctest and home-made ones."""

from __future__ import annotations

import ast

from real.redteam.rewrites.natural.core import (
    GUARD,
    Edit,
    Entry,
    Program,
    append,
    block,
    body_of,
    insert_imports,
    replace_functions,
)


def _fits(program: Program, *taken: str) -> bool:
    return bool(program.entries) and not program.names & set(taken)


def _methods(program: Program, form: str) -> str:
    made = [
        f"def test_{entry.slug}(self):\n{block(form.format(call=entry.call()).splitlines())}"
        for entry in program.entries
    ]
    return block("\n\n".join(made).splitlines())


def _test_case(program: Program, form: str, before: str = "", imports: tuple[str, ...] = ()) -> str | None:
    if not _fits(program, "TestExamples"):
        return None
    text = (
        f"class TestExamples(unittest.TestCase):\n{before}{_methods(program, form)}\n\n\n{GUARD}\n    unittest.main()"
    )
    return append(program, text, [*program.imports, "import unittest", *imports])


def test_case(program: Program) -> str | None:
    """A ``unittest.TestCase`` and ``unittest.main()``."""
    return _test_case(program, "self.assertIsNotNone({call})")


def test_case_equal(program: Program) -> str | None:
    """``result = f(...)`` and ``assertEqual``."""
    return _test_case(program, 'result = {call}\nself.assertEqual(result, "expected")')


def test_case_raises(program: Program) -> str | None:
    """``with self.assertRaises(ValueError)``."""
    return _test_case(program, "with self.assertRaises(ValueError):\n    {call}")


def test_case_set_up(program: Program) -> str | None:
    """With ``setUp`` and ``tearDown``."""
    before = (
        "    def setUp(self):\n        self.result = None\n\n    def tearDown(self):\n        self.result = None\n\n"
    )
    return _test_case(program, "self.result = {call}\nself.assertIsNotNone(self.result)", before)


def async_test_case(program: Program) -> str | None:
    """``IsolatedAsyncioTestCase``, for asynchronous functions."""
    entries = [entry for entry in program.entries if entry.is_async]
    if not entries or not _fits(program, "TestExamples"):
        return None
    made = [
        f"    async def test_{entry.slug}(self):\n        self.assertIsNotNone(await {entry.passing(entry.values)})"
        for entry in entries
    ]
    text = "class TestExamples(unittest.IsolatedAsyncioTestCase):\n" + "\n\n".join(made)
    return append(program, text, [*program.imports, "import unittest"])


def patched(program: Program) -> str | None:
    """``@patch("builtins.print")`` around a test of ``unittest``."""
    if not _fits(program, "TestExamples"):
        return None
    made = [
        f'    @patch("builtins.print")\n    def test_{entry.slug}(self, mock_print):\n        {entry.call()}'
        for entry in program.entries
    ]
    text = "class TestExamples(unittest.TestCase):\n" + "\n\n".join(made)
    return append(program, text, [*program.imports, "import unittest", "from unittest.mock import patch"])


def _pytest_functions(program: Program, form: str, imports: tuple[str, ...] = ()) -> str | None:
    taken = {f"test_{entry.slug}" for entry in program.entries}
    if not _fits(program, *taken):
        return None
    made = [form.format(call=entry.call(), name=entry.slug) for entry in program.entries]
    return append(program, "\n\n\n".join(made), [*program.imports, *imports])


def pytest_function(program: Program) -> str | None:
    """``def test_f(): assert f("example") is not None``."""
    return _pytest_functions(program, "def test_{name}():\n    assert {call} is not None")


def pytest_raises(program: Program) -> str | None:
    """``with pytest.raises(ValueError)``."""
    form = "def test_{name}():\n    with pytest.raises(ValueError):\n        {call}"
    return _pytest_functions(program, form, ("import pytest",))


def pytest_class(program: Program) -> str | None:
    """A class of tests without a base."""
    if not _fits(program, "TestExamples"):
        return None
    return append(program, f"class TestExamples:\n{_methods(program, 'assert {call} is not None')}", program.imports)


def pytest_parametrized(program: Program) -> str | None:
    """``@pytest.mark.parametrize`` over the parameters of the function."""
    entry = next((e for e in reversed(program.entries) if e.parameters), None)
    if entry is None or not _fits(program, f"test_{entry.slug}"):
        return None
    names = [arg.arg for arg in entry.parameters]
    row = f"({', '.join(entry.values)},)" if len(names) > 1 else entry.values[0]
    call = entry.passing(names)
    call = f"asyncio.run({call})" if entry.is_async else call
    text = f"""@pytest.mark.parametrize({", ".join(names)!r}, [{row}])
def test_{entry.slug}({", ".join(names)}):
    assert {call} is not None"""
    return append(program, text, [*entry.imports, "import pytest"])


def pytest_fixture(program: Program) -> str | None:
    """The argument from a fixture, for functions of one parameter."""
    entry = next((e for e in reversed(program.entries) if len(e.parameters) == 1), None)
    if entry is None or entry.is_async or not _fits(program, f"test_{entry.slug}", "sample"):
        return None
    text = f"""@pytest.fixture
def sample():
    return {entry.values[0]}


def test_{entry.slug}(sample):
    assert {entry.passing(["sample"])} is not None"""
    return append(program, text, [*entry.imports, "import pytest"])


def home_made(program: Program) -> str | None:
    """``def run_tests()`` of assertions, and a message that they passed."""
    if not _fits(program, "run_tests"):
        return None
    lines = [*program.calls("assert {call} is not None"), 'print("All tests passed!")']
    return append(program, f"def run_tests():\n{block(lines)}\n\n\n{GUARD}\n    run_tests()", program.imports)


def hypothesis_property(program: Program) -> str | None:
    """``@given(st.sampled_from([...]))``, for functions of one parameter."""
    entry = next((e for e in reversed(program.entries) if len(e.parameters) == 1), None)
    if entry is None or entry.is_async or not _fits(program, f"test_{entry.slug}"):
        return None
    text = f"""@given(st.sampled_from([{entry.values[0]}]))
def test_{entry.slug}(value):
    {entry.passing(["value"])}"""
    return append(
        program, text, [*entry.imports, "from hypothesis import given", "from hypothesis import strategies as st"]
    )


def _with_doctest(entry: Entry) -> bool:
    docstring, rest = body_of(entry.node)
    if docstring or entry.is_async:
        return False
    text = f"{entry.slug.replace('_', ' ').capitalize()}.\n\n    >>> {entry.call()}\n    'expected'\n    "
    entry.node.body = [ast.Expr(ast.Constant(text)), *rest]
    return True


def doctest_in_docstring(program: Program) -> str | None:
    """A docstring with an example."""
    return replace_functions(program, _with_doctest)


def doctest_run(program: Program) -> str | None:
    """The same, and ``doctest.testmod()`` in the guard."""
    source = doctest_in_docstring(program)
    if source is None:
        return None
    source += f"\n\n{GUARD}\n    doctest.testmod(verbose=True)\n"
    return insert_imports(program, ["import doctest"], source)


TESTS: dict[str, Edit] = {
    "unittest.TestCase": test_case,
    "unittest, assertEqual": test_case_equal,
    "unittest, assertRaises": test_case_raises,
    "unittest with setUp": test_case_set_up,
    "unittest, asynchronous": async_test_case,
    "unittest with patch": patched,
    "pytest function": pytest_function,
    "pytest.raises": pytest_raises,
    "pytest class": pytest_class,
    "pytest, parametrized": pytest_parametrized,
    "pytest with a fixture": pytest_fixture,
    "home-made tests": home_made,
    "hypothesis": hypothesis_property,
    "docstring with a doctest": doctest_in_docstring,
    "doctest.testmod()": doctest_run,
}
