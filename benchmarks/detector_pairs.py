"""How well the detector tells vulnerable programs from patched ones: ``python benchmarks/detector_pairs.py``.

Per CWE: recall (vulnerable programs flagged under a rule of the weakness's family), false positives (patched programs
flagged by any rule in scope, or not analysable) and correct pairs (the one and not the other); `own CWE` is the recall
of the rule with the pair's own number alone. Pairs: the training
split of SecCodePLT+ (30 % of its descriptions held out, seed 0), SVEN, SafeCoder and our own; single programs: the
references of APPS+. CPU milliseconds are medians of one run of each program in this process.

``--peer NAME=PLACE`` measures another detector in the same run (`benchmarks/detector_peers.py` names them). Bandit is
counted twice: under the family of the CWE that its rule names, and whatever the rule.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from detector_data import Pair, harmless, safecoder, seccodeplt, sven, written
from detector_peers import Found, Peer, Scan, peer

from real.detector import VERSION, scan
from real.detector.families import family, rule_of
from real.types import AnalysisStatus

_HERE = Path(__file__).resolve().parent
_FIXTURES = _HERE.parent / "tests" / "fixtures"


@dataclass(frozen=True, slots=True)
class Tool:
    """A scanner: what it finds, and the CPU seconds that it took, for each program."""

    name: str
    scan: Scan
    version: str = ""
    any_cwe: bool = False  # a vulnerable program counts as found whatever the rule


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; all counts are of pairs."""

    tool: str
    origin: str
    cwe: str
    pairs: int
    found: int
    exact: int
    false: int
    correct: int


def ours(programs: Sequence[str]) -> list[tuple[Found, float]]:
    """The detector under all rules."""
    results = []
    for code in programs:
        start = time.process_time()
        analysis = scan(code)
        seconds = time.process_time() - start
        known = analysis.status in (AnalysisStatus.CLEAN, AnalysisStatus.FINDINGS)
        results.append((frozenset(f.rule for f in analysis.findings) if known else None, seconds))
    return results


def rows(tool: Tool, pairs: Sequence[Pair], scope: str, verdicts: dict[str, Found]) -> list[Row]:
    """One row per origin and CWE, and one for all CWEs of an origin."""
    counts: dict[tuple[str, str], Counter[str]] = {}
    for pair in pairs:
        own = _family(tool, pair.cwe)
        vulnerable, patched = verdicts[pair.vulnerable], verdicts[pair.patched]
        found = vulnerable is not None and bool(vulnerable if tool.any_cwe else vulnerable & own)
        exact = vulnerable is not None and rule_of(pair.cwe) in vulnerable
        false = patched is None or bool(patched if scope == "all" else patched & own)
        for cwe in (pair.cwe, "all"):
            count = counts.setdefault((pair.origin, cwe), Counter())
            count.update(pairs=1, found=found, exact=exact, false=false, correct=found and not false)
    return [
        Row(tool.name, origin, cwe, count["pairs"], count["found"], count["exact"], count["false"], count["correct"])
        for (origin, cwe), count in sorted(counts.items(), key=lambda item: (item[0][0], _order(item[0][1])))
    ]


_OTHER = Tool("other", lambda programs: [])


def _family(tool: Tool, cwe: str) -> frozenset[str]:
    own = family(cwe)
    if tool.name == "REAL":
        return own
    near = {f"CWE-{number}" for number in range(1, 1500) if family(f"CWE-{number}") & own}
    return frozenset(near | {cwe})  # other tools use ids of which we have no rule


def _order(cwe: str) -> int:
    return 9999 if cwe == "all" else int(cwe.removeprefix("CWE-"))


def show(table: Iterable[Row]) -> None:
    """Print the rows with percentages."""
    print(
        f"{'tool':<14} {'origin':<12} {'CWE':<9} {'pairs':>5} "
        f"{'recall %':>9} {'own CWE %':>10} {'false %':>8} {'correct %':>10}"
    )
    for row in table:
        shares = [100 * count / row.pairs for count in (row.found, row.exact, row.false, row.correct)]
        print(
            f"{row.tool:<14} {row.origin:<12} {row.cwe:<9} {row.pairs:>5} "
            f"{shares[0]:>9.1f} {shares[1]:>10.1f} {shares[2]:>8.1f} {shares[3]:>10.1f}"
        )


def wrong(pairs: Sequence[Pair], verdicts: dict[str, Found], scope: str) -> None:
    """Print what is missed or flagged wrongly; never for those that nobody may look at."""
    for pair in pairs:
        if pair.origin in ("held out", "unseen pairs"):
            continue
        own = family(pair.cwe)
        vulnerable, patched = verdicts[pair.vulnerable], verdicts[pair.patched]
        if vulnerable is None or not vulnerable & own:
            print(f"missed  {pair.origin} {pair.cwe} {pair.name}: {_shown(vulnerable)}")
        if patched is None or (patched if scope == "all" else patched & own):
            print(f"flagged {pair.origin} {pair.cwe} {pair.name}: {_shown(patched)}")


