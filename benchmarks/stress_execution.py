"""The sandbox under stress: ``python benchmarks/stress_execution.py mixed|load|kills|loops|sleepers|full-disk|no-shm``.

Each command judges programs whose right statuses are known and prints how many verdicts were lost, doubled or wrong.
Commands run in the arena of the attack corpus (``tests/execution/attacks/arena.py``), in which every process, file and
descriptor that is left can be counted exactly; where the kernel refuses namespaces they say so and exit with 77.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "execution"))

from attacks import arena, witness

from real.errors import InfrastructureError
from real.execution import LEVELS, Pool
from real.execution.calibration import slowness
from real.execution.jail import linux
from real.types import CallCase, CallSuite, ExecutionRequest, ExecutionResult, Limits, ScriptSuite, StdinCase

WORKERS = 2
LIMITS = Limits(cpu_s=0.5, memory_mb=128, output_kb=64, file_mb=4)
TWO_SECONDS = Limits(cpu_s=2.0, memory_mb=128, output_kb=64, file_mb=4)
HURRIED = Limits(cpu_s=0.05, memory_mb=128, output_kb=64, file_mb=4)
WITH_PROCESSES = Limits(cpu_s=0.5, memory_mb=128, output_kb=64, file_mb=4, processes=4)
DATABASE = """
import sqlite3
connection = sqlite3.connect("shop.db")
connection.execute("CREATE TABLE users (name TEXT)")
connection.execute("INSERT INTO users VALUES ('anna')")
connection.commit()
connection.close()
"""
_DAEMON = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0: time.sleep(600)
    os._exit(0)
os.wait()
"""
_BUSY = "import time\nend = time.process_time() + {}\nwhile time.process_time() < end: pass\n"


@dataclass(frozen=True)
class Kind:
    """One kind of program: what it is, how often it comes, and the statuses that are right for it."""

    name: str
    share: int
    right: frozenset[str]
    program: str
    limits: Limits = LIMITS


def _kind(name: str, share: int, right: str, program: str, limits: Limits = LIMITS) -> Kind:
    return Kind(name, share, frozenset(right.split()), program, limits)


# {n} is the number of the request, which standard input holds too: no two programs are the same, so none is remembered.
KINDS = (
    _kind("prints its input", 20, "pass", "print(input('Number {n}: '))"),
    _kind(
        "asks a database",
        15,
        "pass",
        "import sqlite3\nc = sqlite3.connect('shop.db')\nprint({n} * len(list(c.execute('SELECT * FROM users'))))",
    ),
    _kind("returns a value", 10, "pass", "def solve(x): return x"),
    _kind("prints something else", 15, "wrong", "print({n} + 1)"),
    _kind("prints nothing", 5, "wrong", "x = {n}"),
    _kind("raises", 8, "error", "print({n})\n1 / 0"),
    _kind("does not compile", 4, "compile_error", "print({n}"),
    _kind("crashes", 4, "error", "import ctypes\nctypes.string_at({n} % 7)"),
    _kind("kills itself", 2, "error memory", "import os\nos.kill(os.getpid(), 9 + 0 * {n})"),
    _kind("hangs", 2, "timeout", "x = {n}\nwhile True: pass", HURRIED),
    _kind("takes all memory", 1, "memory", "x = [{n}]\nwhile True: x += x"),
    _kind("floods its output", 4, "output_limit", "while True: print({n})"),
    _kind(
        "floods its claims",
        1,
        "output_limit wrong error",
        "import os\nx = {n}\nwhile True: os.write(3, b'\\0\\0\\0\\1x' * 1000)",
    ),
    _kind("forks where it may not", 4, "error", "import os\nif os.fork() == 0: os._exit(0)\nprint({n})"),
    _kind("leaves a daemon", 3, "pass", _DAEMON + "print({n})", WITH_PROCESSES),
    _kind("leaves files", 2, "pass", "for i in range(20): open(str(i), 'w').write('x' * 9999)\nprint({n})"),
)


def request_of(kind: Kind, number: int) -> ExecutionRequest:
    """A request of a kind; its id names both."""
    program = kind.program.replace("{n}", str(number))
    request_id = f"{number}:{kind.name}"
    if "def solve" in program:
        return ExecutionRequest(
            request_id, f"number = {number}\n{program}", CallSuite("solve", (CallCase(number, (number,)),)), kind.limits
        )
    database = DATABASE if "sqlite3" in program else None
    return ExecutionRequest(
        request_id, program, ScriptSuite((StdinCase(f"{number}\n", f"{number}\n"),), database), kind.limits
    )


