"""The command line: ``real-detect PATH...``; exit code 0 clean, 1 findings, 2 something not scanned."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from real.detector import VERSION
from real.errors import RealError, UsageError
from real.formats import FORMATS
from real.formats.lines import printable
from real.io import console

if TYPE_CHECKING:  # loaded where they are needed: --version and --explain take none of them
    from real.formats.record import Scan
    from real.linter.baseline import Baseline

CLEAN, FAILED, INTERRUPTED = 0, 2, 130

_EPILOG = """\
exit codes: 0 clean; 1 findings; 2 wrong usage, or a file that could not be analysed. With --jsonl: 0 when every line
has its answer, which holds the verdict

examples:
  real-detect src/                                     every *.py below, but not in .venv, node_modules and the like
  real-detect --ignore CWE-770 --exclude tests src/
  real-detect --format sarif src/ > findings.sarif     for code hosts and editors
  real-detect --write-baseline known.json src/         accept what is there now ...
  real-detect --baseline known.json src/               ... and hear only of what is new
  real-detect --stdin-name src/app.py - < buffer       for editors: an unsaved file
  real-detect --jsonl < programs.jsonl > verdicts.jsonl
  real-detect --explain CWE-89
"""


def parser() -> argparse.ArgumentParser:
    """The options."""
    made = argparse.ArgumentParser(
        prog="real-detect",
        description="Find vulnerabilities in Python programs by taint analysis. Nothing is executed.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("paths", nargs="*", metavar="PATH", help="files, directories (walked for *.py), or - for stdin")
    made.add_argument("--format", choices=FORMATS, default="text", help="output (default: text)")
    made.add_argument(
        "--select",
        action="append",
        default=[],
        metavar="CWE-89[,...]",
        help="only these rules; extended: those beyond the paper",
    )
    made.add_argument("--ignore", action="append", default=[], metavar="CWE-89[,...]", help="all but these rules")
    made.add_argument(
        "--exclude",
        action="append",
        default=[],
        metavar="GLOB",
        help="leave out files and directories: tests, *_pb2.py, src/gen/*",
    )
    made.add_argument("--baseline", metavar="FILE", help="hide the findings that this file accepts")
    made.add_argument("--write-baseline", metavar="FILE", help="accept the findings of this run in this file")
    made.add_argument("--stdin-name", metavar="PATH", help="what standard input is called in the output")
    made.add_argument("--jsonl", action="store_true", help='stdin lines {"id", "code"} to stdout lines with findings')
    made.add_argument("--explain", metavar="CWE-89", help="what a rule finds, why, and what silences it")
    made.add_argument("--models", metavar="LIBRARY", help="what is known of a library (flask, psycopg ...), or of all")
    made.add_argument("--list", action="store_true", help="the rules")
    made.add_argument("--version", action="version", version=f"real-detect {VERSION}")
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    console.protect()
    options = parser().parse_args(argv)
    try:
        return _run(options)
    except RealError as error:
        _tell(error.args[0], error.hint)
        return FAILED
    except BrokenPipeError:
        console.forget_reader()
        return FAILED
    except OSError as error:
        _tell(f"cannot go on: {error}")  # a full disk behind standard output, or no working directory
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED


def _run(options: argparse.Namespace) -> int:
    from real.detector.models.document import model, page
    from real.detector.rules import all_rules, extended_rules, select_rules
    from real.linter.selection import chosen, rule_id

    if options.models:
        console.say(page().rstrip() if options.models == "all" else model(options.models))
        return CLEAN
    if options.explain:
        console.say(select_rules([rule_id(options.explain)])[0].doc.strip())
        return CLEAN
    rules = chosen(options.select, options.ignore)
    if options.list:
        for rule in all_rules():
            console.say(f"{rule.cwe:<9} {rule.title}")
        for rule in extended_rules():
            console.say(f"{rule.cwe:<9} {rule.title} (--select extended)")
        return CLEAN
    return _batch(options, rules) if options.jsonl else _scan(options, rules)


def _batch(options: argparse.Namespace, rules: Sequence[str]) -> int:
    from real.linter.jsonl import scan_lines

    others = ("paths", "exclude", "baseline", "write_baseline", "stdin_name")
    if any(getattr(options, name) for name in others):
        raise UsageError("--jsonl reads standard input; it takes no paths, baseline, --exclude or --stdin-name")
    if sys.stdin is None:
        raise UsageError("--jsonl reads standard input, which is closed")
    for line in scan_lines(sys.stdin.buffer, rules):
        console.say(line)
    return CLEAN


def _scan(options: argparse.Namespace, rules: Sequence[str]) -> int:
    from real.formats import render
    from real.formats.files import find
    from real.formats.record import STDIN, Scan, exit_code
    from real.linter.scanning import programs, tool_of

    paths = _checked(options)
    base = _baseline(options.baseline)
    tool = tool_of(rules)
    made = list(programs(find(paths, options.exclude), tool, base, options.stdin_name or STDIN, _tell))
    if not made:
        _tell(f"note: no Python files in {', '.join(paths)}")
    run = Scan(tool, made, base.absent(rules) if base else None)
    code = exit_code(program.status for program in made)
    if options.write_baseline:
        _write_baseline(options.write_baseline, run)
        code = code if code == FAILED else CLEAN
    else:
        console.say(render(options.format, run))
    if options.write_baseline or options.format in ("json", "sarif"):
        _tell_people(run)
    return code


def _baseline(path: str | None) -> Baseline | None:
    if path is None:
        return None
    from real.linter.baseline import load

    return load(path)


def _write_baseline(path: str, run: Scan) -> None:
    from real.linter.baseline import write

    count = write(path, run.programs)
    _tell(f"note: {count} finding{'' if count == 1 else 's'} accepted in {path}")


def _tell_people(run: Scan) -> None:
    """What the text format says beside findings, where standard output is for programs."""
    from real.formats.summary import baseline_summary

    for program in run.programs:
        if program.reason:
            _tell(f"{program.path}: {program.status.value}: {program.reason}")
    if run.absent is not None:
        _tell(f"note: {baseline_summary(run)}")


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
    except OSError as error:
        raise UsageError(f"{(error.strerror or 'cannot be found').lower()}: {path}") from None


def _tell(text: str, hint: str = "") -> None:
    """One message on standard error, on one line (and the hint on another) whatever characters a path in it has."""
    print(f"real-detect: {printable(text)}", file=sys.stderr)
    if hint:
        print(f"  {printable(hint)}", file=sys.stderr)


def command() -> int:
    """``main`` in a process of its own, which is short: looking for garbage so early would be a tenth of its work."""
    gc.set_threshold(100_000, 20, 20)
    code = main()
    gc.freeze()  # the interpreter is about to throw everything away, and need not search it first
    return code
