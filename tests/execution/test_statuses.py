"""Each status, from a program that earns it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from real.execution import Pool
from real.types import (
    CallCase,
    CallSuite,
    ExecutionRequest,
    Limits,
    LiteralCase,
    LiteralSuite,
    OutcomeStatus,
    ScriptSuite,
    StdinCase,
    Suite,
    TestOutcome,
)

QUICK = Limits(cpu_s=0.5, memory_mb=128, output_kb=64)


def run_script(
    pool: Pool, code: str, stdin: str = "", expected: str = "right\n", limits: Limits = QUICK
) -> TestOutcome:
    (result,) = pool.run([ExecutionRequest("job", code, ScriptSuite((StdinCase(stdin, expected),)), limits)])
    assert result.isolation == pool.isolation
    (outcome,) = result.outcomes
    return outcome


CASES = {
    "prints what is expected": ("print('right')", OutcomeStatus.PASS, ""),
    "sys.exit without a code": ("import sys; print('right'); sys.exit()", OutcomeStatus.PASS, ""),
    "sys.exit(0)": ("import sys; print('right'); sys.exit(0)", OutcomeStatus.PASS, ""),
    "output from an exit function": ("import atexit; atexit.register(print, 'right')", OutcomeStatus.PASS, ""),
    "output from a thread": ("import threading; threading.Thread(target=print, args=('right',)).start()", "pass", ""),
    "main block": ("if __name__ == '__main__':\n    print('right')", OutcomeStatus.PASS, ""),
    "a swallowed MemoryError": ("try:\n    bytearray(1 << 40)\nexcept MemoryError:\n    print('right')", "pass", ""),
    "prints something else": ("print('left')", OutcomeStatus.WRONG, ""),
    "prints nothing": ("", OutcomeStatus.WRONG, ""),
    "raises": ("print('right')\n1 / 0", OutcomeStatus.ERROR, "line 2: ZeroDivisionError: division by zero"),
    "exit code 3": ("import sys; print('right'); sys.exit(3)", OutcomeStatus.ERROR, "exit code 3"),
    "exit message": ("import sys; print('right'); sys.exit('sorry')", OutcomeStatus.ERROR, "exit code 1"),
    "os._exit(7)": ("import os; print('right', flush=True); os._exit(7)", OutcomeStatus.ERROR, "exit code 7"),
    "reads too far": ("print('right'); input()", OutcomeStatus.ERROR, "EOFError: EOF when reading a line"),
    "crashes": ("import ctypes; ctypes.string_at(0)", OutcomeStatus.ERROR, "killed by SIGSEGV"),
    "deep recursion": ("def f(): f()\nf()", OutcomeStatus.ERROR, "RecursionError: maximum recursion depth exceeded"),
    "loops": ("while True: pass", OutcomeStatus.TIMEOUT, "CPU time limit"),
    "loops in C": ("10 ** 10 ** 10", OutcomeStatus.TIMEOUT, "CPU time limit"),
    "memory": ("a = []\nwhile True: a.append(bytearray(1 << 20))", OutcomeStatus.MEMORY, "line 2: MemoryError"),
    "output": ("while True: print('x' * 1000)", OutcomeStatus.OUTPUT_LIMIT, "output limit"),
    "file size": ("open('f', 'wb').write(bytes(17 << 20))", OutcomeStatus.OUTPUT_LIMIT, "file size limit"),
    "file space": (
        "for i in range(9): open(str(i), 'wb').write(bytes(15 << 20))",
        OutcomeStatus.OUTPUT_LIMIT,
        "file space limit",
    ),
    "open files": ("f = [open('/dev/null') for _ in range(99)]", OutcomeStatus.ERROR, "open file limit"),
    "two claims": (
        "import os\nfor _ in range(9): os.write(3, b'\\0\\0\\0\\2{}')\nprint('right')",
        OutcomeStatus.OUTPUT_LIMIT,
        "output limit",
    ),
    "syntax error": ("print('right'", OutcomeStatus.COMPILE_ERROR, "SyntaxError: '(' was never closed"),
    "NUL byte": ("print('right')\0", OutcomeStatus.COMPILE_ERROR, "null bytes"),
    "lone surrogate": ("print('\ud800')", OutcomeStatus.COMPILE_ERROR, "surrogates not allowed"),
    "deep nesting": ("(" * 5000 + ")" * 5000, OutcomeStatus.COMPILE_ERROR, "too many nested parentheses"),
    "compiler overflow": ("-" * 200_000 + "1", OutcomeStatus.COMPILE_ERROR, ""),
    "too large": ("#" * (2 << 20), OutcomeStatus.COMPILE_ERROR, "larger than"),
    "invalid UTF-8 output": ("import sys; sys.stdout.buffer.write(b'right\\xff\\n')", OutcomeStatus.WRONG, ""),
}


@pytest.mark.parametrize("name", CASES)
def test_status(pool: Pool, name: str) -> None:
    code, status, detail = CASES[name]
    outcome = run_script(pool, code)
    assert outcome.status == status, outcome
    assert detail in outcome.detail
    assert outcome.seconds < 5


def test_programs_that_wait_end_at_the_wall_clock_backstop(pool: Pool) -> None:
    programs = ["import time; time.sleep(100)", "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)"]
    suite = ScriptSuite((StdinCase("", ""),))
    for result in pool.run([ExecutionRequest(program, program, suite, Limits(cpu_s=0.05)) for program in programs]):
        (outcome,) = result.outcomes
        assert outcome.status is OutcomeStatus.TIMEOUT
        assert "wall-clock limit" in outcome.detail
        assert outcome.seconds < 1


def test_output_is_capped_in_the_outcome(pool: Pool) -> None:
    outcome = run_script(pool, "print('x' * 20000)")
    assert outcome.status is OutcomeStatus.WRONG
    assert outcome.output == "x" * 4096


@pytest.mark.parametrize(
    "program",
    [
        "print(input('Name: '))",
        "p = 'Name: '\nprint(input(p))",
        "n = 3\nprint(input(f'Name {n}: '))",
        "import sys\nprint(sys.stdin.readline().strip())",
        "import sys\nprint(sys.stdin.read().split()[0])",
        "import sys\nfor line in sys.stdin:\n    print(line.strip())\n    break",
        "import os\nprint(os.read(0, 100).decode().split()[0])",
        "print(open(0).readline().strip())",
        "import fileinput\nprint(next(fileinput.input()).strip())",
    ],
)
def test_ways_of_reading_a_line(pool: Pool, program: str) -> None:
    outcome = run_script(pool, program, "Ärger\nsecond\n", "Ärger\n")
    assert outcome.status is OutcomeStatus.PASS, outcome


PAPER = [  # for two lines of input
    ("print(input('Name: '), input('Age: '))", "Ann second\n", "pass"),
    ("print(input('Name: '), input('Age: '))", "a n n\n second", "pass"),
    ("print(input('Name: '), input('Age: '))", "Ann\tsecond", "wrong"),  # tabs count
    ('print(input("Say \\"x\\": "), input("B"))', "ann second", "pass"),
    ("print(input('Name: '))", "Ann", "wrong"),  # one prompt, two lines
    ("print(input('Name: '), input('a'), '', end='' if True else input('b'))", "Ann second", "wrong"),  # three
    ("print(input(\n    'Name: '\n), input('B'))", "Ann second", "wrong"),  # does not follow directly
    ("print(input(), input())", "Ann second", "wrong"),
    ("def my_input(x): return input(x)\nprint(my_input('A'), my_input('B'))", "Ann second", "wrong"),
    ("print('Hi'); print(input('Name: '), input('B'))", "HiAnnsecond", "wrong"),  # a prompt after other output stays
    ("print('Hi'); print(input('Name: '), input('B'))", "Hi Name: B Ann second", "pass"),
    ("print(input('Name: '))\nprint(input('B'))", "Name: Ann B second", "pass"),  # not both at the start: none goes
    ("n = 1\nprint(input(f'Name {n}: '), input('B'))", "Ann second", "wrong"),
    ("print(input('A'), input('B'))\nraise SystemExit(1)", "Ann second", "error"),
]


@pytest.mark.parametrize(("program", "expected", "status"), PAPER, ids=range(len(PAPER)))
def test_the_papers_way_with_prompts(pool: Pool, program: str, expected: str, status: str) -> None:
    suite = ScriptSuite((StdinCase("Ann\nsecond\n", expected),))
    (result,) = pool.run([ExecutionRequest("job", program, suite)], "paper")
    assert result.outcomes[0].status == status, result


@pytest.mark.parametrize(("program", "expected", "status"), PAPER, ids=range(len(PAPER)))
def test_one_run_answers_for_both_protocols(pool: Pool, program: str, expected: str, status: str) -> None:
    job = ExecutionRequest("job", program, ScriptSuite((StdinCase("Ann\nsecond\n", expected),)))
    by_protocol = {name: pool.run([job], name)[0].outcomes[0] for name in ("strict", "paper")}
    assert (by_protocol["strict"].other or by_protocol["strict"].status) == status
    assert (by_protocol["paper"].other or by_protocol["paper"].status) == by_protocol["strict"].status


@pytest.mark.parametrize(
    "program",
    [
        "import sys\nsys.stdout.close()\nx = input('a')\nimport os\nos.write(1, b'Ann\\n')",
        "x = input('\\ud800')\nprint(x)",
        "import io, sys\nkept, sys.stdout = sys.stdout, io.StringIO()\nx = input('a')\ny = sys.stdout.getvalue()\n"
        "sys.stdout = kept\nprint(y + x)",
        "print(input('\\x0e\\x02 a \\x03\\x0f'))",
        "print('\\x0e\\x02 as input itself would do \\x03\\x0f' + input())",
    ],
)
def test_prompts_are_never_in_the_strict_output(any_pool: Pool, program: str) -> None:
    outcome = run_script(any_pool, program, "Ann\n", "Ann\n")
    assert outcome.status is OutcomeStatus.PASS, outcome


def test_unseeded_random_numbers_are_the_same_in_every_run(pool: Pool) -> None:
    program = "import random\nprint(random.random(), random.sample(range(99), 5))"
    results = pool.run(
        [ExecutionRequest(str(n), f"{program}  # {n}", ScriptSuite((StdinCase("", ""),) * 2)) for n in range(4)]
    )
    assert len({outcome.output for result in results for outcome in result.outcomes}) == 1


def test_ordinary_programs_start_several_threads(any_pool: Pool) -> None:
    program = """
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(8) as threads:
    print(sum(threads.map(int, '12345678')))
