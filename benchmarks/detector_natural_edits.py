"""Does a verdict survive what models add by themselves? ``python benchmarks/detector_natural_edits.py --data FOLDER``.

Every edit of ``real/redteam/rewrites/natural`` is applied to every program that it fits: the fixtures, our own
pairs and SecCodePLT+ train, vulnerable and patched. Prints, for each edit: the flagged programs and how many became
clean, the clean ones and how many became flagged, and how many became unanalysable (or took too long). Rows beyond the
bars are marked: of calls and tests no flagged program turns clean, of other edits at most 0.5 %; at most 1 % of the
clean programs turn flagged.

    --sample N           N programs, drawn evenly over their sources (seed 0)
    --pairs-of-edits K   K random chains of two edits for each program in place of single edits
    --peer CHECKOUT      the same programs with the version installed in CHECKOUT/.venv, side by side
    --by-cwe             a second table, by CWE
    --show [EDIT]        programs whose verdict moved, by name, with the reasons (never of held-out descriptions)
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue

from detector_corpus import fixtures, pairs
from detector_data import seccodeplt
from pyarrow import parquet

from real.redteam.rewrites.natural import EDITS, KINDS, Kind, edited

ORIGINS = ("fixtures", "pairs", "seccodeplt", "held out")
BARS = {Kind.CALL: 0.0, Kind.TEST: 0.0, Kind.OTHER: 0.005}  # of the flagged programs that turn clean
CLEAN_BAR = 0.01  # of the clean programs that turn flagged


@dataclass(frozen=True, slots=True)
class Subject:
    """A program, where it is from, and the functions that it is about (none: to be found)."""

    origin: str
    cwe: str
    name: str
    code: str
    entries: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one version says of one program."""

    status: str
    rules: tuple[str, ...]
    reason: str
    seconds: float

    def __str__(self) -> str:
        return " ".join([self.status, *self.rules, *([f"({self.reason})"] if self.reason else [])])


@dataclass(frozen=True, slots=True)
class Case:
    """A program before and after an edit, or a chain of two."""

    subject: Subject
    edits: tuple[str, ...]
    code: str

    @property
    def label(self) -> str:
        """The name of the edit, or of the kinds of a chain."""
        return self.edits[0] if len(self.edits) == 1 else " + ".join(sorted(KINDS[name].value for name in self.edits))

    @property
    def bar(self) -> float:
        """The share of flagged programs that may turn clean."""
        return max(BARS[KINDS[name]] for name in self.edits)


class Version:
    """A checkout of the detector, with some processes that answer for it."""

    def __init__(self, name: str, python: Path, jobs: int, limit: int) -> None:
        self.name = name
        self._idle: SimpleQueue[subprocess.Popen[str]] = SimpleQueue()
        self._jobs = jobs
        command = [str(python), str(Path(__file__).with_name("detector_worker.py")), str(limit)]
        for _ in range(jobs):
            self._idle.put(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))

    def verdicts(self, codes: Sequence[str]) -> list[Verdict]:
        """One for each program, in their order."""
        with ThreadPoolExecutor(self._jobs) as pool:
            return list(pool.map(self._verdict, codes))

    def close(self) -> None:
        """End the processes."""
        for _ in range(self._jobs):
            worker = self._idle.get()
            worker.communicate()

    def _verdict(self, code: str) -> Verdict:
        worker = self._idle.get()
        try:
            assert worker.stdin is not None
            assert worker.stdout is not None
            worker.stdin.write(json.dumps(code) + "\n")
            worker.stdin.flush()
            line = worker.stdout.readline()
        finally:
            self._idle.put(worker)
        if not line:
            raise SystemExit(f"{self.name}: a process of the detector ended (exit status {worker.wait()})")
        answer = json.loads(line)
        return Verdict(answer["status"], tuple(answer["rules"]), answer["reason"], answer["seconds"])


