"""Code in a literal is code of the program; what else is made of text hides things, and no more than that line."""

import pytest

from real.detector import scan

FUNCTION = "import cProfile, re, sys, timeit\n\n\ndef double(x):\n    return 2 * x\n\n\n"


@pytest.mark.parametrize(
    "line",
    [
        "exec('print(double(3))')",
        "exec('a = 1; print(a)', globals())",
        "print(eval('double(3) + 1'))",
        "print(eval(compile('1 + 2', '<text>', 'eval')))",
        "CODE = compile('1 + 2', '<text>', 'eval')\nprint(eval(CODE))",
        "print(timeit.timeit(lambda: double(3), number=9))",
        "print(timeit.timeit(double))",
        "print(timeit.timeit('double(3)', setup='from __main__ import double', number=9))",
        "print(timeit.repeat('double(3)', globals=globals()))",
        "cProfile.run('double(3)')",
        "Missing = type('Missing', (), {'__repr__': lambda self: 'missing'})",
        "print(double.__code__.co_name)",
        "print(sys.modules['re'])",
    ],
)
def test_a_literal_hides_nothing(line: str) -> None:
    assert scan(f"{FUNCTION}{line}\n").status.value == "clean"


@pytest.mark.parametrize(
    "line", ["exec('import os; os.system(x)')", "eval('__import__(\"os\").system(x)')", "timeit.timeit('os.system(x)')"]
)
def test_what_a_literal_does_is_found(line: str) -> None:
    assert "CWE-77" in {finding.rule for finding in scan(f"import os, timeit\nx = input()\n{line}\n").findings}


HIDING = ["exec(open('a.py').read())", "import marshal\nmarshal.loads(open('a').read())", "f.__code__ = g.__code__"]


@pytest.mark.parametrize("line", HIDING)
def test_what_hides_code_is_partial_and_hides_no_finding(line: str) -> None:
    code = f"def f():\n    pass\ndef g():\n    pass\n{line}\n"
    assert scan(code).status.value == "partial"
    assert scan(f"{code}import os\ndef run(x):\n    os.system(x)\n").status.value == "findings"


GUARDED = "import re\n\n\ndef compute(text):\n    if not re.fullmatch(r'[0-9+*]+', text):\n        raise ValueError\n"


@pytest.mark.parametrize(
    "example",
    [
        "",
        "print(compute('1+2'))",
        "def main():\n    print(compute('1+2'))\nmain()",
        "def show(text):\n    print(compute(text))",
        "import unittest\nclass T(unittest.TestCase):\n    def test_it(self):\n        assert compute('1')",
        "list(map(compute, ['1', '2']))",
    ],
)
def test_a_program_that_is_right_stays_so_with_an_example(example: str) -> None:
    assert scan(f"{GUARDED}    return eval(text)\n\n\n{example}\n").status.value == "clean"
    assert scan(f"{GUARDED.replace('not', '')}    return eval(text)\n\n\n{example}\n").status.value == "findings"
