"""For editors and code hosts: SARIF 2.1.0 (OASIS, with errata 01)."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

from real.formats.fingerprint import fingerprints
from real.formats.record import STDIN, Record, RulePage, Scan, ScannedProgram, Severity, Standing, Tool, level_of
from real.types import AnalysisStatus, Confidence, JsonValue

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_BASE = "SRCROOT"
# What code hosts sort rules by, as CVSS does: from 7 high, from 4 medium.
# https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
_SCORES = {Severity.HIGH: "8.0", Severity.MEDIUM: "5.5"}
# 0 to 100, the most important first (3.27.25): what is sure goes before what is severe, and what is doubtful goes last.
_RANKS = {
    (Severity.HIGH, Confidence.HIGH): 95.0,
    (Severity.MEDIUM, Confidence.HIGH): 80.0,
    (Severity.HIGH, Confidence.MEDIUM): 65.0,
    (Severity.MEDIUM, Confidence.MEDIUM): 50.0,
    (Severity.HIGH, Confidence.LOW): 30.0,
    (Severity.MEDIUM, Confidence.LOW): 15.0,
}


def render(run: Scan) -> str:
    """One run: a trace becomes a ``codeFlow``, a program that could not be analysed a notification.

    Paths below the working directory are relative to the base ``SRCROOT``, which says where that is. A program that
    cannot be parsed is no failure of the run; one that cannot be read, and an interruption, is.

    Suppressed and known findings are listed as such. Entries of the baseline that no longer occur are not: code hosts
    that ignore ``baselineState`` would show what has been repaired.
    """
    tool = run.tool
    found = {record.rule for program in run.programs for record in program.records}
    rules = [*tool.rules, *sorted(found - set(tool.rules))]
    pages = {rule: tool.describe(rule) for rule in rules}
    weaknesses = list(dict.fromkeys(page.cwe for page in pages.values() if page.cwe))
    driver: dict[str, JsonValue] = {
        "name": tool.name,
        "version": tool.version,
        "rules": [_rule(rule, page, weaknesses, tool) for rule, page in pages.items()],
    }
    notifications: list[JsonValue] = [_notification(program) for program in run.programs if program.not_seen]
    if run.interrupted:
        notifications.append({"level": "error", "message": {"text": f"interrupted: {run.interrupted}"}})
    failed = run.interrupted or any(program.status is AnalysisStatus.ERROR for program in run.programs)
    made: dict[str, JsonValue] = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_BASE: {"uri": Path(os.path.realpath(os.curdir)).as_uri() + "/"}},
        "invocations": [{"executionSuccessful": not failed, "toolExecutionNotifications": notifications}],
        "results": list(_results(run, {rule: position for position, rule in enumerate(rules)})),
    }
    if weaknesses:
        driver["supportedTaxonomies"] = [{"name": "CWE", "index": 0}]
        made["taxonomies"] = [_taxonomy(weaknesses)]
    return json.dumps(_without_surrogates({"$schema": SCHEMA, "version": "2.1.0", "runs": [made]}), indent=2)


def _without_surrogates(value: JsonValue) -> JsonValue:
    """Lone surrogates, which a message may quote from a program, replaced: strict readers of JSON refuse them."""
    clean: JsonValue = json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    return clean


def _rule(code: str, page: RulePage, weaknesses: list[str], tool: Tool) -> JsonValue:
    made: dict[str, JsonValue] = {
        "id": code,
        "shortDescription": {"text": page.title},
        "fullDescription": {"text": page.text},
        "defaultConfiguration": {"level": level_of(code, tool).value},
    }
    if page.help:
        made["help"] = {"text": page.help}
    if page.url:
        made["helpUri"] = page.url
    if page.cwe:
        properties: dict[str, JsonValue] = {"tags": ["security", f"external/cwe/cwe-{page.cwe.zfill(3)}"]}
        if severity := tool.severity(code):
            properties["security-severity"] = _SCORES[severity]
        made["properties"] = properties
        component: JsonValue = {"name": "CWE", "index": 0}
        target: JsonValue = {"id": page.cwe, "index": weaknesses.index(page.cwe), "toolComponent": component}
        made["relationships"] = [{"target": target, "kinds": ["superset"]}]
    return made


def _taxonomy(weaknesses: list[str]) -> JsonValue:
    taxa: list[JsonValue] = [
        {"id": number, "helpUri": f"https://cwe.mitre.org/data/definitions/{number}.html"} for number in weaknesses
    ]
    return {
        "name": "CWE",
        "organization": "MITRE",
        "informationUri": "https://cwe.mitre.org",
        "shortDescription": {"text": "Common Weakness Enumeration"},
        "isComprehensive": False,
        "taxa": taxa,
    }


def _results(run: Scan, index: Mapping[str, int]) -> Iterator[JsonValue]:
    """Either all results say whether they are suppressed, and what the baseline says of them, or none does."""
    suppressions = any(program.standing(Standing.SUPPRESSED) for program in run.programs)
    for program in run.programs:
        for record, fingerprint in zip(program.records, fingerprints(program), strict=True):
            if record.standing in (Standing.DOUBTFUL, Standing.UNCHANGED):
                continue
            result = _result(record, index[record.rule])
            result["partialFingerprints"] = {"ruleAndLine/v1": fingerprint}
            if suppressions:
                waived = record.standing is Standing.SUPPRESSED
                result["suppressions"] = [{"kind": "inSource", "justification": record.reason}] if waived else []
            if run.absent is not None:
                result["baselineState"] = "unchanged" if record.standing is Standing.KNOWN else "new"
            yield result


def _result(record: Record, rule: int) -> dict[str, JsonValue]:
    text = f"{record.message}. Fix: {record.fix}" if record.fix else record.message
    result: dict[str, JsonValue] = {
        "ruleId": record.rule,
        "ruleIndex": rule,
        "level": record.level.value,
        "message": {"text": text},
        "locations": [_location(record.path, record.line, record.column)],
    }
    if record.severity and record.confidence:
        result["rank"] = _RANKS[record.severity, record.confidence]
        result["properties"] = {"severity": record.severity.value, "confidence": record.confidence.value}
    steps: list[JsonValue] = [
        {"location": {**_location(step.path or record.path, step.line, 0), "message": {"text": step.note}}}
        for step in record.trace
    ]
    if steps:
        result["codeFlows"] = [{"threadFlows": [{"locations": steps}]}]
    return result


def _notification(program: ScannedProgram) -> JsonValue:
    line = 1 if program.reason or not program.unseen else program.unseen[0].line
    place: list[JsonValue] = [_location(program.path, line, 0)]
    level = "warning" if program.status in (AnalysisStatus.FINDINGS, AnalysisStatus.CLEAN) else "error"
    return {"level": level, "message": {"text": program.not_seen}, "locations": place}


def _location(path: str, line: int, column: int) -> dict[str, JsonValue]:
    region: JsonValue = {"startLine": max(line, 1), "startColumn": column + 1}
    return {"physicalLocation": {"artifactLocation": _artifact(path), "region": region}}


def _artifact(path: str) -> dict[str, JsonValue]:
    """A URI reference: absolute only for absolute paths outside the working directory, which code hosts cannot map."""
    if path == STDIN:
        return {"uri": "stdin"}
    place = Path(path)
    if place.is_absolute():
        here = os.path.realpath(os.curdir)
        if not place.is_relative_to(here):
            return {"uri": place.as_uri()}
        place = place.relative_to(here)
    return {"uri": quote(os.fsencode(place.as_posix())), "uriBaseId": _BASE}
