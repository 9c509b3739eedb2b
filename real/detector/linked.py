"""What the analysis of a linked program says of each of its files.

A file answers for the data that go through it. A finding is told where one of its steps stands in the program's own
file; it may itself stand in another one, where a function has the sink that the program's data reach. What begins and
ends in other files is found when these are analysed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from real.detector.frontend.linking.positions import file_of, is_linked, line_in_file
from real.types import Finding, TraceStep, Unseen


def of_own_file(findings: Iterable[Finding], files: tuple[str, ...], own: str) -> list[Finding]:
    """The findings that concern the program's own file, at ``own``, each in its place; ``files`` has the paths."""
    return [_placed(finding, (own, *files[1:])) for finding in findings if any(map(_is_own, _lines(finding)))]


def unseen_in_own_file(unseen: Iterable[Unseen]) -> tuple[Unseen, ...]:
    """What of the program's own file was not seen."""
    return tuple(part for part in unseen if not is_linked(part.line))


def own_lines(findings: Iterable[Finding]) -> frozenset[int]:
    """The lines of the program's own file that findings stand on or go through."""
    return frozenset(
        line
        for finding in findings
        for line, path in ((finding.line, finding.path), *((step.line, step.path) for step in finding.trace))
        if line and not path
    )


def _lines(finding: Finding) -> tuple[int, ...]:
    return (finding.line, *(step.line for step in finding.trace))


def _is_own(line: int) -> bool:
    return line > 0 and not is_linked(line)


def _placed(finding: Finding, files: tuple[str, ...]) -> Finding:
    at = file_of(finding.line)
    trace = tuple(_step(step, at, files) for step in finding.trace)
    return replace(finding, line=line_in_file(finding.line), trace=trace, path=files[at] if at else "")


def _step(step: TraceStep, at: int, files: tuple[str, ...]) -> TraceStep:
    number = file_of(step.line)
    return replace(step, line=line_in_file(step.line), path="" if number == at else files[number])
