"""The command line: ``python -m real.detector PATH...``; exit code 0 clean, 1 findings, 2 something not scanned."""

from __future__ import annotations

import argparse
import os
import sys
import tokenize
from collections.abc import Iterator, Sequence
from pathlib import Path

from real.detector import VERSION, scan
from real.detector.rules import all_rules, select_rules
from real.errors import RealError, UsageError
from real.types import AnalysisStatus

CLEAN, FINDINGS, FAILED = 0, 1, 2


def parser() -> argparse.ArgumentParser:
    """The options."""
    made = argparse.ArgumentParser(
        prog="real-detect",
        description="Find vulnerabilities in Python programs by taint analysis.",
        epilog="Exit codes: 0 clean, 1 findings, 2 usage error or a file that could not be analysed.",
    )
    made.add_argument("paths", nargs="*", metavar="PATH", help="files, directories (walked for *.py), or - for stdin")
    made.add_argument("--format", choices=("text", "json", "sarif"), default="text", help="output (default: text)")
    made.add_argument("--select", action="append", metavar="CWE-89[,...]", help="only these rules")
    made.add_argument("--jsonl", action="store_true", help='stdin lines {"id", "code"} to stdout lines with findings')
    made.add_argument("--explain", metavar="CWE-89", help="what a rule finds, why, and what silences it")
    made.add_argument("--list", action="store_true", help="the rules")
    made.add_argument("--version", action="version", version=f"real-detect {VERSION}")
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    options = parser().parse_args(argv)
    try:
        return _run(options)
    except RealError as error:
        print(f"real-detect: {error}", file=sys.stderr)
        return FAILED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader has left, as `head` does
        return FAILED


def _run(options: argparse.Namespace) -> int:
    select = [name.strip() for part in options.select or () for name in part.split(",")] or None
    rules = select_rules(select)
    if options.list:
        for rule in all_rules():
            print(f"{rule.cwe:<9} {rule.title}")
        return CLEAN
    if options.explain:
        print(select_rules([options.explain])[0].doc.strip())
        return CLEAN
    if options.jsonl:
        return _batch(select)
    if not options.paths:
        raise UsageError("nothing to scan", hint="Give files or directories, or - for standard input.")
    from real.detector.formats import FileReport, as_json, as_sarif, as_text
    from real.detector.suppress import without_ignored

    reports = []
    problems = 0
    for path in _files(options.paths):
        code = _read(path)
        if code is None:
            problems += 1
            continue
        analysis = without_ignored(code, scan(code, select=select))
        reports.append(FileReport(path, code, analysis))
        if analysis.status in (AnalysisStatus.UNANALYZABLE, AnalysisStatus.ERROR):
            problems += 1
            print(f"real-detect: {path}: {analysis.status.value}: {analysis.reason}", file=sys.stderr)
    if options.format == "json":
        print(as_json(reports))
    elif options.format == "sarif":
        print(as_sarif(reports, rules, VERSION))
    else:
        print(as_text(reports))
    if problems:
        return FAILED
    return FINDINGS if any(report.analysis.findings for report in reports) else CLEAN


def _batch(select: list[str] | None) -> int:
    from real.detector.jsonl import scan_lines

    for line in scan_lines(sys.stdin.buffer, select):
        print(line, flush=True)
    return CLEAN


def _files(paths: Sequence[str]) -> Iterator[str]:
    """The files meant, each once, directories in sorted order; raises ``UsageError`` for a path that is not there."""
    seen: set[str] = set()
    for name in paths:
        path = Path(name)
        if name == "-":
            found = ["-"]
        elif path.is_dir():
            found = [str(file) for file in sorted(path.rglob("*.py")) if file.is_file()]
        elif path.exists():
            found = [name]
        else:
            raise UsageError(f"no such file or directory: {name}")
        for file in found:
            if file not in seen:
                seen.add(file)
                yield file


def _read(path: str) -> str | None:
    """The source, decoded as Python would; ``None``, with a message, if it cannot be read."""
    try:
        if path == "-":
            return sys.stdin.read()
        with tokenize.open(path) as file:
            return file.read()
    except (OSError, SyntaxError, UnicodeError) as error:
        print(f"real-detect: {path}: cannot be read: {error}", file=sys.stderr)
        return None


if __name__ == "__main__":
    sys.exit(main())
