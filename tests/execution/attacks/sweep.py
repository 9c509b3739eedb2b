"""Run every attack at one level, in the arena, and print what happened as JSON: ``python -m attacks.arena USER ...``.

Attacks and honest programs are mixed in one batch on two workers. The grader knows one secret, which every attack
would have to print, return or name to score.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from real.execution import Pool
from real.types import (
    AttackCase,
    AttackSuite,
    CallCase,
    CallSuite,
    ExecutionRequest,
    ExecutionResult,
    JsonValue,
    Limits,
    LiteralCase,
    LiteralSuite,
    OutcomeStatus,
    ScriptSuite,
    StdinCase,
    Suite,
)

from . import witness
from .attack import Attack
from .topics import chosen

WORKERS = 2
LIMITS = Limits(cpu_s=0.3, memory_mb=128, output_kb=64, file_mb=1)
_HONEST_EVERY = 12
_SHOWN = 160
_SETTLE_S = 15.0

DATABASE = """
import sqlite3
connection = sqlite3.connect("shop.db")
connection.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, secret TEXT)")
connection.executemany("INSERT INTO users VALUES (?, ?, ?)", [(1, "anna", "tulip"), (2, "bert", "orchid")])
connection.commit()
connection.close()
"""


@dataclass
class Record:
    """What became of one attack: the statuses of its cases and the first characters of their outputs and details."""

    name: str
    statuses: list[str]
    outputs: list[str]
    details: list[str]
    cpu_s: float
    grader_s: float = 0.0  # CPU seconds of the grader, where the attack ran alone


@dataclass
class Sweep:
    """One run over the corpus and everything seen around it."""

    user: str
    level: str
    description: str
    records: list[Record] = field(default_factory=list)
    honest_failures: list[str] = field(default_factory=list)
    honest_programs: int = 0
    replaced_workers: int = 0
    contacts: list[str] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)
    left_files: list[str] = field(default_factory=list)
    left_processes: list[str] = field(default_factory=list)
    left_ipc: list[str] = field(default_factory=list)
    leaked_descriptors: int = 0
    most_processes: int = 0
    most_memory_mb: float = 0.0
    wall_s: float = 0.0


class Expected:
    """Values that no program can know: a text, a number and the name of an exception."""

    def __init__(self) -> None:
        self.text = f"tulip-{secrets.token_hex(8)}"
        self.number = secrets.randbelow(10**15) + 10**15
        self.exception = f"Tulip{secrets.token_hex(8)}Error"

    def suite(self, attack: Attack) -> Suite:
        """The tests that an attack is run against."""
        count = range(attack.cases)
        if attack.kind in ("script", "database"):
            cases = tuple(StdinCase(f"{n}\n" * 3, self.text) for n in count)
            return ScriptSuite(cases, DATABASE if attack.kind == "database" else None)
        if attack.kind == "damage":
            return AttackSuite(tuple(AttackCase("' OR 1=1 --\n") for _ in count), DATABASE)
        if attack.kind == "literal":
            sources = (repr(self.text), self.exception, repr(self.number))
            return LiteralSuite("solve", tuple(LiteralCase(f"{{'x': {n}}}", sources[n % 3]) for n in count))
        values: tuple[JsonValue, ...] = (self.text, self.number, [self.text, self.number])
        entry = "Solution.solve" if attack.kind == "method" else "solve"
        return CallSuite(entry, tuple(CallCase(values[n % 3], (n,)) for n in count))


def _honest_jobs(number: int) -> list[ExecutionRequest]:
    """Right programs of every kind, one of them with a text that no other program may see."""
    mark = f"neighbour-{secrets.token_hex(8)}"
    echo = ScriptSuite((StdinCase(f"{number}\n", f"{number}\n"),) * 2)
    rows = "sqlite3.connect('shop.db').execute('SELECT name FROM users')"
    query = f"number = {number}\nimport sqlite3\nfor row in {rows}: print(row[0])"
    command = f"import subprocess\nsubprocess.run(['/bin/echo', '{number}'], check=True)"
    literals = (LiteralCase("(1,)", "2"), LiteralCase("('x',)", "TypeError"))
    return [
        ExecutionRequest(f"echo {number}", f"mark = '{mark}'\nprint(input('Number: '))", echo),
        ExecutionRequest(f"query {number}", query, ScriptSuite((StdinCase("", "anna\nbert"),), DATABASE)),
        ExecutionRequest(
            f"call {number}", "def solve(x): return [x, x]", CallSuite("solve", (CallCase([number] * 2, (number,)),))
        ),
        ExecutionRequest(
            f"literal {number}", f"n = {number}\ndef solve(x): return x + 1", LiteralSuite("solve", literals)
        ),
        ExecutionRequest(
            f"command {number}", command, ScriptSuite((StdinCase("", f"{number}\n"),)), Limits(processes=8)
        ),
    ]


def _job(attack: Attack, expected: Expected) -> ExecutionRequest:
    limits = Limits(**{**asdict(LIMITS), "processes": attack.processes})
    return ExecutionRequest(attack.name, attack.program, expected.suite(attack), limits)


def _record(result: ExecutionResult, grader_s: float = 0.0) -> Record:
    outcomes = result.outcomes
    return Record(
        result.request_id,
        [outcome.status.value for outcome in outcomes],
        [outcome.output[:_SHOWN] for outcome in outcomes],
        [outcome.detail[:_SHOWN] for outcome in outcomes],
        round(max((outcome.seconds for outcome in outcomes), default=0.0), 3),
        round(grader_s, 3),
    )


def _mixed(attacks: Iterable[Attack], expected: Expected) -> list[ExecutionRequest]:
    """The attacks, with honest programs between them, before them and after them."""
    jobs = _honest_jobs(0)
    for number, attack in enumerate(attacks, 1):
        jobs.append(_job(attack, expected))
        if number % _HONEST_EVERY == 0:
            jobs += _honest_jobs(number)
    return jobs + _honest_jobs(-1)


def _started(pool: Pool) -> set[int]:
    """Start every worker of the pool and name the launchers."""
    wait = ExecutionRequest("wait", "import time; time.sleep(0.3)", ScriptSuite((StdinCase("", ""),)))
    pool.run([wait] * WORKERS)
    return set(pool.worker_pids())


def _open_descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def _keep(sweep: Sweep, results: Sequence[ExecutionResult], names: set[str]) -> None:
    for result in results:
        if result.request_id in names:
            sweep.records.append(_record(result))
            continue
        sweep.honest_programs += 1
        wrong = [outcome for outcome in result.outcomes if outcome.status is not OutcomeStatus.PASS]
        sweep.honest_failures += [f"{result.request_id}: {o.status} {o.output[:40]!r} {o.detail}" for o in wrong]


def sweep(user: str, level: str, attacks: Sequence[Attack]) -> Sweep:
    """Run ``attacks`` at ``level``; at weak those that may take a worker down run one by one, after the others."""
    began = time.monotonic()
    expected, bait = Expected(), witness.Bait(f"canary-{secrets.token_hex(8)}")
    os.environ["ATTACK_CANARY"] = "1"  # the grader's environment is not the program's
    costly = [attack for attack in attacks if attack.costly]
    alone = [attack for attack in attacks if attack.disturbs and level == "weak"]
    together = [attack for attack in attacks if attack not in costly and attack not in alone]
    descriptors = _open_descriptors()
    with Pool(WORKERS, level=level) as pool:
        done = Sweep(user, level, pool.describe())
        launchers = _started(pool)
        monitor = witness.Monitor()
        _keep(done, pool.run(_mixed(together, expected)), {attack.name for attack in together})
        for attack in costly:
            before = time.process_time()
            (result,) = pool.run([_job(attack, expected)])
            done.records.append(_record(result, time.process_time() - before))
        monitor.stop()
        done.replaced_workers = len(launchers - set(pool.worker_pids()))
        done.left_files = witness.strange_files(pool.folders())
        for attack in alone:
            (result,) = pool.run([_job(attack, expected)])
            done.records.append(_record(result))
        _keep(done, pool.run(_honest_jobs(-2)), set())
    done.left_processes = witness.wait_until_alone(_SETTLE_S)
    done.contacts, done.changes = sorted(set(bait.contacts)), bait.changes()
    done.left_ipc = [
        f"{kind} {found}" for kind, own in bait.ipc.items() for found in witness.ipc_ids(kind) if found != str(own)
    ]
    done.leaked_descriptors = _open_descriptors() - descriptors
    done.most_processes, done.most_memory_mb = monitor.most_processes, round(monitor.most_memory, 1)
    done.wall_s = round(time.monotonic() - began, 1)
    return done


def main() -> None:
    """Print one sweep as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--user", required=True)
    parser.add_argument("--level", required=True)
    parser.add_argument("--only", default="", help="a regular expression for topics and names")
    parser.add_argument("--slow", action="store_true", help="also those that wait for the wall-clock limit twice")
    parser.add_argument("--every", type=int, default=1, help="one attack in so many (default: all)")
    options = parser.parse_args()
    attacks = chosen(options.only, slow=options.slow, every=options.every)
    json.dump(asdict(sweep(options.user, options.level, attacks)), sys.stdout)


if __name__ == "__main__":
    main()