def _shown(found: Found) -> str:
    return "not analysable" if found is None else " ".join(sorted(found)) or "silent"


def _chosen(options: argparse.Namespace) -> list[Pair]:
    pairs = [*seccodeplt(options.data), *sven(options.data), *safecoder(options.data)]
    pairs += [*written(_FIXTURES / "pairs", "own pairs"), *written(_FIXTURES / "held_pairs", "unseen pairs")]
    return [
        pair
        for pair in pairs
        if (not options.origin or pair.origin in options.origin)
        and (not options.name or any(part in pair.name for part in options.name))
    ]


def write_programs(pairs: Sequence[Pair], folder: Path) -> None:
    """Each pair as two files, and ``pairs.json``, by which ``real.results.paper.imported`` reads a detector's SARIF."""
    listed = []
    for number, pair in enumerate(pairs):
        place = Path(f"pair_{number:04d}")
        (folder / place).mkdir(parents=True, exist_ok=True)
        for role in ("vulnerable", "patched"):
            (folder / place / f"{role}.py").write_text(getattr(pair, role), encoding="utf-8", errors="surrogateescape")
        listed.append(
            {
                "origin": pair.origin,
                "name": pair.name,
                "cwe": pair.cwe,
                "family": sorted(one.removeprefix("CWE-").lstrip("0") for one in _family(_OTHER, pair.cwe)),
                **{role: f"{place}/{role}.py" for role in ("vulnerable", "patched")},
            }
        )
    (folder / "pairs.json").write_text(json.dumps({"pairs": listed}, indent=1) + "\n", encoding="utf-8")
    print(
        f"{len(pairs)} pairs in {folder}: scan it, then python -m real.results paper table 6 --sarif NAME=FILE "
        f"--programs {folder}"
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the released data")
    parser.add_argument("--scope", choices=("all", "family"), default="all", help="which rules patched code must pass")
    parser.add_argument("--peer", type=peer, action="append", default=[], metavar="NAME=PLACE", help="another detector")
    parser.add_argument("--origin", action="append", help="only these pairs (development, held out, SVEN, ...)")
    parser.add_argument("--name", action="append", help="only pairs with this in their names")
    parser.add_argument("--wrong", action="store_true", help="name each miss and each false positive")
    parser.add_argument(
        "--write", type=Path, metavar="FOLDER", help="write the programs for other detectors; scan none"
    )
    parser.add_argument("--json", type=Path, help="write the table to this file")
    parser.add_argument("--figure", type=Path, help="draw the table into this file (PNG)")
    return parser.parse_args()


_ANY = " any"


def _tools(one: Peer) -> list[Tool]:
    """A peer as it is counted; bandit also whatever the rule."""
    alone = Tool(one.name, one.scan, one.version)
    return [alone, replace(alone, name=one.name + _ANY, any_cwe=True)] if one.name == "bandit" else [alone]


def main() -> None:
    """Measure and print."""
    options = _options()
    pairs = _chosen(options)
    if options.write:
        write_programs(pairs, options.write)
        return
    single = [] if options.origin or options.name else harmless(options.data)
    programs = list(dict.fromkeys(code for pair in pairs for code in (pair.vulnerable, pair.patched)))

    tools = [Tool("REAL", ours, VERSION), *(tool for one in options.peer for tool in _tools(one))]
    ours(programs[:50])  # imports and tables
    table: list[Row] = []
    extra: dict[str, dict[str, float]] = {}
    versions: dict[str, str] = {}
    measured: dict[str, list[tuple[Found, float]]] = {}
    for tool in tools:
        key = tool.name.removesuffix(_ANY)
        if key not in measured:
            measured[key] = tool.scan([*programs, *single])
        results = measured[key]
        verdicts = {code: found for code, (found, _) in zip(programs, results, strict=False)}
        table += rows(tool, pairs, options.scope, verdicts)
        plt = {
            code
            for pair in pairs
            if pair.origin in ("development", "held out")
            for code in (pair.vulnerable, pair.patched)
        }
        times = [1000 * s for code, (_, s) in zip(programs, results, strict=False) if code in plt]
        extra[tool.name] = {"median_cpu_ms": statistics.median(times) if times else 0.0}
        versions[tool.name] = tool.version
        if single:
            flagged = [found for found, _ in results[len(programs) :]]
            extra[tool.name] |= {
                "harmless": len(single),
                "harmless_flagged": sum(found is None or bool(found) for found in flagged),
            }
        if options.wrong and tool.name == "REAL":
            wrong(pairs, verdicts, options.scope)
            for number, (found, _) in enumerate(results[len(programs) :]):
                if found is None or found:
                    print(f"flagged APPS+ {number}: {_shown(found)}")
    print(f"scope: {options.scope}")
    show(table)
    for name, values in extra.items():
        print(f"{name:<14} {json.dumps(values)}")
    if options.json:
        record = {"scope": options.scope, "versions": versions, "rows": [asdict(row) for row in table], "extra": extra}
        options.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    if options.figure:
        from detector_figure import draw

        draw([asdict(row) for row in table], options.figure)


if __name__ == "__main__":
    main()
