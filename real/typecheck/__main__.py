"""``python -m real.typecheck``: check Python files, or programs in JSON lines, with warm MyPy workers."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from real import source_text
from real.errors import RealError, UsageError
from real.formats import FORMATS, render
from real.formats.files import STDIN_ARGUMENT, Source, find, is_folder
from real.formats.record import (
    EXIT_CLEAN,
    EXIT_FAILED,
    STDIN,
    RulePage,
    Scan,
    ScannedProgram,
    Tool,
    exit_code,
    program_of,
)
from real.io import console
from real.source_text import SourceTextError
from real.typecheck import VERSION, Checker
from real.typecheck.config import Policy
from real.typecheck.jsonl import serve
from real.typecheck.submission import Submission
from real.types import Analysis, AnalysisStatus

_EPILOG = """\
exit codes: 0 every program is clean; 1 findings; 2 wrong usage, or a program that cannot be analysed; 4 the checker
cannot start. With --jsonl: 0 when every line has its answer, which holds the verdict

examples:
  python -m real.typecheck solution.py src/
  python -m real.typecheck --policy paper --format json - < solution.py
  python -m real.typecheck --starter starter.py --format github solution.py
  python -m real.typecheck --jsonl < programs.jsonl > analyses.jsonl
  python -m real.typecheck --explain hatch:any
"""


def parser() -> argparse.ArgumentParser:
    """The command line."""
    result = argparse.ArgumentParser(
        prog="python -m real.typecheck",
        description="Check types, signatures and ways around the checker, as the reward does. Nothing is executed.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    result.add_argument("paths", nargs="*", metavar="PATH", help="Python file, folder of them, or - for standard input")
    result.add_argument("--format", choices=FORMATS, default="text", help="default: text")
    result.add_argument(
        "--jsonl",
        action="store_true",
        help='read lines {"id", "code", maybe "starter_code", "prelude", "setup"} and answer each with '
        '{"id", "status", "findings", …}',
    )
    result.add_argument(
        "--policy", choices=[*Policy], default=Policy.hardened, help="what fails a program (default: hardened)"
    )
    result.add_argument("--starter", type=Path, metavar="FILE", help="starter code that signatures are held against")
    result.add_argument(
        "--prelude",
        action="store_true",
        help="the tests supply the usual imports of contests (List, math, deque), as those of APPS+ do",
    )
    result.add_argument("--setup", type=Path, metavar="FILE", help="code that the tests run before every program")
    result.add_argument(
        "--advice",
        action=argparse.BooleanOptionalAction,
        help="also show what fails no program: unused code, names (default: for paths, not for --jsonl)",
    )
    result.add_argument("--workers", type=int, default=1, help="warm processes (default: 1)")
    result.add_argument("--explain", metavar="CODE", help="what a code means, why it matters and what to do")
    result.add_argument("--list", action="store_true", help="the codes beside MyPy's own")
    result.add_argument("--version", action="version", version=VERSION)
    return result


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    console.protect()
    options = parser().parse_args(argv)
    try:
        return _run(options)
    except RealError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        console.forget_reader()
        return EXIT_FAILED
    except OSError as error:
        print(f"error: cannot go on: {error}", file=sys.stderr)  # a full disk behind standard output
        return EXIT_FAILED
    except KeyboardInterrupt:
        return 130


def _run(options: argparse.Namespace) -> int:
    if options.explain or options.list:
        return _explain(options.explain)
    if options.jsonl == bool(options.paths):
        raise UsageError("give either paths (- for standard input) or --jsonl", hint="See --help.")
    if options.workers < 1:
        raise UsageError(f"--workers must be at least 1, not {options.workers}")
    starter = _text(options.starter, "starter code") if options.starter else None
    setup = _text(options.setup, "set-up code") if options.setup else ""
    defaults = Submission("", starter, options.prelude, setup)
    advice = options.advice if options.advice is not None else not options.jsonl
    with Checker(options.workers, policy=options.policy, advice=advice) as checker:
        if options.jsonl:
            return serve(checker, sys.stdin.buffer, sys.stdout, defaults)
        run = _check_paths(checker, options.paths, defaults)
    console.say(render(options.format, run))
    return exit_code(program.status for program in run.programs)


def _explain(code: str | None) -> int:
    from real.typecheck.hardened import catalogue

    if code:
        print(catalogue.rule(code).page)
    else:
        for rule in catalogue.RULES.values():
            print(f"{rule.code:<24} {'' if rule.fails else 'advice: '}{rule.title}")
    return EXIT_CLEAN


def _tool() -> Tool:
    from real.typecheck.hardened import catalogue

    def describe(code: str) -> RulePage:
        found = catalogue.rule(code)
        return RulePage(found.title, f"{found.why} {found.fix}", found.page)

    return Tool("real-typecheck", VERSION, describe, catalogue.is_advice)


def _check_paths(checker: Checker, paths: Sequence[str], defaults: Submission) -> Scan:
    for path in paths:
        if is_folder(path) and not any(find([path])):
            raise UsageError(f"no Python files below {path}")
    files = list(find(paths))
    sources = [_read(file) for file in files]
    checked = iter(checker.check([defaults._replace(code=source) for source in sources if isinstance(source, str)]))
    tool = _tool()
    return Scan(tool, [_program(file, source, checked, tool) for file, source in zip(files, sources, strict=True)])


def _program(file: Source, source: str | Analysis, checked: Iterator[Analysis], tool: Tool) -> ScannedProgram:
    name = STDIN if file.path == STDIN_ARGUMENT else file.path
    if isinstance(source, Analysis):
        return program_of(name, "", source, tool)
    return program_of(name, source, next(checked), tool)


def _read(file: Source) -> str | Analysis:
    """The source, or why there is none: an unreadable file does not stop the others."""
    if file.problem:
        return Analysis(AnalysisStatus.ERROR, reason=file.problem)
    try:
        raw = sys.stdin.buffer.read() if file.path == STDIN_ARGUMENT else Path(file.path).read_bytes()
        return source_text.decode(raw)
    except SourceTextError as error:
        return Analysis(AnalysisStatus.UNANALYZABLE, reason=str(error))
    except OSError as error:
        return Analysis(AnalysisStatus.ERROR, reason=f"cannot be read: {error.strerror}")


def _text(path: Path, what: str) -> str:
    try:
        return source_text.decode(path.read_bytes())
    except (OSError, SourceTextError) as error:
        raise UsageError(f"the {what} {path} cannot be read: {error}") from None


if __name__ == "__main__":
    sys.exit(main())