def subjects(data: Path | None) -> list[Subject]:
    """Fixtures and pairs, and SecCodePLT+ train where the folder of the data is given."""
    found = []
    for source in [*fixtures(), *pairs()]:
        cwe = "CWE-" + str(int(source.name[4:].partition("/")[0]))
        found.append(Subject(source.origin, cwe, source.name, source.code))
    if data is not None:
        rows = parquet.read_table(data / "seccodeplt_plus" / "train.parquet").to_pylist()
        functions = {row["id"]: row["task_description"]["function_name"] for row in rows}
        for pair in seccodeplt(data):
            origin = "held out" if pair.origin == "held out" else "seccodeplt"
            for kind, code in (("vulnerable", pair.vulnerable), ("patched", pair.patched)):
                found.append(Subject(origin, pair.cwe, f"{pair.cwe}/{pair.name}/{kind}", code, (functions[pair.name],)))
    return found


def sampled(programs: Sequence[Subject], size: int, seed: int = 0) -> list[Subject]:
    """``size`` programs, as many of each source as its share."""
    if size <= 0 or size >= len(programs):
        return list(programs)
    shuffled = random.Random(seed).sample(programs, len(programs))
    by_origin = sorted(shuffled, key=lambda subject: ORIGINS.index(subject.origin))
    return [by_origin[at * len(programs) // size] for at in range(size)]


def chains(subject: Subject, names: Sequence[str], twice: int, seed: int) -> list[tuple[str, ...]]:
    """The edits that a program goes through: each, or ``twice`` random chains of two."""
    if not twice:
        return [(name,) for name in names]
    rng = random.Random(f"{seed}/{subject.origin}/{subject.name}")
    return [(rng.choice(names), rng.choice(names)) for _ in range(twice)]


def cases(programs: Sequence[Subject], names: Sequence[str], twice: int, seed: int) -> Iterator[Case]:
    """Every program with every edit that fits."""
    for subject in programs:
        for chain in chains(subject, names, twice, seed):
            code: str | None = subject.code
            entries = subject.entries
            for name in chain:
                try:
                    code = edited(EDITS[name], code, entries) if code is not None else None
                except SyntaxError:  # the program is not Python as it stands
                    code = None
            if code is not None:
                yield Case(subject, chain, code)


@dataclass(slots=True)
class Tally:
    """The counts of one row of a table."""

    flagged: int = 0
    lost: int = 0
    clean: int = 0
    gained: int = 0
    unanalysable: int = 0
    limit: float = 0.0
    moved: list[str] = field(default_factory=list)

    def add(self, case: Case, before: Verdict, after: Verdict) -> None:
        """Count one case; programs that are neither flagged nor clean before say nothing."""
        self.limit = max(self.limit, case.bar)
        if before.status not in ("findings", "clean"):
            return
        self.flagged += before.status == "findings"
        self.clean += before.status == "clean"
        self.lost += (before.status, after.status) == ("findings", "clean")
        self.gained += (before.status, after.status) == ("clean", "findings")
        self.unanalysable += after.status not in ("findings", "clean")
        if before.status != after.status and case.subject.origin != "held out":
            label = f"{' + '.join(case.edits)}: {case.subject.origin} {case.subject.name}"
            self.moved.append(f"{label}: {before} -> {after}")

    @property
    def is_within_bars(self) -> bool:
        """Whether neither bar is passed."""
        return self.lost <= self.limit * self.flagged and self.gained <= CLEAN_BAR * self.clean

    def cells(self) -> str:
        """The figures of one version."""
        lost = 100 * self.lost / max(1, self.flagged)
        gained = 100 * self.gained / max(1, self.clean)
        return (
            f"{self.flagged:>6} {self.lost:>5} {lost:>6.1f} {self.clean:>6} {self.gained:>5} {gained:>6.1f} "
            f"{self.unanalysable:>6}"
        )


HEAD = f"{'flag.':>6} {'lost':>5} {'%':>6} {'clean':>6} {'new':>5} {'%':>6} {'unan.':>6}"
Tables = dict[str, dict[str, Tally]]  # row -> version -> counts


def show(title: str, tables: Tables, versions: Sequence[str]) -> None:
    """Print one table, the versions side by side."""
    print(f"\n{title:<36} " + " | ".join(f"{name[:20]:<{len(HEAD)}}" for name in versions))
    print(f"{'':<36} " + " | ".join(HEAD for _ in versions))
    for row, by_version in tables.items():
        mark = "" if by_version[versions[0]].is_within_bars else "  <-"
        print(f"{row:<36} " + " | ".join(by_version[name].cells() for name in versions) + mark)


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="the folder with seccodeplt_plus/")
    parser.add_argument("--origin", action="append", choices=ORIGINS, help="only programs of these sources")
    parser.add_argument("--edit", action="append", choices=EDITS, metavar="EDIT", help="only these edits")
    parser.add_argument("--kind", action="append", type=Kind, choices=list(Kind), help="only edits of these kinds")
    parser.add_argument("--sample", type=int, default=0, metavar="N")
    parser.add_argument("--pairs-of-edits", type=int, default=0, metavar="K")
    parser.add_argument("--seed", type=int, default=0, help="of the chains")
    parser.add_argument("--peer", type=Path, action="append", default=[], metavar="CHECKOUT")
    parser.add_argument("--by-cwe", action="store_true")
    parser.add_argument("--show", nargs="?", const="", metavar="EDIT")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="every case that moved, one JSON object a line")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--limit", type=int, default=20, help="seconds for one program")
    return parser.parse_args()


