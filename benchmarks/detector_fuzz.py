"""Does any program crash, hang or unsettle the detector? ``python benchmarks/detector_fuzz.py 50000``.

Mutates the rule fixtures, files of the standard library and of site-packages: lines and tokens are dropped, copied,
swapped between programs, syntax trees are spliced, and functions are made to call themselves. A failure is a status
``error``, more than ``--seconds`` of CPU time, a recursion without end of the detector's own (a flat program that is
"nested too deeply"), or another answer from a second process with another hash seed; each is written to
``--failures`` with its program, to become a test. Line ``i`` of ``--failures`` depends on ``--seed`` and ``i`` only.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import copy
import json
import os
import random
import subprocess
import sys
import sysconfig
import time
from collections import Counter
from pathlib import Path

from real.detector import scan
from real.types import Analysis, AnalysisStatus

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "detector"))
from recursion import FORMS, recursive

ROOT = Path(__file__).parent.parent
MAX_SIZE = 20_000  # characters of a library file that is mutated
FLAT = 50  # levels of a syntax tree that can be followed by recursion


def corpus(count: int) -> list[str]:
    """The fixtures and ``count`` library files, readable and not too long."""
    texts = [path.read_text() for path in sorted((ROOT / "tests" / "fixtures" / "detector").rglob("*.py"))]
    paths = sysconfig.get_paths()
    files = sorted({*Path(paths["stdlib"]).glob("**/*.py"), *Path(paths["purelib"]).glob("**/*.py")})
    random.Random(0).shuffle(files)
    for path in files:
        if len(texts) >= count:
            break
        try:
            text = path.read_text()
        except (OSError, UnicodeError):
            continue
        texts.append(text)
    return texts


def mutated(rng: random.Random, texts: list[str]) -> str:
    """One program that has been tampered with."""
    small = rng.choice(texts)
    code = small if len(small) <= MAX_SIZE else small[:MAX_SIZE]
    if rng.random() < 0.1:
        with contextlib.suppress(SyntaxError, ValueError, RecursionError):
            return recursive(code, rng.choice(FORMS), rng.choice)
    if rng.random() < 0.4:
        spliced = _spliced(rng, code, rng.choice(texts)[:MAX_SIZE])
        if spliced is not None:
            return spliced
    lines, others = code.splitlines(), rng.choice(texts)[:MAX_SIZE].splitlines() or [""]
    for _ in range(rng.randint(1, 6)):
        if not lines:
            break
        at = rng.randrange(len(lines))
        action = rng.randrange(5)
        if action == 0:
            del lines[at : at + rng.randint(1, 4)]
        elif action == 1:
            lines.insert(at, rng.choice(others))
        elif action == 2:
            other = rng.randrange(len(lines))
            lines[at], lines[other] = lines[other], lines[at]
        elif action == 3:
            words = lines[at].split(" ")
            words[rng.randrange(len(words))] = rng.choice(rng.choice(others).split(" "))
            lines[at] = " ".join(words)
        else:
            position = rng.randint(0, len(lines[at]))
            lines[at] = (
                lines[at][:position] + chr(rng.choice((9, 34, 39, 40, 41, 58, 92, 0x202E))) + lines[at][position:]
            )
    return "\n".join(lines)


def _spliced(rng: random.Random, code: str, other: str) -> str | None:
    """A syntax tree in which nodes have been replaced by nodes of another one of the same sort."""
    try:
        tree, donor = ast.parse(code), ast.parse(other)
    except (SyntaxError, ValueError):
        return None
    donors = [node for node in ast.walk(donor) if isinstance(node, (ast.expr, ast.stmt))]
    holders = [node for node in ast.walk(tree) if isinstance(node, (ast.expr, ast.stmt, ast.Module))]
    if not donors or not holders:
        return None
    for _ in range(rng.randint(1, 5)):
        holder = rng.choice(holders)
        for name, value in ast.iter_fields(holder):
            new = copy.deepcopy(rng.choice(donors))
            kind: type[ast.AST] = ast.stmt if isinstance(new, ast.stmt) else ast.expr
            if isinstance(value, kind) and rng.random() < 0.5:
                setattr(holder, name, new)
            elif isinstance(value, list) and value and isinstance(value[0], kind):
                value[rng.randrange(len(value))] = new
    try:
        return ast.unparse(tree)
    except (ValueError, AttributeError, TypeError, RecursionError):
        return None


def is_flat(code: str) -> bool:
    """Whether the syntax tree of a program has few levels."""
    level: list[ast.AST] = [ast.parse(code)]
    for _ in range(FLAT):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
    return not level


def digest(analysis: Analysis) -> tuple[object, ...]:
    """What must be the same in every process."""
    findings = [(f.rule, f.line, f.message, [(step.line, step.note) for step in f.trace]) for f in analysis.findings]
    return analysis.status.value, findings, analysis.reason


class Other:
    """The detector in another process, with another order of every set and dictionary of strings."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "real.detector", "--jsonl"]
        environment = os.environ | {"PYTHONHASHSEED": "4321", "PYTHONPATH": str(ROOT)}
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )

    def ask(self, code: str) -> None:
        """Send a program."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"id": 0, "code": code}) + "\n")
        self._process.stdin.flush()

    def answer(self) -> tuple[object, ...]:
        """The digest of the program sent last."""
        assert self._process.stdout is not None
        record = json.loads(self._process.stdout.readline())
        findings = [
            (f["cwe"], f["line"], f["message"], [(step["line"], step["note"]) for step in f["trace"]])
            for f in record["findings"]
        ]
        return record["status"], findings, record.get("reason", "")


def main() -> None:
    """Run the benchmark."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("count", type=int)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--seconds", type=float, default=10.0, help="more CPU time than this is a hang")
    options.add_argument("--files", type=int, default=1600, help="fixtures and library files to start from")
    options.add_argument("--start", type=int, default=0, help="go on from this number")
    options.add_argument("--failures", type=Path)
    chosen = options.parse_args()
    texts = corpus(chosen.files)
    statuses: Counter[str] = Counter()
    problems: Counter[str] = Counter()
    slowest = 0.0
    failures = chosen.failures.open("w") if chosen.failures else None
    other = Other()
    for number in range(chosen.start, chosen.count + len(texts)):
        rng = random.Random(f"{chosen.seed}/{number}")
        code = texts[number] if number < len(texts) else mutated(rng, texts)
        other.ask(code)
        start = time.process_time()
        first = scan(code)
        spent = time.process_time() - start
        slowest = max(slowest, spent)
        statuses[first.status.value] += 1
        wrong = []
        if first.status is AnalysisStatus.ERROR:
            wrong.append("error")
        if first.reason.endswith("too deeply to analyse") and is_flat(code):
            wrong.append("endless recursion")
        if spent > chosen.seconds:
            wrong.append("hang")
        if other.answer() != digest(first):
            wrong.append("nondeterminism")
        problems.update(wrong)
        if wrong and failures is not None:
            record = {"number": number, "wrong": wrong, "seconds": spent, "reason": first.reason, "code": code}
            print(json.dumps(record), file=failures, flush=True)
        if number % 1000 == 999:
            print(f"{number + 1} programs, {dict(statuses)}, slowest {slowest:.2f} s, {dict(problems)}", flush=True)
    wrong_ones = dict(problems) or "none wrong"
    scanned = chosen.count + len(texts) - chosen.start
    print(f"{scanned} programs: {dict(statuses)}; slowest {slowest:.2f} s CPU; {wrong_ones}")


if __name__ == "__main__":
    main()