def mixture(count: int, seed: int, kinds: Sequence[Kind] = KINDS) -> Iterator[ExecutionRequest]:
    """``count`` requests in random order."""
    chance = random.Random(seed)
    for number in range(1, count + 1):
        yield request_of(chance.choices(kinds, [kind.share for kind in kinds])[0], number)


@dataclass
class Count:
    """Verdicts by kind, and everything that was not as it should be."""

    statuses: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    seen: bytearray = field(default_factory=lambda: bytearray(1))  # how often each number was judged
    wrong: list[str] = field(default_factory=list)

    def add(self, result: ExecutionResult, kinds: Mapping[str, Kind]) -> None:
        """Count one result."""
        number, _, name = result.request_id.partition(":")
        kind = kinds[name]
        self.seen.extend(bytes(max(int(number) + 1 - len(self.seen), 0)))
        self.seen[int(number)] += 1
        for outcome in result.outcomes:
            self.statuses[kind.name][outcome.status.value] += 1
            if outcome.status.value not in kind.right:
                self.wrong.append(f"{result.request_id}: {outcome.status.value} {outcome.detail}")

    def report(self, sent: int) -> bool:
        """Print the table; returns whether every request has one right verdict."""
        for name, statuses in self.statuses.items():
            shown = ", ".join(f"{status} {times}" for status, times in sorted(statuses.items()))
            print(f"  {name:<24} {sum(statuses.values()):>6}  {shown}")
        judged, doubled = sum(count > 0 for count in self.seen), sum(count > 1 for count in self.seen)
        print(f"sent {sent}, lost {sent - judged}, doubled {doubled}, wrong {len(self.wrong)}")
        for text in self.wrong[:10]:
            print(f"  wrong: {text}")
        return judged == sent and not doubled and not self.wrong


def _memory_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


def _children(pid: int) -> list[int]:
    with suppress(OSError):
        return [int(text) for text in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]
    return []


def _memory(pool: Pool) -> tuple[float, float]:
    """Resident MiB of the grader, and of the launchers and zygotes together."""
    workers = pool.worker_pids()
    total = 0.0
    for pid in [*workers, *(child for worker in workers for child in _children(worker))]:
        with suppress(OSError):
            total += _memory_mb(pid)
    return _memory_mb(os.getpid()), total


def _descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def _left_over(descriptors: int) -> bool:
    """Print what is left once every pool is closed; returns whether nothing is."""
    processes, files = witness.wait_until_alone(10.0), witness.strange_files([])
    zombies = sum(text.split()[1] == "Z" for text in processes)
    leaked = _descriptors() - descriptors
    print(f"left: {len(processes) - zombies} processes, {zombies} zombies, {leaked} descriptors, {len(files)} files")
    return not processes and leaked <= 0 and not files