def main() -> None:
    """Run the benchmark."""
    chosen = options()
    names = [name for name in chosen.edit or EDITS if not chosen.kind or KINDS[name] in chosen.kind]
    programs = [s for s in subjects(chosen.data) if not chosen.origin or s.origin in chosen.origin]
    programs = sampled(programs, chosen.sample)
    made = list(cases(programs, names, chosen.pairs_of_edits, chosen.seed))
    pythons = {"this checkout": Path(sys.executable)}
    pythons |= {peer.name: peer / ".venv" / "bin" / "python" for peer in chosen.peer}
    print(f"{len(programs)} programs, {len(names)} edits, {len(made)} edited programs")

    by_edit: Tables = {}
    by_cwe: Tables = {}
    by_kind: Tables = {}
    kept = chosen.keep.open("w") if chosen.keep else None
    for version, python in pythons.items():
        worker = Version(version, python, chosen.jobs, chosen.limit)
        before = dict(zip(programs, worker.verdicts([s.code for s in programs]), strict=True))
        after = worker.verdicts([case.code for case in made])
        worker.close()
        print(f"{version}: {sum(v.seconds for v in [*before.values(), *after]):.0f} s of CPU")
        for case, verdict in zip(made, after, strict=True):
            kind = " + ".join(sorted({KINDS[name].value for name in case.edits}))
            for tables, row in ((by_edit, case.label), (by_cwe, case.subject.cwe), (by_kind, kind), (by_kind, "all")):
                by_version = tables.setdefault(row, {name: Tally() for name in pythons})
                by_version[version].add(case, before[case.subject], verdict)
            if kept is not None and verdict.status != before[case.subject].status:
                held = case.subject.origin == "held out"
                record = {"version": version, "edits": case.edits, "origin": case.subject.origin}
                record |= {"before": before[case.subject].status, "after": verdict.status}
                record |= {} if held else {"name": case.subject.name, "reason": verdict.reason, "code": case.code}
                print(json.dumps(record), file=kept, flush=True)

    by_edit = {row: by_edit[row] for row in [*EDITS, *sorted(by_edit.keys() - EDITS.keys())] if row in by_edit}
    show("edit", by_edit, list(pythons))
    if chosen.by_cwe:
        show("CWE", dict(sorted(by_cwe.items(), key=lambda item: int(item[0].removeprefix("CWE-")))), list(pythons))
    show("kind", dict(sorted(by_kind.items(), key=lambda item: (item[0] == "all", item[0]))), list(pythons))
    if chosen.show is not None:
        for row, by_version in by_edit.items():
            if chosen.show in ("", row):
                for line in by_version["this checkout"].moved:
                    print(line)


if __name__ == "__main__":
    main()
