"""How fast and how lean the warm checker is: ``python benchmarks/typecheck_speed.py --data FOLDER [--memory 20000]``.

In one run, on the same programs: ``mypy.api.run`` with its disk cache warm, one program after another in one process,
as a script would call it; our batches with two workers; our single programs in one worker. The CPU time of a worker
includes its forked children. Then the resident memory of a worker while it checks ``--memory`` more. Quote the ratios.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from mypy import api
from typecheck_corpus import programs, starters

from real.typecheck import VERSION, Checker, Submission
from real.typecheck.config import Policy
from real.typecheck.warm_mypy import FLAGS

_TICK = os.sysconf("SC_CLK_TCK")
Timing = tuple[float, float]  # wall seconds, CPU seconds


def with_children(pids: Iterable[int]) -> list[int]:
    """These processes and the children they have now."""
    found = list(pids)
    for pid in tuple(found):
        found += [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return found


def cpu_of(pids: Iterable[int]) -> float:
    """CPU seconds of these processes and of their children, those that have ended included."""
    total = 0
    for pid in with_children(pids):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
        total += sum(int(field) for field in fields[11:15])
    return total / _TICK


def resident_mb(pid: int) -> float:
    """Resident memory of one process and its children, what they share counted once."""
    total = 0
    for each in with_children([pid]):
        lines = Path(f"/proc/{each}/smaps_rollup").read_text().splitlines()
        total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def by_api(codes: list[str]) -> list[Timing]:
    """Wall and CPU seconds of ``mypy.api.run`` for each program, after a first round that fills its cache."""
    flags = [flag for flag in FLAGS if flag != "--no-incremental"]
    timings = []
    with tempfile.TemporaryDirectory() as name:
        path, cache = Path(name) / "program.py", f"--cache-dir={name}/cache"
        for code in codes:
            path.write_text(code, encoding="utf-8")
            api.run([*flags, cache, str(path)])
        for code in codes:
            path.write_text(code, encoding="utf-8")
            wall, cpu = time.perf_counter(), time.process_time()
            api.run([*flags, cache, str(path)])
            timings.append((time.perf_counter() - wall, time.process_time() - cpu))
    return timings


def batches(policy: str, submissions: list[Submission]) -> Timing:
    """Wall and CPU seconds of one call with everything, two workers."""
    with Checker(2, policy=policy) as checker:
        checker.check(["x = 1\n", "y = 1\n", "z = 1\n"])  # both workers are up
        pids = checker.worker_pids()
        wall, cpu = time.perf_counter(), cpu_of(pids)
        checker.check(submissions)
        return time.perf_counter() - wall, cpu_of(pids) - cpu


def singles(policy: str, submissions: list[Submission]) -> tuple[list[float], float]:
    """Wall seconds of each call with one program, and mean CPU seconds; one worker."""
    walls = []
    with Checker(1, policy=policy) as checker:
        checker.check(["x = 1\n"])
        pids = checker.worker_pids()
        cpu = cpu_of(pids)
        for submission in submissions:
            began = time.perf_counter()
            checker.check([submission])
            walls.append(time.perf_counter() - began)
        return walls, (cpu_of(pids) - cpu) / len(submissions)


def memory(policy: str, codes: list[str], count: int) -> list[float]:
    """Resident megabytes of one worker after each tenth of ``count`` distinct programs."""
    rng = random.Random(0)
    sizes = []
    with Checker(1, policy=policy) as checker:
        checker.check(["x = 1\n"])
        for part in range(10):
            fresh = [f"{rng.choice(codes)}\nfresh_{part}_{n} = {n}\n" for n in range(count // 10)]
            checker.check(fresh)
            checker.check([f"last_{part} = {n}\n" for n in range(8)])  # the same point in the life of a child
            sizes.append(resident_mb(checker.worker_pids()[0]))
    return sizes


def main() -> None:
    """Print every figure and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of apps_plus, safesql and seccodeplt_plus")
    parser.add_argument("--programs", type=int, default=300, help="programs to time (default: 300)")
    parser.add_argument("--memory", type=int, default=20_000, help="programs to watch memory over (default: 20000)")
    options = parser.parse_args()
    corpus = programs(options.data)
    begun_by = dict(starters(options.data))
    pool = [code for origin, codes in corpus.items() for code in codes if origin != "damaged"]
    codes = random.Random(0).sample(pool, options.programs)
    submissions = [Submission(code, begun_by.get(code), prelude=code in begun_by) for code in codes]
    print(f"{VERSION}, {len(codes)} programs of {', '.join(sorted(corpus.keys() - {'damaged'}))}")
    peer = by_api(codes)
    peer_wall, peer_cpu = (statistics.median(t[k] for t in peer) for k in (0, 1))
    total = sum(wall for wall, _ in peer)
    print(f"mypy.api.run, warm cache: {len(codes) / total:7.1f} programs/s, median {peer_wall * 1e3:.1f} ms wall,")
    print(f"  median {peer_cpu * 1e3:.1f} ms CPU, mean {statistics.mean(t[1] for t in peer) * 1e3:.1f} ms CPU")
    peer_mean = statistics.mean(cpu for _, cpu in peer)
    for policy in Policy:
        wall, cpu = batches(policy, submissions)
        ratio = f"{len(codes) / wall:.1f} programs/s, {total / wall:.1f} x"
        print(f"{policy}: batch, 2 workers: {ratio}; {cpu / len(codes) * 1e3:.2f} ms CPU each")
        walls, each = singles(policy, submissions)
        median, late = statistics.median(walls), sorted(walls)[int(0.95 * len(walls))]
        print(f"{policy}: one at a time: median {median * 1e3:.1f} ms wall, 95 % within {late * 1e3:.1f} ms;")
        shares = f"{each / peer_mean:.2f} of that mean, {each / peer_cpu:.2f} of that median"
        print(f"  mean {each * 1e3:.1f} ms CPU: {shares}")
    if options.memory:
        for policy in Policy:
            sizes = memory(policy, pool, options.memory)
            shown = ", ".join(f"{size:.0f}" for size in sizes)
            print(f"{policy}: resident MB over {options.memory} programs: {shown} ({sizes[-1] / sizes[0] - 1:+.1%})")


if __name__ == "__main__":
    main()