def mixed(options: argparse.Namespace) -> bool:
    """Passing, wrong, crashing, hanging, forking and flooding programs: one verdict each, and nothing left."""
    kinds, count = {kind.name: kind for kind in KINDS}, Count()
    descriptors, began, cpu = _descriptors(), time.monotonic(), time.process_time()
    steps = []
    with Pool(WORKERS, level=options.level, cache_mb=0) as pool:  # what the cache remembers is no leak
        print(pool.describe())
        for number, result in enumerate(pool.stream(mixture(options.n, options.seed)), 1):
            count.add(result, kinds)
            if number % max(options.n // 10, 1) == 0:
                steps.append(_memory(pool))
                print(f"  {number} judged, {time.monotonic() - began:.0f} s", file=sys.stderr)
    seconds = time.monotonic() - began
    right = count.report(options.n)
    print(f"{seconds:.0f} s, {options.n / seconds:.0f} programs/s, grader {time.process_time() - cpu:.1f} CPU s")
    print("memory in MiB after each tenth: grader " + " ".join(f"{step[0]:.0f}" for step in steps))
    print("                  launchers and zygotes " + " ".join(f"{step[1]:.0f}" for step in steps))
    return _left_over(descriptors) and right


def _burn(count: int) -> list[subprocess.Popen[bytes]]:
    return [subprocess.Popen([sys.executable, "-S", "-c", "while True: pass"]) for _ in range(count)]


def load(options: argparse.Namespace) -> bool:
    """The same programs on a quiet and on a busy machine, three times each."""
    slow = slowness()  # a limit is that many CPU seconds longer here
    print(f"limits x {slow:.2f}")
    extra = (
        _kind("works half its time", 4, "pass", "x = {n}\n" + _BUSY.format(0.25 * slow) + "print({n})"),
        _kind("works twice its time", 4, "timeout", "x = {n}\n" + _BUSY.format(1.0 * slow) + "print({n})"),
        _kind(
            "works most of two seconds", 2, "pass", "x = {n}\n" + _BUSY.format(1.6 * slow) + "print({n})", TWO_SECONDS
        ),
        _kind("waits half a second", 4, "pass", "import time\ntime.sleep(0.5)\nprint({n})"),
        _kind("waits for ever", 1, "timeout", "import time\ntime.sleep(1000 + {n})", HURRIED),
    )
    kinds = (*KINDS, *extra)
    requests, by_name = list(mixture(options.n, options.seed, kinds)), {kind.name: kind for kind in kinds}
    verdicts: list[list[str]] = []
    good = True
    for burners in (0, 8):
        burning = _burn(burners)
        try:
            for _ in range(3):
                began, count = time.monotonic(), Count()
                with Pool(WORKERS, level=options.level) as pool:
                    results = pool.run(requests)
                for result in results:
                    count.add(result, by_name)
                verdicts.append([outcome.status.value for result in results for outcome in result.outcomes])
                good = good and not count.wrong and sum(count.seen) == len(requests)
                seconds, busy = time.monotonic() - began, os.getloadavg()[0]
                print(f"{burners} burning beside: {seconds:6.1f} s, load {busy:4.1f}, wrong {count.wrong}")
        finally:
            for process in burning:
                process.kill()
                process.wait()
    differing = sum(len(set(statuses)) > 1 for statuses in zip(*verdicts, strict=True))
    print(f"{len(requests)} programs, 6 runs: {differing} with verdicts that differ")
    return good and differing == 0


def kills(options: argparse.Namespace) -> bool:
    """Workers and zygotes killed at random, one every second."""
    chosen = [kind for kind in KINDS if kind.right == {"pass"} or kind.name == "prints something else"]
    slow = _kind("works a while", 40, "pass", _BUSY.format(0.1) + "print({n})")
    kinds, count = {kind.name: kind for kind in (*chosen, slow)}, Count()
    descriptors, done = _descriptors(), threading.Event()
    killed: Counter[str] = Counter()
    chance = random.Random(options.seed)

    def kill_now_and_then(pool: Pool) -> None:
        while not done.wait(1.0):
            launcher = chance.choice(pool.worker_pids() or [0])
            zygotes = _children(launcher) if launcher else []
            victim, name = (
                (chance.choice(zygotes), "zygotes") if zygotes and chance.random() < 0.5 else (launcher, "launchers")
            )
            if victim:
                with suppress(ProcessLookupError):
                    os.kill(victim, signal.SIGKILL)
                    killed[name] += 1

    with Pool(WORKERS, level=options.level) as pool:
        killer = threading.Thread(target=kill_now_and_then, args=(pool,))
        killer.start()
        try:
            for result in pool.stream(mixture(options.n, options.seed, tuple(kinds.values()))):
                count.add(result, kinds)
        finally:
            done.set()
            killer.join()
    right = count.report(options.n)
    print(f"killed meanwhile: {dict(killed)}")
    return _left_over(descriptors) and right


def _machine_requests(count: int) -> list[ExecutionRequest]:
    """Right programs: some only talk, some need a database, some write files."""
    kinds = [kind for kind in KINDS if kind.name in ("prints its input", "asks a database", "leaves files")]
    return [request_of(kind, number) for number, kind in zip(range(count), itertools.cycle(kinds), strict=False)]


def _judged_at_every_level(count: int) -> bool:
    """Judge right programs on a machine that lacks something: each passes or says that it is the machine's fault."""
    good = True
    for level in LEVELS:
        statuses: Counter[str] = Counter()
        causes: Counter[str] = Counter()
        try:
            with Pool(WORKERS, level=level) as pool:
                for result in pool.stream(_machine_requests(count)):
                    statuses.update(outcome.status.value for outcome in result.outcomes)
                    causes.update(outcome.detail for outcome in result.outcomes if outcome.detail)
        except InfrastructureError as error:
            causes[f"stopped: {error}".replace("\n", " ")] += 1
        print(f"  {level:<7} {dict(statuses)}")
        for cause, times in causes.most_common(3):
            print(f"          {times} x {cause[:200]}")
        stopped = any(cause.startswith("stopped") for cause in causes)
        good = good and set(statuses) <= {"pass", "infra_error"} and (stopped or sum(statuses.values()) == count)
    return good


def full_disk(options: argparse.Namespace) -> bool:
    """No space left in /tmp, /var/tmp and /dev/shm."""
    for folder in arena.FRESH:
        with suppress(OSError), (Path(folder) / "full").open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
    return _judged_at_every_level(options.n)


def no_shm(options: argparse.Namespace) -> bool:
    """A machine without /dev/shm."""
    devices = ("null", "zero", "full", "random", "urandom")
    nodes = {name: os.open(f"/dev/{name}", os.O_PATH) for name in devices}
    linux.mount("arena", "/dev", "tmpfs", 0, "mode=0755,size=64k")
    for name, fd in nodes.items():
        (Path("/dev") / name).touch()
        linux.mount(f"/proc/self/fd/{fd}", f"/dev/{name}", "", linux.MS_BIND)
        os.close(fd)
    assert not Path("/dev/shm").exists()
    return _judged_at_every_level(options.n)


def loops(options: argparse.Namespace) -> bool:
    """Programs that never end, on seven cases: every case is run, or the rest given up after two timeouts."""
    suite = ScriptSuite(tuple(StdinCase(f"{n}\n", "") for n in range(7)))
    spent: list[float] = []
    good = True
    for timeouts in (0, 2):
        requests = [
            ExecutionRequest(str(n), f"# {n}\nwhile True: pass", suite, Limits(timeouts=timeouts))
            for n in range(options.n)
        ]
        with Pool(1, level=options.level) as pool:
            began = time.monotonic()
            results = pool.run(requests)
            spent.append((time.monotonic() - began) / len(requests))
        good = good and all(o.status == "timeout" for result in results for o in result.outcomes)
        print(f"{'every case is run' if not timeouts else 'given up after two':<20} {spent[-1]:6.1f} s a program")
    print(f"{spent[0] / spent[1]:.1f} times faster")
    return good


def sleepers(options: argparse.Namespace) -> bool:
    """Programs that only sleep, on three cases each: what they cost in wall time, all together."""
    suite = ScriptSuite(tuple(StdinCase(f"{n}\n", "") for n in range(3)))
    requests = [ExecutionRequest(str(n), f"# {n}\nimport time\ntime.sleep(600)", suite) for n in range(options.n)]
    with Pool(WORKERS, level=options.level) as pool:
        began = time.monotonic()
        results = pool.run(requests)
        took = time.monotonic() - began
    print(f"{options.n} programs of 3 cases: {took:.0f} s, {took / options.n:.1f} s a program")
    return all(o.status == "timeout" for result in results for o in result.outcomes)


_COMMANDS: dict[str, tuple[Callable[[argparse.Namespace], bool], int]] = {
    "mixed": (mixed, 20_000),
    "load": (load, 200),
    "kills": (kills, 1500),
    "loops": (loops, 3),
    "sleepers": (sleepers, 6),
    "full-disk": (full_disk, 60),
    "no-shm": (no_shm, 60),
}


def main() -> int:
    """Run one command in the arena; exit code 0 when all that it checks holds, else 1."""
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, (function, count) in _COMMANDS.items():
        command = commands.add_parser(name, help=(function.__doc__ or "").splitlines()[0])
        command.add_argument("--n", type=int, default=count, help="programs (default: %(default)s)")
        command.add_argument("--seed", type=int, default=0)
        command.add_argument("--level", choices=LEVELS, help="isolation level (default: the strongest reached)")
    options = parser.parse_args()
    arena.enter(arena.possible_users()[0], size="256k" if options.command == "full-disk" else "2g")
    good = _COMMANDS[options.command][0](options)
    print("holds" if good else "DOES NOT HOLD")
    sys.stdout.flush()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
