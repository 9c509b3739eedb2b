"""The command line: ``real-detect PATH...``; exit code 0 clean, 1 findings, 2 something not scanned."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from real.errors import RealError, UsageError
from real.io import console
from real.linter.options import parser
from real.linter.output import tell

if TYPE_CHECKING:  # loaded where they are needed: --version and --explain take none of them
    from real.formats.files import Source
    from real.formats.record import Scan, ScannedProgram
    from real.linter.baseline import Baseline
    from real.linter.changes import Changes
    from real.linter.project.modules import Project
    from real.linter.scanning import Scanned, Scanner
    from real.linter.settings import Settings

CLEAN, FINDINGS, FAILED, INTERRUPTED = 0, 1, 2, 130

_MOST_PROCESSES = 256
_WORTH_PROCESSES = 200_000  # bytes of source: some seconds of analysis, for a tenth to start the processes


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    console.protect()
    options = parser().parse_args(argv)
    try:
        return _run(options)
    except RealError as error:
        tell(error.args[0], error.hint)
        return FAILED
    except BrokenPipeError:
        console.forget_reader()
        return FAILED
    except OSError as error:
        tell(f"cannot go on: {error}")  # a full disk behind standard output, or no working directory
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED


def _run(options: argparse.Namespace) -> int:
    if options.models:
        from real.detector.models.document import model, page

        console.say(page().rstrip() if options.models == "all" else model(options.models))
        return CLEAN
    if options.explain is not None:
        return _explain(options.explain)
    if options.list:
        return _list()
    if not 0 <= options.jobs <= _MOST_PROCESSES:
        hint = f"0: one for each core; at most {_MOST_PROCESSES}."
        raise UsageError(f"--jobs is a number of processes, not {options.jobs}", hint=hint)
    if options.write and not options.fix:
        raise UsageError("--write is about repairs", hint="Give --fix as well.")
    if options.fix and ("-" in options.paths or options.stdin_name or options.write_baseline):
        raise UsageError("--fix repairs files; it takes no standard input, and writes no baseline")
    if options.fix and options.format != "text":
        raise UsageError("--fix shows a diff; it has no other format")
    return _batch(options) if options.jsonl else _scan(options)


def _explain(name: str) -> int:
    from real.detector.rules import select_rules
    from real.linter.selection import rule_id

    console.say(select_rules([rule_id(name, tell)])[0].doc.strip())
    return CLEAN


def _list() -> int:
    from real.detector.rules import all_rules, extended_rules
    from real.linter.profiles import severity

    for group, remark in ((all_rules(), ""), (extended_rules(), " (--select extended)")):
        for rule in group:
            console.say(f"{rule.cwe:<9} {severity(rule.cwe):<7} {rule.title}{remark}")
    return CLEAN


def _batch(options: argparse.Namespace) -> int:
    from real.linter.jsonl import scan_lines
    from real.linter.selection import chosen

    others = (
        *("paths", "exclude", "baseline", "write_baseline", "stdin_name", "profile", "min_confidence", "diff", "fix"),
        *("strict", "jobs", "no_project"),
    )
    if any(getattr(options, name) for name in others):
        text = "--jsonl reads standard input; it takes no paths, baseline, --exclude or --stdin-name"
        raise UsageError(text, hint="It judges as the reward does: only --select and --ignore change that.")
    if sys.stdin is None:
        raise UsageError("--jsonl reads standard input, which is closed")
    for line in scan_lines(sys.stdin.buffer, chosen(options.select or (), options.ignore or (), note=tell)):
        console.say(line)
    return CLEAN


def _scan(options: argparse.Namespace) -> int:
    from real.formats.record import STDIN, Scan
    from real.linter.output import Output
    from real.linter.profiles import Profile
    from real.linter.project.merging import merged, news
    from real.linter.scanning import Scanner, tool_of
    from real.linter.selection import chosen

    paths = _checked(options)
    settings = _settings(options, paths)
    rules = chosen(settings.select, settings.ignore, settings.profile, tell)
    baseline = _baseline(settings.baseline, options.write_baseline)
    changes = _changes(options, paths)
    found = _found(paths, settings)
    sources = [source for source in found if changes is None or source.problem or changes.has(source.path)]
    if not sources:
        tell(f"note: no Python files{' that have changed' if changes else ''} in {', '.join(paths)}")
    is_quiet = bool(options.write_baseline) or (options.fix and not options.write)
    output = Output(options.format, len(sources), is_quiet=is_quiet)
    project = None if options.no_project or settings.profile is Profile.REWARD else _project(found, settings)
    scanner = Scanner(rules, settings, options.stdin_name or STDIN, project)
    programs: list[ScannedProgram] = []
    raw: list[ScannedProgram] = []
    elsewhere: dict[str, list[ScannedProgram]] = {}  # by path what other files say of a file
    left = ""
    try:
        for source, scanned in zip(sources, _scanned(sources, scanner, options.jobs), strict=True):
            program = _judged(scanned.program, settings, baseline, changes)
            if options.fix and _repair(program, scanner, writes=options.write):
                program = _judged(scanner.scanned(source).program, settings, baseline, None)
            raw.append(scanned.program)
            programs.append(program)
            output.add(program, scanned.notes)
            for other in scanned.others:
                elsewhere.setdefault(other.path, []).append(other)
    except KeyboardInterrupt:
        left = f"{len(sources) - len(programs)} of {len(sources)} files not scanned"
    places = {program.path: index for index, program in enumerate(programs)}
    for path, others in elsewhere.items():
        at = places.get(path)
        whole = _judged(merged(None if at is None else raw[at], others), settings, baseline, changes)
        output.add_found(news(whole, None if at is None else programs[at]))
        if at is None:
            programs.append(whole)
        else:
            programs[at] = whole
    run = Scan(tool_of(rules), programs, baseline.absent(rules) if baseline else None, left)
    output.end(run)
    if left:
        return INTERRUPTED
    if options.write_baseline:
        _write_baseline(options.write_baseline, run)
    return _exit_code(run, settings, counts_findings=not options.write_baseline)


def _settings(options: argparse.Namespace, paths: Sequence[str]) -> Settings:
    """What the file says, with what the command line says in its place."""
    from real.linter.profiles import Profile
    from real.linter.settings import Settings, find, load
    from real.types import Confidence

    given = [path if path != "-" else options.stdin_name or path for path in paths]
    file = None if options.isolated else find(given)
    kept = load(file) if file else Settings()
    return replace(
        kept,
        select=tuple(options.select or kept.select),
        ignore=tuple(options.ignore or kept.ignore),
        profile=Profile(options.profile) if options.profile else kept.profile,
        min_confidence=Confidence(options.min_confidence) if options.min_confidence else kept.min_confidence,
        exclude=tuple(options.exclude or kept.exclude),
        baseline=options.baseline if options.baseline is not None else kept.baseline,
        strict=options.strict or kept.strict,
    )


def _baseline(path: str | None, writes: str | None) -> Baseline | None:
    """The baseline that hides findings; one that a project names, and that is only now written, there is not yet."""
    if path is None or (writes is not None and os.path.realpath(path) == os.path.realpath(writes) and _is_new(path)):
        return None
    from real.linter.baseline import load

    return load(path)


def _is_new(path: str) -> bool:
    return not os.path.lexists(path)


def _changes(options: argparse.Namespace, paths: Sequence[str]) -> Changes | None:
    if options.diff is None:
        return None
    if "-" in paths:
        raise UsageError("--diff is about files; standard input has no history")
    if options.write_baseline:
        raise UsageError("--write-baseline accepts what a whole run finds; --diff looks at a part")
    from real.linter.changes import since

    return since(options.diff, paths)


def _found(paths: Sequence[str], settings: Settings) -> list[Source]:
    from real.formats.files import find

    return list(find(paths, settings.exclude, settings.root))


def _project(sources: Sequence[Source], settings: Settings) -> Project | None:
    """What is scanned as a project, where it is more than one file."""
    from real.linter.project.modules import Project

    paths = [source.path for source in sources if source.path != "-" and not source.problem]
    return Project(paths, is_library=settings.is_library) if len(paths) > 1 else None


def _scanned(sources: Sequence[Source], scanner: Scanner, jobs: int) -> Iterator[Scanned]:
    """The files one after the other, or on all cores where that takes less time; in their order in any case."""
    jobs = jobs or _cores()
    if jobs == 1 or any(source.path == "-" for source in sources) or not _are_worth_processes(sources):
        return map(scanner.scanned, sources)
    from real.linter.workers import scan_all

    return scan_all(sources, scanner, jobs)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _are_worth_processes(sources: Sequence[Source]) -> bool:
    size = 0
    for source in sources if len(sources) > 1 else ():
        try:
            size += Path(source.path).stat().st_size
        except (OSError, ValueError):
            continue
        if size >= _WORTH_PROCESSES:
            return True
    return False


def _judged(
    program: ScannedProgram, settings: Settings, baseline: Baseline | None, changes: Changes | None
) -> ScannedProgram:
    """The program with the findings marked that are accepted, not new, or less sure than what is asked for."""
    from real.linter.profiles import without_doubtful

    program = baseline.apply(program) if baseline else program
    program = changes.of(program) if changes else program
    return without_doubtful(program, settings.least)


def _repair(program: ScannedProgram, scanner: Scanner, *, writes: bool) -> bool:
    """Show what could be repaired in a program, or do it; returns whether the file has changed."""
    if not program.open:
        return False
    from real.linter.fixes.repair import repaired
    from real.linter.scanning import read

    code = read(program.path)
    if not isinstance(code, str):
        return False
    made = repaired(code, program.open, scanner.rules_for(program.path), scanner.module(program.path))
    if made is None or not made.fits(program.path):
        return False
    if writes:
        try:
            made.write(program.path)
        except UsageError as error:  # one file of many: the others go on
            tell(error.args[0])
            return False
    else:
        console.say(made.diff(program.path).rstrip("\n"))
    done = "repaired" if writes else "could be repaired (--fix --write)"
    tell(f"note: {program.path}: {made.count} finding{'' if made.count == 1 else 's'} {done}")
    return writes


def _write_baseline(path: str, run: Scan) -> None:
    from real.linter.baseline import write

    count = write(path, run.programs)
    tell(f"note: {count} finding{'' if count == 1 else 's'} accepted in {path}")


def _exit_code(run: Scan, settings: Settings, *, counts_findings: bool) -> int:
    from real.types import AnalysisStatus

    if any(program.status is AnalysisStatus.ERROR for program in run.programs):
        return FAILED
    if settings.strict and any(program.not_seen and not program.is_accepted for program in run.programs):
        return FAILED
    return FINDINGS if counts_findings and any(program.open for program in run.programs) else CLEAN


def _checked(options: argparse.Namespace) -> list[str]:
    """The paths; raises ``UsageError`` where one is not there, before anything is scanned."""
    paths: list[str] = options.paths
    if options.stdin_name:
        paths = paths or ["-"]
        if "-" not in paths:
            raise UsageError("--stdin-name is about standard input, which is not scanned", hint="Give - as a path.")
    if not paths:
        raise UsageError("nothing to scan", hint="Give files or directories, or - for standard input.")
    for path in paths:
        if path != "-":
            _must_exist(path)
    return paths


def _must_exist(path: str) -> None:
    try:
        os.stat(path)  # noqa: PTH116 - for a Path, an empty name is the working directory
    except (OSError, ValueError) as error:
        text = getattr(error, "strerror", None) or "cannot be found"
        raise UsageError(f"{text.lower()}: {path}") from None


def command() -> int:
    """``main`` in a process of its own, which is short: looking for garbage so early would be a tenth of its work."""
    gc.set_threshold(100_000, 20, 20)
    code = main()
    gc.freeze()  # the interpreter is about to throw everything away, and need not search it first
    return code
