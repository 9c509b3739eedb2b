"""SARIF of both tools, held against the official schema."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator

from real.formats import render
from real.formats.record import Record, RulePage, Scan, Tool, program_of
from real.formats.sarif import SCHEMA as SCHEMA_URI
from real.linter.command import main as detect
from real.typecheck.__main__ import main as typecheck
from real.types import Analysis, AnalysisStatus, Finding, TraceStep

from .schema import checked, paths, schema

BAD = "import sqlite3\nname = input()\nsqlite3.connect('a').execute('SELECT ' + name)\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("bad.py").write_text(BAD)
    Path("good.py").write_text("print('hello')\n")
    return tmp_path


def detected(capsys: pytest.CaptureFixture[str], *arguments: str, code: int) -> Any:
    assert detect(["--format", "sarif", *arguments]) == code
    return checked(capsys.readouterr().out)


def test_the_schema_is_the_official_one_and_refuses_what_is_wrong() -> None:
    official = schema()
    assert official["id"] == SCHEMA_URI
    assert official["title"] == "Static Analysis Results Format (SARIF) Version 2.1.0 JSON Schema"
    tool = {"driver": {"name": "x"}}
    validator = Draft4Validator(official)
    assert validator.is_valid({"version": "2.1.0", "runs": [{"tool": tool, "results": []}]})
    for run in ({}, {"tool": tool, "results": [{"level": "error"}]}, {"tool": tool, "findings": []}):
        assert not validator.is_valid({"version": "2.1.0", "runs": [run]})


def test_no_findings(capsys: pytest.CaptureFixture[str]) -> None:
    run = detected(capsys, "good.py", code=0)
    assert run["results"] == []
    assert run["invocations"] == [{"executionSuccessful": True, "toolExecutionNotifications": []}]


def test_rules_carry_help_and_their_weakness(capsys: pytest.CaptureFixture[str]) -> None:
    run = detected(capsys, "--select", "CWE-89,CWE-79", "good.py", code=0)
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["CWE-79", "CWE-89"]
    (sql,) = (rule for rule in rules if rule["id"] == "CWE-89")
    assert sql["fullDescription"]["text"].startswith("untrusted text becomes part of the text of an SQL statement")
    assert "What silences it" in sql["help"]["text"]
    assert sql["helpUri"] == "https://cwe.mitre.org/data/definitions/89.html"
    assert sql["properties"]["tags"] == ["security", "external/cwe/cwe-089"]
    assert [relation["target"]["id"] for relation in sql["relationships"]] == ["89"]
    assert [taxon["id"] for taxon in run["taxonomies"][0]["taxa"]] == ["79", "89"]


def test_a_trace_is_a_code_flow(capsys: pytest.CaptureFixture[str]) -> None:
    (result,) = detected(capsys, "bad.py", code=1)["results"]
    steps = result["codeFlows"][0]["threadFlows"][0]["locations"]
    assert [step["location"]["physicalLocation"]["region"]["startLine"] for step in steps] == [2, 3, 3]
    assert steps[0]["location"]["message"]["text"] == "input() returns what the user typed"
    assert set(result["partialFingerprints"]) == {"ruleAndLine/v1"}


def test_fingerprints_survive_moves_and_tell_equal_lines_apart(capsys: pytest.CaptureFixture[str]) -> None:
    def found() -> list[str]:
        run = detected(capsys, "bad.py", code=1)
        return [result["partialFingerprints"]["ruleAndLine/v1"] for result in run["results"]]

    (before,) = found()
    query = BAD.splitlines()[2]
    Path("bad.py").write_text(f"import os\n\n{BAD.replace(query, f'if name:    {query}')}{query}\n{query}\n")
    moved, first, second = found()
    assert len({before, moved, first, second}) == 3
    assert first == before != moved  # the line in the ``if`` is another line


def test_suppressed_findings_are_listed_as_such(capsys: pytest.CaptureFixture[str]) -> None:
    Path("some.py").write_text(BAD.rstrip() + "  # real: ignore[CWE-89] names come from our menu\n")
    first, second = detected(capsys, "bad.py", "some.py", code=1)["results"]
    assert first["suppressions"] == []
    assert second["suppressions"] == [{"kind": "inSource", "justification": "names come from our menu"}]


def test_a_baseline_gives_every_result_a_state(capsys: pytest.CaptureFixture[str]) -> None:
    assert detect(["--write-baseline", "known.json", "bad.py"]) == 0
    Path("bad.py").write_text(BAD + "import os\nos.system(name)\n")
    capsys.readouterr()
    results = detected(capsys, "--baseline", "known.json", "bad.py", code=1)["results"]
    assert [(result["ruleId"], result["baselineState"]) for result in results] == [
        ("CWE-89", "unchanged"),
        ("CWE-77", "new"),
    ]
    assert "baselineState" not in detected(capsys, "bad.py", code=1)["results"][0]


def test_files_that_cannot_be_analysed_are_notifications(capsys: pytest.CaptureFixture[str]) -> None:
    Path("broken.py").write_text("x = (\n")
    (invocation,) = detected(capsys, "broken.py", code=0)["invocations"]
    assert invocation["executionSuccessful"] is True  # the run has done all that it could
    (notification,) = invocation["toolExecutionNotifications"]
    assert notification["level"] == "error"
    assert "syntax error" in notification["message"]["text"]


def test_a_file_that_cannot_be_read_fails_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("real.linter.scanning.read", lambda path: Analysis(AnalysisStatus.ERROR, reason="cannot be read"))
        (invocation,) = detected(capsys, "good.py", code=2)["invocations"]
    assert invocation["executionSuccessful"] is False


def test_results_are_rated_and_below_a_base(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = detected(capsys, "bad.py", code=1)
    assert run["originalUriBaseIds"] == {"SRCROOT": {"uri": here.as_uri() + "/"}}
    (result,) = run["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": "bad.py", "uriBaseId": "SRCROOT"}
    assert (result["level"], result["properties"]) == ("error", {"severity": "high", "confidence": "high"})
    assert 0 <= result["rank"] <= 100
    levels = {rule["id"]: rule["defaultConfiguration"]["level"] for rule in run["tool"]["driver"]["rules"]}
    assert (levels["CWE-89"], levels["CWE-601"]) == ("error", "warning")
    scores = {rule["id"]: float(rule["properties"]["security-severity"]) for rule in run["tool"]["driver"]["rules"]}
    assert scores["CWE-601"] < 7 <= scores["CWE-89"] < 9


ODD = ["with space.py", "100%.py", "a#b?c.py", "ü日本.py", "a:b.py", "back\\slash.py", "new\nline.py", "'\"`<>.py"]


@pytest.mark.parametrize("name", ODD)
def test_odd_file_names_are_encoded(name: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path(name).write_text(BAD)
    assert set(paths(detected(capsys, name, code=1))) == {name}
    assert set(paths(detected(capsys, str(here / name), code=1))) == {name}  # code hosts cannot map absolute paths
    Path("elsewhere").mkdir()
    os.chdir("elsewhere")
    assert set(paths(detected(capsys, f"../{name}", code=1))) == {f"../{name}"}
    outside = detected(capsys, str(here / name), code=1)
    assert set(paths(outside)) == {str(here / name)}
    assert outside["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].startswith("file:///")


def test_file_names_that_are_not_utf8_are_encoded_byte_by_byte(capsys: pytest.CaptureFixture[str]) -> None:
    name = os.fsdecode(b"caf\xe9.py")
    Path(name).write_text(BAD)
    (result,) = detected(capsys, name, code=1)["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "caf%E9.py"


def test_columns_count_characters(capsys: pytest.CaptureFixture[str]) -> None:
    Path("wide.py").write_text("import os\nx = input()\n'äöü日本𝄞'; os.system(x)\n", encoding="utf-8")
    (result,) = detected(capsys, "wide.py", code=1)["results"]
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 3, "startColumn": 11}


def test_lone_surrogates_of_a_program_do_not_reach_the_log() -> None:
    tool = Tool("real-test", "1", lambda rule: RulePage(rule, "text"))
    finding = Finding("x", 1, "the pattern '\ud800'", trace=(TraceStep(1, "\udfff"),))
    analysis = Analysis(AnalysisStatus.FINDINGS, (finding,))
    (result,) = checked(render("sarif", Scan(tool, [program_of("x.py", "1\n", analysis, tool)])))["results"]
    assert result["message"]["text"] == "the pattern '?'"


def test_the_type_checker_writes_valid_logs(capsys: pytest.CaptureFixture[str]) -> None:
    Path("ü ä.py").write_text("import os\n\n\ndef f(x):\n    return x\n\n\ny: int = 'a'  # type: ignore\n")
    Path("broken.py").write_text("x = (\n")
    assert typecheck(["--format", "sarif", "good.py", "ü ä.py", "broken.py", "missing.py"]) == 2
    run = checked(capsys.readouterr().out)
    assert {"hatch:type-ignore", "mypy:no-untyped-def", "unused:import"} <= {r["ruleId"] for r in run["results"]}
    assert {(r["ruleId"], r["level"]) for r in run["results"]} >= {("unused:import", "note")}
    assert set(paths(run)) == {"ü ä.py", "broken.py", "missing.py"}
    assert all(rule["help"]["text"] for rule in run["tool"]["driver"]["rules"])
    assert typecheck(["--format", "sarif", "good.py"]) == 0
    assert checked(capsys.readouterr().out)["results"] == []


def test_records_are_one_vocabulary_for_both_tools() -> None:
    tool = Tool("real-test", "1", lambda rule: RulePage(rule, "text"), is_advice=lambda rule: rule == "tip")
    analysis = Analysis(AnalysisStatus.FINDINGS, (Finding("tip", 0, "m", fix="f"),))
    (record,) = program_of("x.py", "", analysis, tool).records
    assert record == Record("x.py", "tip", 1, "m", 0, "note", (), "f")
    assert json.loads(render("json", Scan(tool, [])))["programs"] == []
