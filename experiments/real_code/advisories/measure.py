"""``python measure.py FOLDER``: how many of the published vulnerabilities are found, and gone in the fixed release.

Downloads both releases into FOLDER with ``pip download --no-deps`` (a wheel, or else the source), and analyses the file
of the fix, with the rest of its package and without. *Found*: a finding of that weakness, of whatever confidence, in
the function of the fix (or where the fix is at the top of the file, anywhere in it). *Gone*: none in the fixed release.
"""

from __future__ import annotations

import ast
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

from published import PUBLISHED, Published

from real.detector.rules import all_rules
from real.formats.files import Source
from real.formats.files import find as python_files
from real.linter.project.modules import Project
from real.linter.scanning import Scanner


def fetched(package: str, version: str, folder: Path) -> Path | None:
    """The folder of a release; ``None`` where the index does not have it."""
    place = folder / f"{package}-{version}"
    if not place.is_dir():
        for form in ("--only-binary=:all:", "--no-binary=:all:"):
            command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", form, "-d", str(place) + ".dist"]
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


def lines_of(path: Path, function: str) -> list[range]:
    """The lines of the functions of this name; all where no function is named."""
    code = path.read_text(encoding="utf-8", errors="replace")
    if not function:
        return [range(1, code.count("\n") + 2)]
    nodes = (node for node in ast.walk(ast.parse(code)) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))
    return [range(node.lineno, (node.end_lineno or node.lineno) + 1) for node in nodes if node.name == function]


def is_reported(row: Published, version: str, folder: Path, *, with_project: bool) -> bool | None:
    """Whether the weakness is reported in the function of a release; ``None`` where that cannot be asked."""
    place = fetched(row.package, version, folder)
    files = sorted(place.rglob("*.py")) if place is not None else []
    meant = [path for path in files if path.as_posix().endswith("/" + row.file)]
    if not meant:
        return None
    below = [source.path for source in python_files([str(place)])]
    scanner = Scanner(tuple(rule.cwe for rule in all_rules()), project=Project(below) if with_project else None)
    for path in meant:
        records = scanner.scanned(Source(str(path))).program.records
        spans = lines_of(path, row.function)
        if any(record.rule == row.cwe and any(record.line in span for span in spans) for record in records):
            return True
    return False


def main(folder: Path) -> None:
    """Print a line for each advisory, and the counts."""
    counts = {(way, what): 0 for way in ("alone", "project") for what in ("found", "gone")}
    asked = 0
    for row in PUBLISHED:
        shown = []
        for way in ("alone", "project"):
            before, after = (
                is_reported(row, version, folder, with_project=way == "project")
                for version in (row.vulnerable, row.fixed)
            )
            counts[way, "found"] += before is True
            counts[way, "gone"] += before is True and after is False
            shown.append(f"{way}: {before} -> {after}")
        asked += "None" not in shown[0]
        print(row.advisory, row.package, row.cwe, row.file, row.function or "(top)", "; ".join(shown), flush=True)
    print(f"of {asked} that could be asked:", {" ".join(key): count for key, count in counts.items()})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
