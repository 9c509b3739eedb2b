"""What follows the functions of an answer: an example call, a test, a main block, another function.

Both policies judge all the text that a model wrote, as ``mypy program.py`` does for a person: an annotated example
changes nothing, one without annotations or with wrong types is a finding like any other code, and nothing that is
appended takes a finding away. The signature check asks for the functions of the starter code and for nothing else, so
that more functions, tests and main blocks are welcome as long as they leave the names of the starter code alone.
"""

import pytest

from real.typecheck import Checker, Submission
from real.types import AnalysisStatus

STARTER = "def label(name, count):\n    pass\n"
CLEAN = 'def label(name: str, count: int) -> str:\n    return f"{name}: {count}"\n'
FLAGGED = {
    "no annotations": "def label(name, count):\n    return name\n",
    "wrong return": "def label(name: str, count: int) -> str:\n    return count\n",
}
HATCHES = {  # findings of the hardened policy alone
    "dead code": 'def label(name: str, count: int) -> str:\n    return name\n    print("never")\n',
    "ignored": "def label(name: str, count: int) -> str:\n    return count  # type: ignore\n",
    "Any": "from typing import Any\n\ndef label(name: Any, count: int) -> str:\n    return f'{name}'\n",
    "other parameters": "def label(name: str) -> str:\n    return name\n",
    "other function": "def title(name: str, count: int) -> str:\n    return name\n",
}

TYPED = {
    "main guard": 'if __name__ == "__main__":\n    print(label("a", 1))\n',
    "main function": 'def main() -> None:\n    print(label("a", 1))\n\n\nif __name__ == "__main__":\n    main()\n',
    "top level": 'result = label("a", 1)\nprint(f"Result: {result}")\n',
    "assertion": 'assert label("a", 1) == "a: 1"\n',
    "variables of the parameters' names": 'name = "a"\ncount = 1\nprint(label(name, count))\n',
    "loop over examples": 'for name, count in [("a", 1), ("b", 2)]:\n    print(label(name, count))\n',
    "caught": 'try:\n    print(label("a", 1))\nexcept ValueError as error:\n    print(f"Error: {error}")\n',
    "lambda": 'import timeit\n\nprint(timeit.timeit(lambda: label("a", 1), number=10))\n',
    "unittest": "import unittest\n\n\nclass TestLabel(unittest.TestCase):\n    def test_label(self) -> None:\n"
    '        self.assertEqual(label("a", 1), "a: 1")\n\n\nif __name__ == "__main__":\n    unittest.main()\n',
    "pytest": 'def test_label() -> None:\n    assert label("a", 1) == "a: 1"\n',
    "another function": "def labels(names: list[str]) -> list[str]:\n    return [label(name, 1) for name in names]\n",
    "input": 'if __name__ == "__main__":\n    print(label(input("Name: "), int(input("Count: "))))\n',
    "argparse": "import argparse\n\n\ndef main() -> None:\n    parser = argparse.ArgumentParser()\n"
    '    parser.add_argument("name")\n    print(label(parser.parse_args().name, 1))\n\n\nmain()\n',
    "registry": 'HANDLERS = {"label": label}\n',
    "__all__": '__all__ = ["label"]\n',
    "doctest": 'import doctest\n\nif __name__ == "__main__":\n    doctest.testmod()\n',
}
# What comes with it is a finding of its own: (code, rule).
UNTYPED = {
    "main": ('def main():\n    print(label("a", 1))\n\n\nmain()\n', "mypy:no-untyped-def"),
    "test": ('def test_label():\n    assert label("a", 1)\n', "mypy:no-untyped-def"),
    "helper": ("def shout(text):\n    return text.upper()\n", "mypy:no-untyped-def"),
    "wrong types": ('print(label("a", "1"))\n', "mypy:arg-type"),
    "wrong name": ('print(lable("a", 1))\n', "mypy:name-defined"),
}


def checked(checker: Checker, before: str, appended: str) -> tuple[AnalysisStatus, set[str]]:
    (analysis,) = checker.check([Submission(f"{before}\n\n{appended}", STARTER)])
    return analysis.status, {finding.rule for finding in analysis.findings}


@pytest.mark.parametrize("name", TYPED)
def test_annotated_code_after_a_clean_program_changes_nothing(name: str, checker: Checker, hardened: Checker) -> None:
    assert checked(checker, CLEAN, TYPED[name]) == (AnalysisStatus.CLEAN, set())
    assert checked(hardened, CLEAN, TYPED[name]) == (AnalysisStatus.CLEAN, set())


@pytest.mark.parametrize("name", UNTYPED)
def test_what_is_appended_is_judged_like_the_rest(name: str, checker: Checker, hardened: Checker) -> None:
    appended, rule = UNTYPED[name]
    for policy in (checker, hardened):
        assert rule in checked(policy, CLEAN, appended)[1]


@pytest.mark.parametrize("name", [*TYPED, *UNTYPED])
def test_nothing_appended_takes_a_finding_away(name: str, checker: Checker, hardened: Checker) -> None:
    appended = TYPED[name] if name in TYPED else UNTYPED[name][0]
    for policy, programs in ((checker, FLAGGED), (hardened, {**FLAGGED, **HATCHES})):
        for code in programs.values():
            _, before = checked(policy, code, "")
            _, after = checked(policy, code, appended)
            assert before
            assert before <= after


@pytest.mark.parametrize(
    ("appended", "rule"),
    [
        ("label = print\n", "signature:rebound"),
        ('if __name__ == "__main__":\n    label = str\n', "signature:rebound"),
        ("from unittest.mock import MagicMock\n\nlabel = MagicMock()\n", "signature:rebound"),
        ("def label(name: str) -> str:\n    return name\n", "signature:parameters"),
    ],
)
def test_the_name_of_the_starter_code_must_stay_what_it_is(appended: str, rule: str, hardened: Checker) -> None:
    assert rule in checked(hardened, CLEAN, appended)[1]


def test_the_same_name_elsewhere_is_another_function(hardened: Checker) -> None:
    other = "class Labels:\n    def label(self, name: str) -> str:\n        return label(name, 1)\n"
    inner = "def outer() -> str:\n    def label(text: str) -> str:\n        return text\n    return label('a')\n"
    for appended in (other, inner):
        assert checked(hardened, CLEAN, appended) == (AnalysisStatus.CLEAN, set())
