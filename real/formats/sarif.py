"""For editors and code hosts: SARIF 2.1.0 (OASIS, with errata 01)."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

from real.formats.fingerprint import fingerprints
from real.formats.record import STDIN, Record, RulePage, Scan, ScannedProgram, Standing
from real.types import JsonValue

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def render(run: Scan) -> str:
    """One run: a trace becomes a ``codeFlow``, a program that could not be analysed a notification.

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
        "rules": [_rule(rule, page, weaknesses, advice=tool.is_advice(rule)) for rule, page in pages.items()],
    }
    notifications: list[JsonValue] = [_notification(program) for program in run.programs if program.reason]
    made: dict[str, JsonValue] = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": not notifications, "toolExecutionNotifications": notifications}],
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


def _rule(code: str, page: RulePage, weaknesses: list[str], *, advice: bool) -> JsonValue:
    made: dict[str, JsonValue] = {
        "id": code,
        "shortDescription": {"text": page.title},
        "fullDescription": {"text": page.text},
        "defaultConfiguration": {"level": "note" if advice else "error"},
    }
    if page.help:
        made["help"] = {"text": page.help}
    if page.url:
        made["helpUri"] = page.url
    if page.cwe:
        made["properties"] = {"tags": ["security", f"external/cwe/cwe-{page.cwe.zfill(3)}"]}
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
        "level": record.level,
        "message": {"text": text},
        "locations": [_location(record.path, record.line, record.column)],
    }
    steps: list[JsonValue] = [
        {"location": {**_location(record.path, step.line, 0), "message": {"text": step.note}}} for step in record.trace
    ]
    if steps:
        result["codeFlows"] = [{"threadFlows": [{"locations": steps}]}]
    return result


def _notification(program: ScannedProgram) -> JsonValue:
    place: list[JsonValue] = [_location(program.path, 1, 0)]
    return {"level": "error", "message": {"text": program.reason}, "locations": place}


def _location(path: str, line: int, column: int) -> dict[str, JsonValue]:
    region: JsonValue = {"startLine": max(line, 1), "startColumn": column + 1}
    return {"physicalLocation": {"artifactLocation": {"uri": _uri(path)}, "region": region}}


def _uri(path: str) -> str:
    """A URI reference: absolute only for absolute paths outside the working directory, which code hosts cannot map."""
    if path == STDIN:
        return "stdin"
    place = Path(path)
    if place.is_absolute():
        here = os.path.realpath(os.curdir)
        if not place.is_relative_to(here):
            return place.as_uri()
        place = place.relative_to(here)
    return quote(os.fsencode(place.as_posix()))
