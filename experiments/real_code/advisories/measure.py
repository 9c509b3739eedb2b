"""Published vulnerabilities that are found, and gone in the fixed release; bandit beside it.

``python measure.py run FOLDER RESULTS.jsonl [--bandit BANDIT] [--half read] [ADVISORY ...]`` downloads both releases
of each into FOLDER with ``pip download --no-deps`` (a wheel, or else the source), analyses the file of the fix with
what it imports from its package, and adds a line for each release to RESULTS. What is there is not measured again.
``python measure.py table RESULTS.jsonl`` prints the counts.

*Found*: a finding of that weakness, of whatever confidence, in a function of the fix (or where the fix is at the top of
the file, anywhere in it). *Gone*: none in the fixed release. *Through*: as well a finding at a sink elsewhere, another
file of the package included, whose data pass through a function of the fix.
"""

from __future__ import annotations

import argparse
import ast
import json
import subprocess
import sys
import tarfile
import time
import zipfile
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from published import Published, published

from real.detector.families import family, rule_of
from real.detector.rules import all_rules, extended_rules
from real.formats.files import Source
from real.formats.files import find as python_files
from real.linter.project.modules import Project
from real.linter.scanning import Scanner

_BINARY = "--only-binary=:all:"
_OLDER = ("--platform", "manylinux1_x86_64", "--platform", "manylinux2014_x86_64", "--implementation", "cp")
_FORMS = (
    (_BINARY,),
    *((_BINARY, "--python-version", version, *_OLDER) for version in ("3.7", "3.9", "2.7")),
    ("--no-binary=:all:",),
)


def fetched(package: str, version: str, folder: Path) -> Path | None:
    """The folder of a release; ``None`` where the index does not have it."""
    place = folder / f"{package}-{version}"
    if not place.is_dir():
        for form in _FORMS:
            command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", *form, "-d", str(place) + ".dist"]
            if subprocess.run([*command, f"{package}=={version}"], check=False, capture_output=True).returncode == 0:
                break
        else:
            return None
        (archive,) = Path(str(place) + ".dist").iterdir()
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as packed:
                packed.extractall(place)
        else:
            with tarfile.open(archive) as tar:
                tar.extractall(place, filter="data")
    return place


def file_of(row: Published, place: Path) -> Path | None:
    """The file of the fix in a release; ``None`` where the release has not got it."""
    found = [
        path
        for path in sorted(place.rglob("*.py"))
        if f"/{path.relative_to(place).as_posix()}".endswith(f"/{row.file}")
    ]
    return next((path for path in found if ".data/" not in path.as_posix()), None)


def lines_of(code: str, functions: Sequence[str]) -> list[range]:
    """The lines of the functions of these names; all where none is named."""
    if not functions:
        return [range(1, code.count("\n") + 2)]
    spans = []

    def visit(node: ast.AST, dotted: str) -> None:
        for child in ast.iter_child_nodes(node):
            name = dotted
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                name = f"{dotted}.{child.name}"
                if not isinstance(child, ast.ClassDef) and any(name.endswith(f".{wanted}") for wanted in functions):
                    first = min((child.lineno, *(decorator.lineno for decorator in child.decorator_list)))
                    spans.append(range(first, (child.end_lineno or child.lineno) + 1))
            visit(child, name)

    visit(ast.parse(code), "")
    return spans


def measured(row: Published, version: str, folder: Path, bandit: str) -> dict[str, object]:
    """What is found in the file of the fix of one release."""
    key: dict[str, object] = {"advisory": row.advisory, "version": version}
    place = fetched(row.package, version, folder)
    path = place and file_of(row, place)
    if path is None or place is None:
        return {**key, "status": "the index has no such release" if place is None else "no such file"}
    code = path.read_text(encoding="utf-8", errors="replace")
    try:
        spans = lines_of(code, row.functions)
    except SyntaxError:
        return {**key, "status": "another version of Python"}
    rules = tuple(rule.cwe for rule in (*all_rules(), *extended_rules()))
    scanner = Scanner(rules, project=Project([source.path for source in python_files([str(place)])], is_library=True))
    start = time.process_time()
    scanned = scanner.scanned(Source(str(path)))

    def is_inside(line: int) -> bool:
        return any(line in span for span in spans)

    found = [
        {
            "rule": record.rule,
            "line": record.line,
            "inside": program is scanned.program and is_inside(record.line),
            "through": any(step.path in own and is_inside(step.line) for step in record.trace),
            "confidence": record.confidence.value if record.confidence else "",
            "message": record.message,
        }
        for program, own in ((scanned.program, ("", str(path))), *((other, (str(path),)) for other in scanned.others))
        for record in program.records
    ]
    seconds = round(time.process_time() - start, 1)
    result = {**key, "status": scanned.program.status.value, "seconds": seconds, "found": found}
    if bandit:
        told = subprocess.run([bandit, "-q", "-f", "json", str(path)], check=False, capture_output=True, text=True)
        result["bandit"] = [
            {
                "cwe": f"CWE-{issue['issue_cwe'].get('id', '')}",
                "line": issue["line_number"],
                "inside": is_inside(issue["line_number"]),
                "test": issue["test_id"],
            }
            for issue in json.loads(told.stdout)["results"]
        ]
    return result


