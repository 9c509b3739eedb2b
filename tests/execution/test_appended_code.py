"""What follows the functions of an answer when its tests run: example calls, main blocks, tests, prompts.

A function that is called is imported, as ``import program`` would: a main block does not run, everything else at the
top level does. What then goes wrong is the program's doing (it waits for input that an import has not, it ends the
process, it never ends), and what it prints is no result. A script is run as ``python program.py``: its main block runs,
and all that it prints counts.
"""

from __future__ import annotations

import pytest

from real.execution import Pool
from real.types import (
    CallCase,
    CallSuite,
    ExecutionRequest,
    Limits,
    LiteralCase,
    LiteralSuite,
    ScriptSuite,
    StdinCase,
    Suite,
)

FUNCTION = "def double(x: int) -> int:\n    return 2 * x\n\n\n"
CALLS = CallSuite("double", (CallCase(6, (3,)), CallCase(0, (0,))))
LITERALS = LiteralSuite("double", (LiteralCase("{'x': 3}", "6"), LiteralCase("(0,)", "0")))
GUARD = 'if __name__ == "__main__":\n    '

HARMLESS = {
    "guarded input": GUARD + "print(double(int(input())))\n",
    "guarded exit": "import sys\n\n" + GUARD + "sys.exit(double(1))\n",
    "guarded endless loop": GUARD + "while True:\n        print(double(int(input('> '))))\n",
    "guarded unittest.main()": "import unittest\n\n\nclass TestDouble(unittest.TestCase):\n"
    "    def test(self) -> None:\n        self.assertEqual(double(1), 2)\n\n\n" + GUARD + "unittest.main()\n",
    "guarded argparse": "import argparse\n\n" + GUARD + "argparse.ArgumentParser().parse_args(['--wrong'])\n",
    "guarded doctest": "import doctest\n\n" + GUARD + "doctest.testmod()\n",
    "print": "print(double(1))\nprint('Done.')\n",
    "much output": "for i in range(500):\n    print(double(i))\n",
    "print to stderr": "import sys\n\nprint(double(1), file=sys.stderr)\n",
    "right assertion": "assert double(1) == 2\n",
    "test of pytest": "def test_double() -> None:\n    assert double(1) == 3\n",
    "asyncio": "import asyncio\n\n\nasync def main() -> None:\n    print(double(1))\n\n\nasyncio.run(main())\n",
    "thread": "import threading\n\nthread = threading.Thread(target=double, args=(1,))\nthread.start()\n",
    "timeit": "import timeit\n\nprint(timeit.timeit(lambda: double(1), number=10))\n",
    "input that is caught": "try:\n    print(double(int(input())))\nexcept EOFError:\n    pass\n",
    "variables": "x = 5\nresult = double(x)\n",
    "another function": "def quadruple(x: int) -> int:\n    return double(double(x))\n",
}
# The function itself is right, and importing the program fails or never ends: (code, status).
HARMFUL = {
    "input": ("print(double(int(input('x: '))))\n", "error"),
    "exit": ("import sys\n\nprint(double(1))\nsys.exit(0)\n", "error"),
    "unittest.main()": ("import unittest\n\nunittest.main()\n", "error"),
    "wrong assertion": ("assert double(1) == 3\n", "error"),
    "wrong name": ("print(duoble(1))\n", "error"),
    "endless loop": ("while True:\n    double(1)\n", "timeout"),
    "bound to another": ("double = lambda x: x + 1\n", "wrong"),
}


def statuses(pool: Pool, code: str, suite: Suite) -> set[str]:
    (result,) = pool.run([ExecutionRequest("job", code, suite, Limits(cpu_s=1.0))])
    assert len(result.outcomes) == len(suite.cases)
    return {outcome.status.value for outcome in result.outcomes}


@pytest.mark.parametrize("name", HARMLESS)
@pytest.mark.parametrize("suite", [CALLS, LITERALS], ids=["calls", "literals"])
def test_a_right_function_passes_whatever_harmless_follows(name: str, suite: Suite, pool: Pool) -> None:
    assert statuses(pool, FUNCTION + HARMLESS[name], suite) == {"pass"}


@pytest.mark.parametrize("name", HARMFUL)
@pytest.mark.parametrize("suite", [CALLS, LITERALS], ids=["calls", "literals"])
def test_a_program_that_cannot_be_imported_fails(name: str, suite: Suite, pool: Pool) -> None:
    code, status = HARMFUL[name]
    assert statuses(pool, FUNCTION + code, suite) == {status}


SCRIPT = ScriptSuite((StdinCase("3\n", "6"),))
FAILING_TEST = """
import unittest


class TestDouble(unittest.TestCase):
    def test(self) -> None:
        self.assertEqual(double(1), 3)


unittest.main()
"""
READ = "print(double(int(input())))\n"


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (FUNCTION + GUARD + READ, "pass"),
        (FUNCTION + "def main() -> None:\n    " + READ + "\n\nif __name__ == '__main__':\n    main()\n", "pass"),
        (FUNCTION + READ + "import sys\n\nsys.exit()\n", "pass"),
        (FUNCTION + READ + "def test_double() -> None:\n    assert double(1) == 3\n", "pass"),
        (FUNCTION + READ + "assert double(1) == 2\n", "pass"),
        (FUNCTION + READ + "import sys\n\nprint('done', file=sys.stderr)\n", "pass"),
        (FUNCTION + READ + "print(double(1))\n", "wrong"),  # an example's output is output
        (FUNCTION + READ + "print('Done.')\n", "wrong"),
        (FUNCTION + READ + "print(double(int(input())))\n", "error"),  # more input than there is
        (FUNCTION + READ + "import unittest\n\nunittest.main()\n", "pass"),  # reports to stderr
        (FUNCTION + READ + FAILING_TEST, "error"),  # ends with the status of a failed run
        (FUNCTION, "wrong"),  # defines a function and prints nothing
    ],
)
def test_all_that_a_script_prints_counts(code: str, status: str, pool: Pool) -> None:
    assert statuses(pool, code, SCRIPT) == {status}
