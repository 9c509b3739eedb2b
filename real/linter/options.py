"""The options of ``real-detect``."""

from __future__ import annotations

import argparse

from real.detector import VERSION
from real.formats import FORMATS
from real.linter.profiles import Profile
from real.types import Confidence

_EPILOG = """\
exit codes: 0 no finding; 1 findings; 2 wrong usage, something that could not be read, a failure of the analysis, and
with --strict also a file that cannot be analysed; 130 interrupted. With --jsonl: 0 when every line has its answer

[tool.real-detect] in pyproject.toml takes select, ignore, per-path-ignores, profile, min-confidence, exclude, baseline
and strict; an option given here replaces what stands there

examples:
  real-detect src/                                     every *.py below, but not in .venv, node_modules and the like
  real-detect --diff main src/                         only what stands on lines changed since
  real-detect --ignore 770 --exclude tests src/
  real-detect --format sarif src/ > findings.sarif     for editors and code hosts
  real-detect --write-baseline known.json src/         accept what is there now ...
  real-detect --baseline known.json src/               ... and hear only of what is new
  real-detect --fix src/                               show what could be repaired; --fix --write does it
  real-detect --stdin-name src/app.py - < buffer       for editors: an unsaved file
  real-detect --explain 89
"""


def parser() -> argparse.ArgumentParser:
    """The options; those that a file may settle as well are empty where they are not given."""
    made = argparse.ArgumentParser(
        prog="real-detect",
        description="Find vulnerabilities in Python programs by taint analysis. Nothing is executed.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    made.add_argument("paths", nargs="*", metavar="PATH", help="files, directories (walked for *.py), or - for stdin")
    _add_choice(made)
    _add_output(made)
    others = made.add_argument_group("instead of a scan")
    others.add_argument("--explain", metavar="CWE-89", help="what a rule finds, why, and what silences it")
    others.add_argument("--list", action="store_true", help="the rules")
    others.add_argument(
        "--models", metavar="LIBRARY", help="what is known of a library (flask, psycopg ...), or of all"
    )
    others.add_argument("--jsonl", action="store_true", help='stdin lines {"id", "code"} to stdout lines with findings')
    others.add_argument("--version", action="version", version=f"real-detect {VERSION}")
    return made


def _add_choice(made: argparse.ArgumentParser) -> None:
    group = made.add_argument_group("what is reported")
    group.add_argument(
        "--select", action="append", metavar="RULES", help="only these (89,CWE-79); extended: those beyond the paper"
    )
    group.add_argument("--ignore", action="append", metavar="RULES", help="all but these")
    group.add_argument("--profile", choices=[*Profile], help="who asks (default: app); reward: everything")
    group.add_argument("--min-confidence", choices=[*Confidence], help="how sure a finding is at least (app: medium)")
    group.add_argument("--exclude", action="append", metavar="GLOB", help="leave out: tests, *_pb2.py, src/gen/*")
    group.add_argument("--diff", metavar="REV", help="only what stands on lines changed since this revision of git")
    group.add_argument("--baseline", metavar="FILE", help="hide what this file accepts")
    group.add_argument("--write-baseline", metavar="FILE", help="accept what this run finds in this file")
    group.add_argument("--strict", action="store_true", help="exit code 2 if a file cannot be analysed")
    group.add_argument(
        "--no-project", action="store_true", help="look at each file by itself, without what it imports from the others"
    )
    group.add_argument("--isolated", action="store_true", help="read no pyproject.toml")


def _add_output(made: argparse.ArgumentParser) -> None:
    group = made.add_argument_group("how")
    group.add_argument("--format", choices=FORMATS, default="text", help="output (default: text)")
    group.add_argument("--fix", action="store_true", help="show what could be repaired as a diff; changes nothing")
    group.add_argument("--write", action="store_true", help="with --fix: change the files")
    group.add_argument("--jobs", type=int, default=0, metavar="N", help="processes (default: one for each core)")
    group.add_argument("--stdin-name", metavar="PATH", help="what standard input is called in the output")
