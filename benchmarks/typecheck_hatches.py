"""False alarms on well-typed code, tricks caught: ``python benchmarks/typecheck_hatches.py --data FOLDER [ROOT ...]``.

Well-typed code is every file below the roots (default: the standard library and the installed packages) that plain MyPy
finds clean, that defines a function, that imports nothing but the standard library (it has to stand alone as a program
does), and in which no word of an escape hatch occurs (``_WORDS``). Whatever the hardened policy finds there is a false
alarm; all are printed. Then the same for files whose siblings are missing, where types from an import that cannot be
followed are set aside. The tricks are those of ``tests/typecheck/hatches.py``. Last, APPS+ references: which share of
them each rule reports.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
import sysconfig
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from typecheck_corpus import starters

from real.typecheck import VERSION, Checker, Submission
from real.types import Analysis, AnalysisStatus

sys.path.append(str(Path(__file__).resolve().parents[1]))  # for the tricks, which are tests first
from tests.typecheck.hatches import MYPY_OBJECTS, PASS_MYPY

_WORDS = re.compile(
    r"\bAny\b|\bIncomplete\b|#\s*type:|# mypy:|\bTYPE_CHECKING\b|\bMYPY\b|no_type_check"
    r"|\b(eval|exec|compile|globals|locals)\(|__import__|import_module"
)
_SIZES = range(200, 150_000)  # bytes
_SKIPPED = {"test", "tests", "idlelib", "lib2to3"}
_BESIDE = {"typing_extensions"}


def files(roots: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    """Paths and sources, each source once."""
    seen: set[str] = set()
    for root in roots:
        for path in sorted(root.rglob("*.py")):
            if path.stat().st_size not in _SIZES or _SKIPPED & set(path.relative_to(root).parts):
                continue
            try:
                code = path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue
            if code not in seen and "\ndef " in f"\n{code}":
                seen.add(code)
                yield path, code


def stands_alone(code: str) -> bool:
    """Whether only the standard library is imported."""
    known = sys.stdlib_module_names | _BESIDE
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import) and any(alias.name.partition(".")[0] not in known for alias in node.names):
            return False
        if isinstance(node, ast.ImportFrom) and (node.level or (node.module or "").partition(".")[0] not in known):
            return False
    return True


def show(title: str, checked: Iterable[tuple[Path, Analysis]], ignored: str = "") -> None:
    """How many have findings other than ``ignored``, and all of those."""
    total, alarms = 0, []
    for path, analysis in checked:
        total += 1
        alarms += [(path, f) for f in analysis.findings if f.rule != ignored]
    print(f"{title}: {total} programs, {len({path for path, _ in alarms})} with findings")
    for path, finding in alarms:
        print(f"  {path}:{finding.line}: {finding.rule} {finding.message}")


def main() -> None:
    """Print every figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of apps_plus")
    parser.add_argument("roots", nargs="*", type=Path, help="folders of Python files")
    options = parser.parse_args()
    roots = options.roots or [Path(sysconfig.get_path(name)) for name in ("stdlib", "purelib")]
    candidates = list(files(roots))
    with Checker(2, policy="paper") as checker:
        plain = checker.check([code for _, code in candidates])
    clean = [item for item, a in zip(candidates, plain, strict=True) if a.status is AnalysisStatus.CLEAN]
    quiet = [(path, code) for path, code in clean if not _WORDS.search(code)]
    alone = [(path, code) for path, code in quiet if stands_alone(code)]
    print(f"{VERSION}: {len(candidates)} files, {len(clean)} clean under paper, {len(quiet)} without a hatch's word")
    with Checker(2, policy="hardened") as checker:
        for title, chosen, ignored in (("standing alone", alone, ""), ("all of these", quiet, "hatch:unimported")):
            found = checker.check([code for _, code in chosen])
            show(title, zip((path for path, _ in chosen), found, strict=True), ignored)
        tricks = list((PASS_MYPY | MYPY_OBJECTS).values())
        caught = checker.check([Submission(t.code, t.starter) for t in tricks])
        hit = sum(trick.rule in {f.rule for f in a.findings} for trick, a in zip(tricks, caught, strict=True))
        print(f"tricks: {hit} of {len(tricks)} caught, {len(PASS_MYPY)} of them pass plain MyPy")
    pairs = starters(options.data)
    with Checker(2, policy="hardened", advice=True) as checker:
        analyses = checker.check([Submission(code, starter, prelude=True) for code, starter in pairs])
    rules = Counter(rule for a in analyses for rule in {f.rule for f in a.findings} if not rule.startswith("mypy:"))
    print(f"APPS+ references: {len(pairs)}, clean: {sum(a.status is AnalysisStatus.CLEAN for a in analyses)}")
    for rule, count in rules.most_common():
        print(f"  {rule}: {count}")


if __name__ == "__main__":
    main()
