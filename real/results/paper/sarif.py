"""What a SARIF 2.1.0 file says: which weaknesses a detector reports in which file (OASIS, SARIF 2.1.0, section 3).

Read as the specification has it, whichever detector wrote it: rules of the driver or of an extension (CodeQL's query
packs), found by ``ruleId``, ``ruleIndex`` or ``rule``; places relative to a ``uriBaseId``, or by the index of an
artifact; weaknesses as tags (``external/cwe/cwe-089``, ``CWE-89: SQL injection``), as relationships of a rule, or as
taxa of a result. What is no failure (``kind``), suppressed, gone from the baseline, or a mere note is not reported.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from real.errors import DataError
from real.io.disk import read_json

Json = Mapping[str, object]

_VERSION = "2.1.0"
_CWE = re.compile(r"(?:^|[/\s:])cwe[-_/ ]?0*(\d+)\b", re.IGNORECASE)
_NOTES = ("none", "note")
_FAILURES = ("fail", "open", "review", None)


@dataclass
class Report:
    """What one detector says of a folder of programs, by the path of each, as the file has it.

    ``found``: the numbers of the weaknesses reported in a file; a finding without one is ``""``. ``unread``: files that
    the detector could not analyse. ``placed`` counts the findings that name a file, ``unnamed`` those of them without a
    weakness, ``unplaced`` the findings that name no file.
    """

    tool: str
    version: str
    found: dict[str, set[str]] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)
    placed: int = 0
    unnamed: int = 0
    unplaced: int = 0


def read_sarif(file: Path) -> Report:
    """All runs of a file as one report.

    Raises ``DataError`` where it is no SARIF 2.1.0 or breaks its rules, where a run says that it failed or computed no
    results, and where no finding names a file: none of these is a detector that finds nothing.
    """
    record = read_json(file)
    runs = record.get("runs")
    if record.get("version") != _VERSION or not isinstance(runs, list) or not runs:
        raise DataError(
            f"{file} is no SARIF {_VERSION} file with a run",
            hint="CodeQL: --format=sarif-latest; semgrep: --sarif; bandit: -f sarif (bandit[sarif]); Bearer: -f sarif.",
        )
    try:
        parts = [_Run(_object(run)) for run in runs]
        report = Report(parts[0].name, parts[0].version)
        for part in parts:
            if (reason := part.incomplete()) is not None:
                raise DataError(f"{file}: {reason}", hint="Run the detector again until it ends well.")
            part.read_into(report)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise DataError(f"{file} breaks the rules of SARIF: {error!r}", hint="Which program wrote it?") from error
    if report.unplaced and not report.placed:
        raise DataError(
            f"{file}: none of its {report.unplaced} findings names a file",
            hint="A finding says where it is under locations[].physicalLocation.artifactLocation (SARIF 3.28, 3.29).",
        )
    return report


class _Run:
    """One run of a log: its rules and base folders, by which its results are read."""

    def __init__(self, run: Json) -> None:
        self._run = run
        tool = _object(run["tool"])
        self._components = [_object(tool["driver"]), *map(_object, _list(tool.get("extensions")))]
        driver = self._components[0]
        self.name = str(driver["name"])
        self.version = str(driver.get("semanticVersion") or driver.get("version") or "")
        self._bases = {name: _object(base) for name, base in _object(run.get("originalUriBaseIds") or {}).items()}
        self._artifacts = [_object(artifact) for artifact in _list(run.get("artifacts"))]
        self._taxonomies = [_object(taxonomy) for taxonomy in _list(run.get("taxonomies"))]

    def incomplete(self) -> str | None:
        """Why silence of this run says nothing: it failed (3.20.14), or computed no results (3.14.23)."""
        if any(_object(one).get("executionSuccessful") is False for one in _list(self._run.get("invocations"))):
            return f"{self.name} did not end successfully (executionSuccessful: false), so its silence says nothing"
        if self._run.get("results") is None:
            return f"{self.name} computed no results (they are missing or null; a detector without findings writes [])"
        return None

    def read_into(self, report: Report) -> None:
        """Add what this run reports, and what it could not analyse."""
        for result in map(_object, _list(self._run.get("results"))):
            rule = self._rule(result)
            if not _is_reported(result, rule):
                continue
            weaknesses = {*self._weaknesses(rule, "relationships"), *self._weaknesses(result, "taxa")} or {""}
            paths = set(self._paths(result))
            for path in paths:
                report.found.setdefault(path, set()).update(weaknesses)
            report.placed += bool(paths)
            report.unnamed += bool(paths) and weaknesses == {""}
            report.unplaced += not paths
        for invocation in map(_object, _list(self._run.get("invocations"))):
            for notification in map(_object, _list(invocation.get("toolExecutionNotifications"))):
                if notification.get("level") == "error":
                    report.unread.update(self._paths(notification))

    def _rule(self, result: Json) -> Json:
        """The rule of a result (3.27.5 to 3.27.7, 3.52); one that the log does not describe is known by its id."""
        reference = _object(result.get("rule") or {})
        component = _object(reference.get("toolComponent") or {})
        index = _integer(reference.get("index", result.get("ruleIndex", -1)))
        at = _integer(component.get("index", -1))
        rules = [_object(rule) for rule in _list(self._components[at + 1 if at >= 0 else 0].get("rules"))]
        if index >= 0:
            return rules[index]
        name = str(result.get("ruleId") or reference.get("id") or "")
        every = [_object(rule) for one in self._components for rule in _list(one.get("rules"))]
        known = (rule for rule in every if name == rule.get("id") or name.startswith(f"{rule.get('id')}/"))
        return next(known, {"id": name})

    def _weaknesses(self, holder: Json, key: str) -> Iterator[str]:
        """Numbers of weaknesses: in tags, and in what the ``relationships`` of a rule or ``taxa`` of a result name."""
        tags = _object(holder.get("properties") or {}).get("tags")
        yield from (found.group(1) for tag in _list(tags) if (found := _CWE.search(str(tag))))
        for one in map(_object, _list(holder.get(key))):
            yield from self._weakness(_object(one["target"]) if key == "relationships" else one)

    def _weakness(self, reference: Json) -> Iterator[str]:
        """The number in a reference to a taxon (3.52): by its id, or by its place in a taxonomy of the run."""
        component = _object(reference.get("toolComponent") or {})
        at, index = _integer(component.get("index", -1)), _integer(reference.get("index", -1))
        taxonomy = self._taxonomies[at] if 0 <= at < len(self._taxonomies) else {}
        if str(component.get("name") or taxonomy.get("name") or "").upper() != "CWE":
            return
        taxa = _list(taxonomy.get("taxa"))
        name = str(reference.get("id") or (_object(taxa[index])["id"] if index >= 0 else ""))
        yield name.upper().removeprefix("CWE-").lstrip("0")

    def _paths(self, result: Json) -> Iterator[str]:
        for location in map(_object, _list(result.get("locations"))):
            physical = _object(location.get("physicalLocation") or {})
            place = _object(physical.get("artifactLocation") or {})
            index = _integer(place.get("index", -1))
            if "uri" not in place and index >= 0:
                place = _object(self._artifacts[index]["location"])
            if "uri" in place:
                yield self._resolved(place)

    def _resolved(self, place: Json, depth: int = 0) -> str:
        """The path of an artifact location, below its base and the base of that (3.4.4, 3.14.14)."""
        path = unquote(urlsplit(str(place["uri"])).path)
        base = self._bases.get(str(place.get("uriBaseId") or ""))
        if base is None or "uri" not in base or path.startswith("/") or depth > len(self._bases):
            return path.removeprefix("./")
        return f"{self._resolved(base, depth + 1).rstrip('/')}/{path.removeprefix('./')}"


def _is_reported(result: Json, rule: Json) -> bool:
    """Whether a result is a finding: a failure that is new or was there, not waived, and more than a note."""
    configured = _object(rule.get("defaultConfiguration") or {}).get("level", "warning")
    waived = any(_object(one).get("status", "accepted") == "accepted" for one in _list(result.get("suppressions")))
    return (
        result.get("kind") in _FAILURES
        and result.get("baselineState") != "absent"
        and not waived
        and result.get("level", configured) not in _NOTES
    )


def _object(value: object) -> Json:
    if not isinstance(value, Mapping):
        raise TypeError(f"an object is expected, not {value!r:.60}")
    return value


def _list(value: object) -> Sequence[object]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise TypeError(f"a list is expected, not {value!r:.60}")
    return value


def _integer(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"a whole number is expected, not {value!r:.60}")
    return value
