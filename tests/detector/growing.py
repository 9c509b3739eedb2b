"""Programs of any size in shapes that have made analyses explode: for how the work grows with its input."""

from __future__ import annotations

from collections.abc import Callable

from real.detector.analysis.ruleset import RuleSet
from real.detector.analysis.solver import Solver
from real.detector.frontend.build import build
from real.detector.limits import MAX_STEPS_OF_FILE, Budget
from real.detector.reporting import report
from real.detector.rules import all_rules

_RULES = RuleSet(tuple(all_rules()))


def steps(code: str) -> int:
    """The steps of the whole analysis, what the rules ask included; raises ``BudgetExceededError`` as for a file."""
    budget = Budget(seconds=1e6, steps=MAX_STEPS_OF_FILE)
    program, escapes = build(code)
    solver = Solver(program, _RULES, budget, escapes)
    solver.solve()
    report(solver, tuple(all_rules()))
    return budget.spent


def callbacks(size: int) -> str:
    """Methods that are all given to a loop, each with the next."""
    methods = "".join(
        f"    def m{i}(self, *args):\n        self.loop.add_callback(self.m{(i + 1) % size}, self.run, *args)\n"
        for i in range(size)
    )
    head = "import contextvars\nclass R:\n    def __init__(self, run, loop):\n        self.run, self.loop = run, loop\n"
    return f"{head}{methods}def start(loop):\n    return R(contextvars.copy_context().run, loop)\n"


def bus(size: int) -> str:
    """One list of handlers, which get one another."""
    made = "".join(f"def h{i}(event, others):\n    for f in others:\n        f(event, others)\n" for i in range(size))
    return f"{made}HANDLERS = [{', '.join(f'h{i}' for i in range(size))}]\ndef emit(event):\n    h0(event, HANDLERS)\n"


def mutual_recursion(size: int) -> str:
    """Functions that each call the next two, in a circle."""
    return "".join(
        f"def f{i}(x, n):\n    if n > {i}:\n        return f{(i + 1) % size}(x + 'a', n - 1)\n"
        f"    return f{(i + 2) % size}(x, n - 2)\n"
        for i in range(size)
    )


def deep_classes(size: int) -> str:
    """Each class derives from the last and hands its arguments up."""
    first = "class C0:\n    def __init__(self, a, b):\n        self.a, self.b = a, b\n"
    return first + "".join(
        f"class C{i + 1}(C{i}):\n    def __init__(self, a, b):\n        super().__init__(a, [b])\n"
        f"        self.x{i} = a\n    def get{i}(self):\n        return self.a + self.x{i}\n"
        for i in range(size)
    )


def literals(size: int) -> str:
    """A table with many rows, each a mapping of lists."""
    rows = "".join(f"    'k{i}': {{'a': [{i}, 'x{i}', None], 'b': ('y', {i}.5)}},\n" for i in range(size))
    return f"TABLE = {{\n{rows}}}\ndef find(key, field):\n    return TABLE[key][field]\n"


def sums(size: int) -> str:
    """Lists and dictionaries of functions, put together by operators."""
    made = "".join(f"def g{i}(x):\n    return x\n" for i in range(size))
    lists = "".join(f"L{i + 1} = L{i} + [g{i}, {{'a': g{i}}}]\n" for i in range(size))
    return f"{made}L0 = []\n{lists}def call(x):\n    return [f(x) for f in L{size}]\n"


def chain(size: int) -> str:
    """One expression of many methods."""
    return "def f(q):\n    return q" + "".join(f".where(a{i}=q.b{i})" for i in range(size)) + "\n"


def refusals(size: int) -> str:
    """One function with many early exits."""
    body = "".join(
        f"    if 'k{i}' not in data or not data['k{i}']:\n        raise ValueError('k{i}')\n" for i in range(size)
    )
    return f"import os\ndef f(data, name):\n{body}    os.system('ls ' + name)\n"


def flags(size: int) -> str:
    """Truth values that are put together from many tests."""
    body = "".join(f"    ok = ok and (data.a{i} or data.b{i} == {i})\n" for i in range(size))
    return f"import os\ndef f(data, name):\n    ok = True\n{body}    if ok:\n        os.system('ls ' + name)\n"


def helpers(size: int) -> str:
    """A function that asks many helpers, each of which may refuse."""
    made = "".join(
        f"def check{i}(x):\n    if not x or x == '{i}':\n        raise ValueError\n    log(x)\n" for i in range(size)
    )
    calls = "".join(f"    check{i}(name)\n    use(name)\n" for i in range(size))
    return f"import os\n{made}def f(name):\n{calls}    os.system('ls ' + name)\n"


SHAPES: dict[str, Callable[[int], str]] = {
    make.__name__: make
    for make in (
        callbacks, bus, mutual_recursion, deep_classes, literals, sums, chain, refusals, flags, helpers,
    )
}  # fmt: skip
