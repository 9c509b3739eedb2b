"""Profiles and ``--min-confidence``: what is shown of one and the same analysis; parts that were not seen."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from real.detector.rules import all_rules, extended_rules
from real.formats.record import Severity
from real.linter import scanning
from real.linter.command import main
from real.linter.profiles import severity
from real.types import Analysis, AnalysisStatus, Confidence, Finding, Unseen

FOUND = {
    "low": Finding("CWE-89", 1, "low", confidence=Confidence.LOW),
    "medium": Finding("CWE-601", 2, "medium", confidence=Confidence.MEDIUM),
    "high": Finding("CWE-862", 3, "high", confidence=Confidence.HIGH),
}
PARTS = (Unseen(4, "type() makes a class"), Unseen(0, "too much to do"))


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A file in which the analysis finds something of every confidence."""
    monkeypatch.chdir(tmp_path)
    Path("x.py").write_text("a = 1\nb = 2\nc = 3\nd = 4\n")
    yield from found_in(monkeypatch, *FOUND.values())


def found_in(monkeypatch: pytest.MonkeyPatch, *findings: Finding, unseen: tuple[Unseen, ...] = ()) -> Iterator[None]:
    def scan(code: str, *, select: Any = None, **_: Any) -> Analysis:
        left = tuple(finding for finding in findings if finding.rule in select)
        status = AnalysisStatus.FINDINGS if left else AnalysisStatus.PARTIAL if unseen else AnalysisStatus.CLEAN
        return Analysis(status, left, "; ".join(one.what for one in unseen) if not left else "", unseen=unseen)

    monkeypatch.setattr(scanning, "scan", scan)
    yield


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    main(["--format", "json", *arguments, "x.py"])
    return [finding["confidence"] for finding in json.loads(capsys.readouterr().out)[0]["findings"]]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], ["medium", "high"]),
        (["--profile", "app"], ["medium", "high"]),
        (["--profile", "library"], ["low", "medium"]),  # CWE-862 judges applications
        (["--profile", "library", "--select", "89,862"], ["low", "high"]),  # whoever names a rule wants it
        (["--profile", "reward"], ["low", "medium", "high"]),
        (["--min-confidence", "high"], ["high"]),
        (["--min-confidence", "low"], ["low", "medium", "high"]),
        (["--profile", "reward", "--min-confidence", "high"], ["high"]),
    ],
)
def test_what_is_shown(arguments: list[str], expected: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, *arguments) == expected


def test_what_is_hidden_is_counted_and_does_not_fail(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--select", "89", "x.py"]) == 0
    assert capsys.readouterr().out == "1 file: 1 clean; 1 of lower confidence not shown\n"
    assert main(["x.py"]) == 1
    out = capsys.readouterr().out
    assert "x.py:2:1: CWE-601 medium [medium confidence]\n" in out
    assert "x.py:3:1: CWE-862 high\n" in out
    assert out.endswith("1 file: 1 with findings (2); 1 of lower confidence not shown\n")
    main(["--format", "sarif", "x.py"])
    results = json.loads(capsys.readouterr().out)["runs"][0]["results"]
    assert [(result["ruleId"], result["level"]) for result in results] == [("CWE-601", "warning"), ("CWE-862", "error")]
    assert results[0]["rank"] < results[1]["rank"]
    main(["--format", "github", "x.py"])
    assert capsys.readouterr().out.count("::warning ") == 1


def test_a_baseline_of_one_profile_serves_another(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--profile", "reward", "--write-baseline", "known.json", "x.py"]) == 0
    for profile in ("app", "reward"):
        assert main(["--profile", profile, "--baseline", "known.json", "x.py"]) == 0
        assert "3 findings hidden\n" in capsys.readouterr().out
    assert main(["--write-baseline", "known.json", "x.py"]) == 0
    assert len(json.loads(Path("known.json").read_text())["findings"]) == 2


def test_an_unused_comment_is_not_one_that_waives_what_is_hidden(capsys: pytest.CaptureFixture[str]) -> None:
    Path("x.py").write_text("a = 1  # real: ignore[CWE-89] reviewed\nb = 2\nc = 3\nd = 4\n")
    assert main(["x.py"]) == 1
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("findings", [(), tuple(FOUND.values())])
def test_parts_that_were_not_seen(
    findings: tuple[Finding, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    list(found_in(monkeypatch, *findings, unseen=PARTS))
    code = 1 if findings else 0
    assert main(["x.py"]) == code
    captured = capsys.readouterr()
    assert captured.err.startswith("real-detect: x.py: partial: ")
    assert "type() makes a class" in captured.err
    assert ("1 analysed in part" in captured.out) is not bool(findings)
    assert main(["--strict", "x.py"]) == 2
    assert main(["--write-baseline", "known.json", "x.py"]) == 0
    assert main(["--strict", "--baseline", "known.json", "x.py"]) == 0
    capsys.readouterr()
    main(["--format", "sarif", "x.py"])
    (invocation,) = json.loads(capsys.readouterr().out)["runs"][0]["invocations"]
    assert invocation["executionSuccessful"] is True
    (notification,) = invocation["toolExecutionNotifications"]
    assert notification["level"] == ("warning" if findings else "error")  # silence says nothing where nothing is found


def test_every_rule_has_a_severity_that_somebody_thought_of() -> None:
    rated = {rule.cwe: severity(rule.cwe) for rule in (*all_rules(), *extended_rules())}
    assert rated["CWE-89"] is Severity.HIGH
    assert rated["CWE-601"] is Severity.MEDIUM
    assert {Severity.HIGH, Severity.MEDIUM} == set(rated.values())