def run(arguments: argparse.Namespace) -> None:
    """Measure what is not yet in RESULTS, and add it."""
    out = Path(arguments.results)
    done = {(line["advisory"], line["version"]) for line in _lines(out)} if out.exists() else set()
    with out.open("a", encoding="utf-8") as file:
        for row in published():
            if (arguments.half and row.half != arguments.half) or (
                arguments.advisories and row.advisory not in arguments.advisories
            ):
                continue
            for version in (row.vulnerable, row.fixed):
                if (row.advisory, version) not in done:
                    file.write(json.dumps(measured(row, version, Path(arguments.folder), arguments.bandit)) + "\n")
                    file.flush()


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _bandit_says(issue: dict[str, Any], cwe: str) -> bool:
    """bandit names weaknesses of its own choice: a relative counts."""
    return rule_of(issue["cwe"]) == cwe or rule_of(issue["cwe"]) in family(cwe)


def verdicts(row: Published, results: dict[tuple[str, str], dict[str, Any]]) -> dict[str, tuple[bool, bool]]:
    """For each tool and reading: whether it is found, and whether it is found and gone in the fixed release."""
    before, after = (results.get((row.advisory, version), {}) for version in (row.vulnerable, row.fixed))

    def ours(result: dict[str, Any], rules: Iterable[str] = (row.cwe,), *, wide: bool = False) -> bool:
        return any(
            (one["inside"] or (wide and one.get("through"))) and one["rule"] in rules for one in result.get("found", ())
        )

    def bandit(result: dict[str, Any]) -> bool:
        return any(one["inside"] and _bandit_says(one, row.cwe) for one in result.get("bandit", ()))

    ways = {
        "ours": [ours(result) for result in (before, after)],
        "ours, or through": [ours(result, wide=True) for result in (before, after)],
        "ours, a relative": [ours(result, (row.cwe, *family(row.cwe))) for result in (before, after)],
        "bandit": [bandit(result) for result in (before, after)],
    }
    return {way: (found, found and not still) for way, (found, still) in ways.items()}


def table(arguments: argparse.Namespace) -> None:
    """Print the counts of RESULTS: for each list and half, and for each weakness in the second list."""
    results = {(line["advisory"], line["version"]): line for line in _lines(Path(arguments.results))}
    counts: Counter[tuple[str, str, str]] = Counter()
    rows = [row for row in published() if (row.advisory, row.vulnerable) in results]
    for row in rows:
        verdict = verdicts(row, results)
        groups = (f"{row.list} list, {row.half} half", *([row.cwe] if row.list == "second" else []))
        for group in groups:
            counts[group, "", "rows"] += 1
            for way, (found, gone) in verdict.items():
                counts[group, way, "found"] += found
                counts[group, way, "gone"] += gone
        if arguments.each:
            found, gone = verdict["ours"]
            print(row.half, row.advisory, row.package, row.cwe, row.file, " ".join(row.functions) or "(top)",
                  "gone" if gone else "found" if found else "missed")  # fmt: skip
    ways = tuple(verdict)
    print("| | rows |", " | ".join(f"{way}: found / gone" for way in ways), "|")
    print("|---" * (len(ways) + 2) + "|")
    for group in sorted({group for group, _, _ in counts}):
        cells = [f"{counts[group, way, 'found']} / {counts[group, way, 'gone']}" for way in ways]
        print(f"| {group} | {counts[group, '', 'rows']} |", " | ".join(cells), "|")


def main() -> None:
    """Run or print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    to_run = commands.add_parser("run")
    to_run.add_argument("folder")
    to_run.add_argument("results")
    to_run.add_argument("advisories", nargs="*")
    to_run.add_argument("--bandit", default="")
    to_run.add_argument("--half", default="")
    to_run.set_defaults(command=run)
    to_print = commands.add_parser("table")
    to_print.add_argument("results")
    to_print.add_argument("--each", action="store_true")
    to_print.set_defaults(command=table)
    arguments = parser.parse_args()
    arguments.command(arguments)


if __name__ == "__main__":
    main()
