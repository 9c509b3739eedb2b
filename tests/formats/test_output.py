"""Text, JSON and GitHub commands."""

import json
from collections.abc import Sequence

import pytest

from real.formats import render, text
from real.formats.lines import characters, printable, split
from real.formats.record import Record, RulePage, Scan, ScannedProgram, Standing, Tool, exit_code, program_of
from real.types import Analysis, AnalysisStatus, Finding, TraceStep

TOOL = Tool("real-test", "1.2", lambda rule: RulePage(rule, "text"), is_advice=lambda rule: rule == "tip", noun="file")
CODE = "x = 1\n\x0cy = '\u2028'\nprint(y)\n"


def run_of(*findings: Finding, path: str = "a.py", absent: int | None = None) -> Scan:
    analysis = Analysis(AnalysisStatus.FINDINGS if findings else AnalysisStatus.CLEAN, findings)
    return Scan(TOOL, [program_of(path, CODE, analysis, TOOL)], absent)


def test_text_shows_the_trace_beside_its_lines() -> None:
    trace = (TraceStep(2, "starts here"), TraceStep(3, "ends here"), TraceStep(99, "nowhere"))
    shown = text.render(run_of(Finding("R-1", 3, "first\nnote: second", 6, trace, "do better")), text.Palette())
    assert (
        shown
        == """\
a.py:3:7: R-1 first
    note: second
     2 | y = '\\u2028'
       |   ^ starts here
     3 | print(y)
       |   ^ ends here
    99 |\x20
       |   ^ nowhere
    fix: do better
1 file: 1 with findings (1)"""
    )


def test_colour_is_for_terminals_only(capsys: pytest.CaptureFixture[str]) -> None:
    run = run_of(Finding("R-1", 1, "m"), Finding("tip", 1, "m"))
    assert "\033" not in render("text", run)
    coloured = text.render(run, text.COLOURS)
    assert "\033[31mR-1\033[0m" in coloured
    assert "\033[34madvice tip\033[0m" in coloured


def standing(records: Sequence[Record]) -> ScannedProgram:
    return ScannedProgram("a.py", [], AnalysisStatus.FINDINGS).judged(records)


def test_hidden_findings_are_counted_and_not_shown() -> None:
    program = standing(
        [
            Record("a.py", "R-1", 1, "m", standing=Standing.SUPPRESSED, reason="why"),
            Record("a.py", "R-1", 2, "m", standing=Standing.SUPPRESSED, reason="why"),
            Record("a.py", "R-1", 3, "m", standing=Standing.KNOWN),
        ]
    )
    assert program.status is AnalysisStatus.CLEAN
    expected = "1 file: 1 clean; 2 suppressed by comments; baseline: 1 finding hidden, 3 entries no longer occur"
    assert render("text", Scan(TOOL, [program], 3)) == render("github", Scan(TOOL, [program], 3)) == expected
    whole = json.loads(render("json", Scan(TOOL, [program], 3)))
    (entry,) = whole["programs"]
    assert (whole["tool"], whole["version"], entry["findings"]) == ("real-test", "1.2", [])
    assert [finding["line"] for finding in entry["suppressed"]] == [1, 2]
    assert [finding["line"] for finding in entry["known"]] == [3]


def test_one_open_finding_keeps_the_status() -> None:
    records = [Record("a.py", "R-1", 1, "m"), Record("a.py", "R-1", 3, "m", standing=Standing.KNOWN)]
    assert standing(records).status is AnalysisStatus.FINDINGS


def test_github_commands_escape_what_the_runner_reads() -> None:
    trace = (TraceStep(1, "100%\r\n::stop-commands::x"),)
    finding = Finding("R:1,2", 2, "a: b, 50%\nnext", 1, trace, "f")
    command, summary = render("github", run_of(finding, path="d%,:\n\r/a.py")).split("\n")
    assert command == (
        "::error file=d%25%2C%3A%0A%0D/a.py,line=2,col=2,title=R%3A1%2C2"
        "::a: b, 50%25%0Anext%0Aline 1: 100%25%0D%0A::stop-commands::x%0Afix: f"
    )
    assert summary == "1 file: 1 with findings (1)"


def test_github_commands_for_advice_failures_and_standard_input() -> None:
    assert render("github", run_of(Finding("tip", 1, "m"))).startswith("::notice file=a.py,line=1,col=1,title=tip::m\n")
    assert render("github", run_of(Finding("R", 1, "m"), path="<stdin>")).startswith("::error line=1,col=1,title=R::m")
    failed = program_of("a.py", "", Analysis(AnalysisStatus.ERROR, reason="no\nluck"), TOOL)
    assert render("github", Scan(TOOL, [failed])).startswith("::error file=a.py,title=error::no%0Aluck\n")


def test_json_of_the_detector_is_a_list() -> None:
    tool = Tool("real-test", "1", TOOL.describe, rule_key="cwe", bare_list=True)
    analysis = Analysis(AnalysisStatus.FINDINGS, (Finding("R-1", 1, "m"),))
    (entry,) = json.loads(render("json", Scan(tool, [program_of("\udcff.py", CODE, analysis, tool)])))
    assert entry["path"] == "\udcff.py"
    assert entry["findings"][0]["cwe"] == "R-1"


def test_lines_are_those_of_python() -> None:
    code = "a = '\x0c\x1c\u2028\x85'\r\nb = 1\rc = 2\n"
    lines = split(code)
    assert [line[:1] for line in lines] == ["a", "b", "c", ""]


def test_columns_count_characters() -> None:
    line = "'äöü日本𝄞'; x"
    assert characters(line, len(line[:10].encode())) == 10
    assert characters("plain", 3) == 3
    assert characters("\ud800x", 3) in (0, 1)  # a lone surrogate cannot be counted exactly, and does no harm


def test_printable_text_is_one_harmless_line() -> None:
    assert printable("a\tb") == "a b"
    assert printable("é日\n\x1b[31m\u202e\udcff") == "é日\\n\\x1b[31m\\u202e\\udcff"


def test_exit_codes() -> None:
    clean, findings, _, unanalyzable, error = AnalysisStatus
    assert [exit_code(seen) for seen in ([], [clean], [clean, findings], [findings, unanalyzable], [error])] == [
        *(0, 0, 1, 2, 2)
    ]
