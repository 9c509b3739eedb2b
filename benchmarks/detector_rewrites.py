"""Do verdicts survive meaning-preserving rewrites? ``python benchmarks/detector_rewrites.py --data FOLDER``.

Every rewrite of ``real/redteam/rewrites`` is applied to every program that it fits, and the status and the set of
CWEs are compared with those of the program as it was. Prints, for each rewrite, the programs, how many verdicts changed
and how many went from findings to clean; ``--failures FILE`` keeps what changed, one JSON object a line. ``--twice N``
applies N random chains of two rewrites to every program in place of single ones.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
from collections import Counter
from pathlib import Path

from detector_corpus import Source, everything

from real.detector import scan
from real.redteam.rewrites import REWRITES, rewritten
from real.types import Analysis, AnalysisStatus


def verdict(analysis: Analysis) -> tuple[str, ...]:
    """What must not change."""
    return (analysis.status.value, *sorted({finding.rule for finding in analysis.findings}))


def chains(source: Source, names: list[str], twice: int, seed: int) -> list[tuple[str, ...]]:
    """The rewrites that one program goes through, by name: each of them, or ``twice`` random chains of two."""
    if not twice:
        return [(name,) for name in names]
    rng = random.Random(f"{seed}/{source.origin}/{source.name}")
    return [(rng.choice(names), rng.choice(names)) for _ in range(twice)]


def measure(job: tuple[Source, list[tuple[str, ...]]]) -> list[dict[str, object]]:
    """One record for each rewrite, or chain of them, that applies to one program."""
    source, found_chains = job
    before = verdict(scan(source.code))
    if before[0] in (AnalysisStatus.UNANALYZABLE.value, AnalysisStatus.ERROR.value):
        return []
    found: list[dict[str, object]] = []
    for chain in found_chains:
        code: str | None = source.code
        for name in chain:
            code = rewritten(REWRITES[name], code) if code is not None else None
        if code is None:
            continue
        analysis = scan(code)
        after = verdict(analysis)
        record: dict[str, object] = {
            "rewrite": " + ".join(chain),
            "origin": source.origin,
            "name": source.name,
            "changed": after != before,
        }
        if after != before:
            record |= {"before": before, "after": after, "reason": analysis.reason, "code": code}
        found.append(record)
    return found


def main() -> None:
    """Run the benchmark."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, required=True, help="the folder with seccodeplt_plus/ and safesql/")
    options.add_argument("--rewrite", action="append", help="only these rewrites")
    options.add_argument("--origin", action="append", help="only programs of these sources")
    options.add_argument("--every", type=int, default=1, help="only every n-th program")
    options.add_argument("--twice", type=int, default=0, metavar="N", help="N random chains of two for every program")
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--failures", type=Path)
    options.add_argument("--jobs", type=int, default=1)
    chosen = options.parse_args()
    names = chosen.rewrite or list(REWRITES)
    sources = [s for s in everything(chosen.data) if not chosen.origin or s.origin in chosen.origin][:: chosen.every]
    jobs = [(source, chains(source, names, chosen.twice, chosen.seed)) for source in sources]
    tried: Counter[str] = Counter()
    changed: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    by_origin: dict[str, Counter[str]] = {}
    failures = chosen.failures.open("w") if chosen.failures else None
    with multiprocessing.Pool(chosen.jobs) as pool:
        for records in pool.imap(measure, jobs, chunksize=8):
            for record in records:
                name = str(record["rewrite"])
                origin = by_origin.setdefault(str(record["origin"]), Counter())
                tried[name] += 1
                origin["programs"] += 1
                if record["changed"]:
                    changed[name] += 1
                    origin["changed"] += 1
                    before, after = record["before"], record["after"]
                    assert isinstance(before, tuple)
                    assert isinstance(after, tuple)
                    is_lost = before[0] == "findings" and after[0] == "clean"
                    lost[name] += is_lost
                    origin["lost"] += is_lost
                    if failures is not None:
                        print(json.dumps(record), file=failures, flush=True)
    print(f"{'rewrite':<34} {'programs':>8} {'changed':>8} {'%':>6} {'flagged to clean':>17}")
    for name in names if not chosen.twice else ():
        share = 100 * changed[name] / max(1, tried[name])
        print(f"{name:<34} {tried[name]:>8} {changed[name]:>8} {share:>6.2f} {lost[name]:>17}")
    for label, counts in by_origin.items():
        part = 100 * counts["changed"] / counts["programs"]
        print(f"of {label:<31} {counts['programs']:>8} {counts['changed']:>8} {part:>6.2f} {counts['lost']:>17}")
    total, bad = sum(tried.values()), sum(changed.values())
    print(f"{'all':<34} {total:>8} {bad:>8} {100 * bad / max(1, total):>6.2f} {sum(lost.values()):>17}")


if __name__ == "__main__":
    main()
