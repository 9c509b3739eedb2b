"""``python -m real.typecheck``: type-check Python files, or programs in JSON lines, with warm MyPy workers."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from real.errors import RealError, UsageError
from real.typecheck import VERSION, Checker, report
from real.typecheck.jsonl import serve
from real.types import Analysis, AnalysisStatus

_EPILOG = """\
exit codes: 0 every program is clean; 1 findings, or a program that cannot be analysed; 2 wrong usage, an unreadable
file, or a failure of the checker on one program; 4 the checker cannot start

examples:
  python -m real.typecheck solution.py src/
  python -m real.typecheck --format json - < solution.py
  python -m real.typecheck --jsonl < programs.jsonl > analyses.jsonl
"""


def parser() -> argparse.ArgumentParser:
    """The command line."""
    result = argparse.ArgumentParser(
        prog="python -m real.typecheck",
        description="Type-check programs as `mypy --strict --warn-unreachable` would. Nothing is executed.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    result.add_argument("paths", nargs="*", metavar="PATH", help="Python file, folder of them, or - for standard input")
    result.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    result.add_argument(
        "--jsonl",
        action="store_true",
        help='read lines {"id": …, "code": …} and answer each with {"id", "status", "findings", maybe "reason"}',
    )
    result.add_argument("--preamble", type=Path, metavar="FILE", help="source put before every program")
    result.add_argument("--workers", type=int, default=1, help="warm processes (default: 1)")
    result.add_argument("--version", action="version", version=VERSION)
    return result


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    options = parser().parse_args(argv)
    try:
        if options.jsonl == bool(options.paths):
            raise UsageError("give either paths (- for standard input) or --jsonl", hint="See --help.")
        if options.workers < 1:
            raise UsageError(f"--workers must be at least 1, not {options.workers}")
        preamble = _read_preamble(options.preamble)
        if options.jsonl:
            with Checker(options.workers, preamble) as checker:
                return serve(checker, sys.stdin.buffer, sys.stdout)
        return _check_paths(options.paths, options.workers, preamble, options.format)
    except RealError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        # The reader of our output (head, less) has gone; leave without a message, now or at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return report.EXIT_TROUBLE
    except KeyboardInterrupt:
        return 130


def _check_paths(paths: Sequence[str], workers: int, preamble: str, output: str) -> int:
    files = _expand(paths)
    sources = [(name, _read(path)) for name, path in files]
    programs = [source for _, source in sources if isinstance(source, str)]
    with Checker(workers, preamble) as checker:
        checked = iter(checker.check(programs))
    results = [(name, source if isinstance(source, Analysis) else next(checked)) for name, source in sources]
    if output == "json":
        print(report.as_json(results, VERSION))
    else:
        color = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        print(report.text(results, color))
    return report.exit_code(analysis.status for _, analysis in results)


def _expand(paths: Sequence[str]) -> list[tuple[str, Path | None]]:
    """Names and files; ``None`` is standard input. Folders stand for the Python files below them."""
    files: list[tuple[str, Path | None]] = []
    for name in paths:
        path = Path(name)
        if name == "-":
            files.append(("<stdin>", None))
        elif path.is_dir():
            found = sorted(path.rglob("*.py"))
            if not found:
                raise UsageError(f"no Python files below {name}")
            files.extend((str(file), file) for file in found)
        else:
            files.append((name, path))
    return files


def _read(path: Path | None) -> str | Analysis:
    """The source, or why there is none: an unreadable file does not stop the others."""
    try:
        raw = sys.stdin.buffer.read() if path is None else path.read_bytes()
        return raw.decode()
    except UnicodeDecodeError as error:
        return Analysis(AnalysisStatus.UNANALYZABLE, reason=f"not valid UTF-8: byte {error.start}")
    except OSError as error:
        return Analysis(AnalysisStatus.ERROR, reason=f"cannot be read: {error.strerror}")


def _read_preamble(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the preamble {path} cannot be read: {error}") from None


if __name__ == "__main__":
    sys.exit(main())
