"""Statuses, findings and batches."""

import subprocess
import sys

import pytest

from real.typecheck import VERSION, Checker
from real.typecheck.unanalyzable import MAX_BYTES, MAX_DEPTH
from real.types import Analysis, AnalysisStatus, Finding


def one(checker: Checker, code: str) -> Analysis:
    (analysis,) = checker.check([code])
    return analysis


def test_the_version_names_the_pinned_mypy() -> None:
    assert VERSION == "4+mypy2.4.1"


def test_a_clean_program(checker: Checker) -> None:
    assert one(checker, "def f(x: int) -> int:\n    return x\n") == Analysis(AnalysisStatus.CLEAN)


def test_the_defects_of_the_papers_figure_2(checker: Checker) -> None:
    code = """\
def convert(value: float, from_scale: str, to_scale: str):
    t = "20" if from_scale == "C" else value
    if from_scale == "C" and to_scale == "F":
        return (t * 9 / 5) + 32
    return None
"""
    assert [(f.rule, f.line) for f in one(checker, code).findings] == [
        ("mypy:no-untyped-def", 1),
        ("mypy:operator", 4),
    ]


def test_a_finding_has_line_column_and_message_without_file_name(checker: Checker) -> None:
    analysis = one(checker, "\nx: int = 'a'\n")
    message = 'Incompatible types in assignment (expression has type "str", variable has type "int")'
    assert analysis == Analysis(AnalysisStatus.FINDINGS, (Finding("mypy:assignment", 2, message, 9),))


def test_a_note_joins_the_error_it_explains(checker: Checker) -> None:
    (finding,) = one(checker, "def f():\n    return\n").findings
    assert finding.message.split("\n")[1] == 'note: Use "-> None" if function does not return a value'


def test_a_note_by_itself_is_no_finding(checker: Checker) -> None:
    assert one(checker, "reveal_type(1)\n").status is AnalysisStatus.CLEAN


def test_messages_do_not_show_our_module_names(checker: Checker) -> None:
    code = "import builtins\nclass str: ...\nx: str = builtins.str(1)\n"
    first, second = checker.check([code, "y = 1\n" + code])
    assert '"program.str"' in first.findings[0].message
    assert first.findings[0].message == second.findings[0].message


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("def f(:\n", "syntax error in line 1"),
        ("x = 1\n  y = 2\n", "syntax error in line 2"),
        ("print 'Python 2'\n", "syntax error in line 1"),
        ("x = 1\0\n", "NUL byte"),
        ("x = '\ud800'\n", "not valid Unicode"),
        ("x = 1\n" * (MAX_BYTES // 6 + 1), "too large"),
        ("x = " + "+".join("1" * (MAX_DEPTH + 1)), "too deeply nested"),
        ("x = " + "(" * 10_000, "too many nested parentheses"),
        ("x = " + "-" * 100_000 + "1", "too deeply nested"),
    ],
)
def test_what_cannot_be_analysed_is_never_clean(checker: Checker, code: str, reason: str) -> None:
    analysis = one(checker, code)
    assert analysis.status is AnalysisStatus.UNANALYZABLE
    assert reason in analysis.reason
    assert analysis.findings == ()


def test_a_blocking_error_stops_only_its_own_program(checker: Checker) -> None:
    blocked, wrong, clean = checker.check(["x: int = 'a'\nfrom . import z\n", "y: int = 'a'\n", "z = 1\n"])
    assert [(f.rule, f.line) for f in blocked.findings] == [("mypy:misc", 2)]
    assert [(f.rule, f.line) for f in wrong.findings] == [("mypy:assignment", 1)]
    assert clean.status is AnalysisStatus.CLEAN


def test_order_is_kept_and_equal_programs_get_equal_answers(checker: Checker) -> None:
    programs = [f"x{i % 50}: int = {repr('a') if i % 3 else 1}\n" for i in range(150)]
    analyses = checker.check(programs)
    assert [bool(a.findings) for a in analyses] == [bool(i % 3) for i in range(150)]
    assert checker.check([]) == []


def test_what_one_program_defines_is_unknown_to_the_next(checker: Checker) -> None:
    leak, other = checker.check(["import os\nos.leaked = 1\nsecret = 1\n", "import os\nprint(os.leaked, secret)\n"])
    assert [f.rule for f in leak.findings] == ["mypy:attr-defined"]
    assert [f.rule for f in other.findings] == ["mypy:attr-defined", "mypy:name-defined"]


def test_nothing_is_executed(checker: Checker, tmp_path) -> None:
    target = tmp_path / "made"
    one(checker, f"import pathlib\npathlib.Path({str(target)!r}).write_text('x')\n")
    assert not target.exists()


def test_files_next_to_the_caller_cannot_be_imported(checker: Checker) -> None:
    assert one(checker, "import real.types\nx: int = real.types.nothing\n").status is AnalysisStatus.CLEAN


def test_mypy_is_loaded_in_the_workers_only() -> None:
    code = "import sys, real.typecheck; assert 'mypy.build' not in sys.modules and 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_no_workers_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Checker(workers=0)
