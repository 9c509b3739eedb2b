"""Does the warm checker say what a cold MyPy says? ``python benchmarks/typecheck_agreement.py --data FOLDER``.

Every program is checked in batches by warm workers (policy ``paper``) and by a new ``python -m mypy`` process of its
own, which finds nothing but the standard library's stubs in its cache; ``--cold N`` of them also without any cache.
Compared are status, and line and code of every error. Prints one line per origin and every disagreement; exit code 1 if
there is one.
"""

from __future__ import annotations

import argparse
import random
import re
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from typecheck_corpus import programs

from real.typecheck import VERSION, Checker
from real.typecheck.warm_mypy import FLAGS
from real.types import Analysis, AnalysisStatus

_ERROR = re.compile(r"^program_\d+\.py:(\d+): error: .*?(?:  \[([a-z0-9-]+)\])?$")
Errors = list[tuple[int, str]]


def cold(number: int, code: str, folder: Path, *, cached: bool) -> Errors | str:
    """Errors of a MyPy process of its own, or how it ended if not well."""
    path = folder / f"program_{number}.py"
    path.write_text(code, encoding="utf-8", newline="")
    flags = [flag for flag in FLAGS if not (cached and flag == "--no-incremental")]
    command = [sys.executable, "-m", "mypy", *flags, "--no-error-summary", path.name]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env={}, check=False)
    path.unlink()
    if done.returncode not in (0, 1, 2) or done.stderr:
        return f"exit code {done.returncode} {done.stderr.strip()[-80:]}"
    matches = [_ERROR.match(line) for line in done.stdout.splitlines() if ": error: " in line]
    return sorted((int(match[1]), match[2] or "misc") for match in matches if match)


def agree(analysis: Analysis, expected: Errors | str) -> bool:
    """A program that we do not analyse must be one that MyPy rejects as a whole, or fails on."""
    if analysis.status is AnalysisStatus.ERROR or isinstance(expected, str):
        return analysis.status is AnalysisStatus.ERROR and isinstance(expected, str)
    if analysis.status is AnalysisStatus.UNANALYZABLE:
        return {code for _, code in expected} == {"syntax"}  # MyPy may list several in one program
    return sorted((f.line, f.rule.removeprefix("mypy:")) for f in analysis.findings) == expected


def main() -> int:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of apps_plus, safesql and seccodeplt_plus")
    parser.add_argument(
        "--cold", type=int, default=60, help="programs to check without any cache as well (default: 60)"
    )
    parser.add_argument("--limit", type=int, help="check a random sample of so many programs (default: all)")
    parser.add_argument("--processes", type=int, default=2, help="MyPy processes at a time (default: 2)")
    options = parser.parse_args()
    corpus = programs(options.data)
    items = [(origin, code) for origin, codes in corpus.items() for code in codes]
    if options.limit:
        items = random.Random(0).sample(items, min(options.limit, len(items)))
    codes = [code for _, code in items]
    with Checker(2, policy="paper") as checker:
        warm = checker.check(codes)
    print(f"{VERSION}: {len(items)} programs, {dict(Counter(a.status.value for a in warm))}", flush=True)
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(options.processes) as threads:
        folder = Path(name)
        cold(0, "x = 1\n", folder, cached=True)
        results = list(threads.map(lambda n: cold(n, codes[n], folder, cached=True), range(len(codes))))
        chosen = random.Random(0).sample(range(len(codes)), min(options.cold, len(codes)))
        without = list(threads.map(lambda n: cold(n, codes[n], folder, cached=False), chosen))
    agreed = [agree(analysis, expected) for analysis, expected in zip(warm, results, strict=True)]
    for origin in corpus:
        mine = [ok for (where, _), ok in zip(items, agreed, strict=True) if where == origin]
        print(f"{origin:>12}: {sum(mine)} of {len(mine)} agree")
    fresh = [agree(warm[n], expected) for n, expected in zip(chosen, without, strict=True)]
    print(f"  no cache: {sum(fresh)} of {len(fresh)} agree")
    print(f"       all: {sum(agreed)} of {len(agreed)} agree ({sum(agreed) / len(agreed):.2%})")
    for n in sorted({n for n, ok in [*enumerate(agreed), *zip(chosen, fresh, strict=True)] if not ok}):
        print(f"--- {items[n][0]}\nwarm: {warm[n]}\ncold: {results[n]}\n{codes[n]}")
    return 0 if all(agreed) and all(fresh) else 1


if __name__ == "__main__":
    sys.exit(main())
