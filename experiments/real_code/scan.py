"""Scan the packages below a folder, one a subfolder: ``python experiments/real_code/scan.py SOURCES OUT.jsonl``.

One JSON line a file of code that is no test: package, path, lines, status, what was not seen, seconds of CPU, and every
finding in it with its confidence; what it imports from its package is followed. The files come in an order that a seed
draws, so that a run that is cut is a sample of all: ``--skip`` leaves out as many at its beginning, so that a second
sample shares no file with the first; ``--each`` takes at most so many files of a package, so that a large one does not
outweigh the others. What ``OUT.jsonl`` has already is not scanned again.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import time
from collections import Counter
from pathlib import Path

from real.formats.files import Source
from real.linter.profiles import Profile
from real.linter.project.modules import Project
from real.linter.scanning import Scanner
from real.linter.selection import chosen

_TEST = re.compile(r"(^|/)(tests?|testing|testsuite)/|(^|/)test_[^/]*$|_tests?\.py$|(^|/)conftest\.py$")


def is_test(path: str) -> bool:
    """Whether a path inside a package names a test, by the conventions of pytest, unittest and Django."""
    return _TEST.search(path) is not None


def main() -> None:
    """Run."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("sources", type=Path)
    options.add_argument("out", type=Path)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--skip", type=int, default=0)
    options.add_argument("--each", type=int)
    given = options.parse_args()
    packages = sorted(path for path in given.sources.iterdir() if path.is_dir())
    found = [(package, str(file.relative_to(package))) for package in packages for file in package.rglob("*.py")]
    files = sorted((package, path) for package, path in found if not is_test(path))
    random.Random(given.seed).shuffle(files)
    taken: Counter[Path] = Counter()
    known = set()
    if given.out.exists():
        known = {(row["package"], row["path"]) for row in map(json.loads, given.out.read_text().splitlines())}
    projects = {
        package: Project(str(package / path) for owner, path in files if owner is package) for package in packages
    }
    rules = chosen((), (), Profile.APP, print)
    with given.out.open("a") as out:
        for package, path in files[given.skip :]:
            taken[package] += 1
            if (package.name, path) in known or (given.each is not None and taken[package] > given.each):
                continue
            file = package / path
            start = time.thread_time()
            program = Scanner(rules, project=projects[package]).scanned(Source(str(file))).program
            row = {
                "package": package.name,
                "path": path,
                "lines": file.read_bytes().count(b"\n"),
                "status": program.status.value,
                "not_seen": program.not_seen,
                "seconds": round(time.thread_time() - start, 3),
                "findings": [
                    [record.rule, record.line, record.confidence.value if record.confidence else "", record.message]
                    for record in program.open
                ],
            }
            out.write(json.dumps(row) + "\n")
            out.flush()


if __name__ == "__main__":
    main()