"""
    assert run_script(any_pool, program, expected="36\n").status is OutcomeStatus.PASS


def test_garbage_collection_runs(pool: Pool) -> None:
    program = """
import gc
class A: pass
for _ in range(300_000):
    a = A(); a.a = a
print(gc.isenabled())
"""
    assert run_script(pool, program, expected="True\n", limits=Limits(memory_mb=64)).status is OutcomeStatus.PASS


def test_large_input_and_output_do_not_block(pool: Pool) -> None:
    text = "".join(f"line {i}\n" for i in range(20_000))
    program = "import sys\nsys.stdout.write(sys.stdin.read())"
    outcome = run_script(pool, program, text, text, Limits(output_kb=512))
    assert outcome.status is OutcomeStatus.PASS, outcome


ENDLESS_FROM_2 = "n = int(input())\nwhile n in (2, 3): pass\nprint(n)"
AS_A_FUNCTION = "def f(n):\n    while n in (2, 3): pass\n    return n"
FOUR = range(1, 5)


def suites() -> dict[str, tuple[str, Suite]]:
    script = ScriptSuite(tuple(StdinCase(f"{n}\n", f"{n}\n") for n in FOUR))
    call = CallSuite("f", tuple(CallCase(n, (n,)) for n in FOUR))
    literal = LiteralSuite("f", tuple(LiteralCase(f"({n},)", str(n)) for n in FOUR))
    return {"script": (ENDLESS_FROM_2, script), "call": (AS_A_FUNCTION, call), "literal": (AS_A_FUNCTION, literal)}


@pytest.mark.parametrize("kind", suites())
def test_after_enough_timeouts_the_other_cases_are_not_run(pool: Pool, kind: str) -> None:
    code, suite = suites()[kind]
    limits = [QUICK, replace(QUICK, timeouts=2), replace(QUICK, timeouts=3)]
    results = pool.run([ExecutionRequest(str(index), code, suite, some) for index, some in enumerate(limits)])
    everything, two, three = [[outcome.status.value for outcome in result.outcomes] for result in results]
    assert everything == three == ["pass", "timeout", "timeout", "pass"]
    assert two == ["pass", "timeout", "timeout", "timeout"]
    last = results[1].outcomes[3]
    assert last.seconds == 0.0
    assert last.detail.startswith("not run, for cases before it ran out of time")


def test_output_limits_follow_what_is_expected(pool: Pool) -> None:
    text = "x" * 99 + "\n"
    expected = text * 3000  # 293 KiB, more than the default
    assert run_script(pool, f"print({text!r} * 3000, end='')", expected=expected).status is OutcomeStatus.PASS
    outcome = run_script(pool, f"print({text!r} * 9000, end='')", expected=expected)
    assert outcome.status is OutcomeStatus.OUTPUT_LIMIT
    assert "the limit is 586 KiB" in outcome.detail
    assert "were printed" in outcome.detail
    wider = run_script(pool, f"print({text!r} * 9000, end='')", limits=Limits(output_kb=1024))
    assert wider.status is OutcomeStatus.WRONG
