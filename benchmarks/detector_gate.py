"""Proof that a change leaves verdicts alone: ``python benchmarks/detector_gate.py record|compare [--quick]``.

``record`` writes what the detector says of every program at hand (status, and for each finding its CWE, its line and
the first and the last line of its trace) to ``.gate/verdicts.jsonl.gz``, which git ignores; ``compare`` says what has
become different since and exits with 1 if anything has. Another place: ``--snapshot FILE`` (an absolute path lets
several checkouts share one record).

Programs: the fixtures, our pairs, the reports, the data sets (vulnerable and patched code, references), and a seeded
draw of 3,000 files of the packages installed beside this interpreter. ``--quick``: the fixtures and the reports, and
one of 20 of the rest; under a minute. Of pairs that authors of rules must not read only the number of differences is
shown. A verdict that the clock decided is not compared.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import random
import sys
import sysconfig
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from detector_data import harmless, safecoder, seccodeplt, sven, written
from pyarrow import parquet

from real.detector import scan

_ROOT = Path(__file__).resolve().parent.parent
_FIXTURES = _ROOT / "tests" / "fixtures"
_UNREAD = ("held out", "unseen pairs")  # origins whose programs stay unread
_DRAWN, _SEED, _LARGEST = 3_000, 0, 40_000  # files of packages; the longest in characters
_EACH = 20  # --quick takes one of so many
_CLOCK = "s of CPU"  # in the reason of a verdict that the clock decided

Verdict = list[object]  # status, reason, findings


@dataclass(frozen=True, slots=True)
class Program:
    """One program: where it is from, which one it is, and its text."""

    origin: str
    name: str
    code: str

    @property
    def key(self) -> str:
        """What the program is called in a record: its name and a digest of its text."""
        return f"{self.origin}:{self.name}:{hashlib.sha256(self.code.encode()).hexdigest()[:12]}"


def _files(folder: Path, origin: str) -> Iterator[Program]:
    for path in sorted(folder.rglob("*.py")):
        yield Program(origin, str(path.relative_to(folder)), path.read_text(encoding="utf-8"))


def _data(data: Path) -> Iterator[Program]:
    pairs = [*seccodeplt(data), *sven(data), *safecoder(data)]
    for pair in [
        *pairs,
        *written(_FIXTURES / "pairs", "own pairs"),
        *written(_FIXTURES / "held_pairs", "unseen pairs"),
    ]:
        yield Program(pair.origin, f"{pair.name}/bad", pair.vulnerable)
        yield Program(pair.origin, f"{pair.name}/good", pair.patched)
    for row in parquet.read_table(data / "safesql" / "train.parquet").to_pylist():
        yield Program("SafeSQL", str(row["program_id"]), row["execute_sql"])
    for number, code in enumerate(harmless(data)):
        yield Program("APPS+", str(number), code)


def _packages() -> Iterator[Program]:
    """A seeded draw; files that are no UTF-8 or too long are left out."""
    folder = Path(sysconfig.get_paths()["purelib"])
    paths = sorted(path for path in folder.rglob("*.py") if 200 < path.stat().st_size < _LARGEST)
    random.Random(_SEED).shuffle(paths)
    for path in paths[:_DRAWN]:
        try:
            yield Program("packages", str(path.relative_to(folder)), path.read_text(encoding="utf-8"))
        except UnicodeDecodeError:
            continue


def programs(data: Path, *, quick: bool) -> list[Program]:
    """All of them, in one order."""
    first = [*_files(_FIXTURES / "detector", "fixtures"), *_files(_FIXTURES / "reports", "reports")]
    rest = [*_data(data), *_packages()]
    return [*first, *(rest[::_EACH] if quick else rest)]


def verdict(program: Program) -> Verdict:
    """What the detector says, without its words."""
    analysis = scan(program.code)
    findings = [
        [found.rule, found.line, *([found.trace[0].line, found.trace[-1].line] if found.trace else [])]
        for found in analysis.findings
    ]
    return [str(analysis.status), analysis.reason, findings]


def measured(chosen: Sequence[Program], jobs: int) -> dict[str, Verdict]:
    """Verdicts by key; prints how long they took."""
    start = time.perf_counter()
    if jobs == 1:
        found = [verdict(program) for program in chosen]
    else:
        with ProcessPoolExecutor(jobs) as pool:
            found = list(pool.map(verdict, chosen, chunksize=50))
    print(f"{len(chosen)} programs in {time.perf_counter() - start:.0f} s", file=sys.stderr)
    return {program.key: said for program, said in zip(chosen, found, strict=True)}


def _is_clocked(said: Verdict) -> bool:
    return _CLOCK in str(said[1])


def differences(old: dict[str, Verdict], new: dict[str, Verdict]) -> int:
    """Print what differs, by program, and return how many do."""
    unread: Counter[str] = Counter()
    number = 0
    for key, said in new.items():
        before = old.get(key)
        if before is None:
            print(f"not in the record  {key}")
        elif before != said and not _is_clocked(before) and not _is_clocked(said):
            number += 1
            origin = key.partition(":")[0]
            if origin in _UNREAD:
                unread[origin] += 1
                continue
            print(f"{key}\n  - {json.dumps(before)}\n  + {json.dumps(said)}")
    for origin, count in unread.items():
        print(f"{origin}: {count} differ")
    print(f"{number} of {len(new)} verdicts differ")
    return number


def main() -> int:
    """Record or compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=("record", "compare"))
    parser.add_argument("--quick", action="store_true", help="a part of the programs, in under a minute (compare)")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the released data")
    parser.add_argument("--snapshot", type=Path, default=_ROOT / ".gate" / "verdicts.jsonl.gz", help="the record")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    options = parser.parse_args()

    new = measured(programs(options.data, quick=options.quick), options.jobs)
    if options.action == "compare":
        with gzip.open(options.snapshot, "rt", encoding="utf-8") as file:
            old = dict(json.loads(line) for line in file)
        return int(differences(old, new) > 0)
    options.snapshot.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(options.snapshot, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(item) + "\n" for item in new.items())
    print(options.snapshot)
    return 0


if __name__ == "__main__":
    sys.exit(main())
