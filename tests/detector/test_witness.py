"""Nothing is proved by absence: no rule takes an empty list for a check that has been passed."""

import ast
from pathlib import Path

import pytest

from real.detector import scan
from real.detector.analysis.derived import Derived
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Flow
from real.detector.analysis.ruleset import RuleSet
from real.detector.analysis.solver import Solver
from real.detector.analysis.witness import every
from real.detector.frontend.build import build
from real.detector.frontend.escapes import NONE
from real.detector.limits import Budget
from real.detector.reporting import is_guarded
from real.detector.rule import Rule
from real.detector.rules import all_rules

DETECTOR = Path(__file__).parents[2] / "real" / "detector"
ASKING = sorted(
    [
        *(DETECTOR / "rules").glob("*.py"),
        *(DETECTOR / "concepts").glob("*.py"),
        *(DETECTOR / "analysis").glob("*.py"),
    ]
)
RULES = all_rules()


def test_every_needs_a_witness() -> None:
    assert not every([])
    assert every([True, 1])
    assert not every(number > 1 for number in (1, 2))


@pytest.mark.parametrize("path", ASKING, ids=lambda path: path.name)
def test_rules_and_the_analysis_ask_every_and_not_all(path: Path) -> None:
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    assert [node.lineno for node in calls if isinstance(node.func, ast.Name) and node.func.id == "all"] == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.cwe)
def test_no_guard_vouches_for_a_flow_without_operands(rule: Rule) -> None:
    solver = Solver(build("def f(x):\n    g(x)\n")[0], RuleSet(RULES), Budget(), NONE)
    solver.solve()
    unit = solver.state.program.units[1]
    call = next(instr for block in unit.blocks for instr in block.instrs if instr.op == "call")
    flow = Flow(rule, 1 << RULES.index(rule), unit, call, (), None, "g()", "is used")
    assert not is_guarded(rule, Facts(Derived(solver), flow.bit), flow)


# Sinks in a function which only a library calls, with data that nobody has tested.
SINKS = {
    "CWE-77": "import os\ndef _use(x):\n    os.system(x)\n",
    "CWE-89": "import sqlite3\ndef _use(x):\n    sqlite3.connect('a').execute(x)\n",
    "CWE-95": "def _use(x):\n    eval(x)\n",
    "CWE-502": "import pickle\ndef _use(x):\n    pickle.loads(x)\n",
    "CWE-601": "import flask\ndef _use(x):\n    return flask.redirect(x)\n",
    "CWE-918": "import requests\ndef _use(x):\n    requests.get(x, timeout=1)\n",
    "CWE-94": "import jinja2\ndef _use(x):\n    jinja2.Template(x)\n",
}
DETOURS = {
    "map": "def run(xs):\n    return list(map(_use, xs))\n",
    "pool": "def run(pool, x):\n    pool.submit(_use, x)\n",
    "map of a pool": "def run(pool, xs):\n    pool.map(_use, xs)\n",
    "thread": "import threading\ndef run(x):\n    threading.Thread(target=_use, args=(x,)).start()\n",
    "timer": "import threading\ndef run(x):\n    threading.Timer(1, _use, [x]).start()\n",
    "partial": "import functools\ndef run(x):\n    functools.partial(_use, x)()\n",
    "loop": "async def run(loop, x):\n    await loop.run_in_executor(None, _use, x)\n",
    "table": "TABLE = {'use': _use}\ndef run(name, x):\n    TABLE[name](x)\n",
}


@pytest.mark.parametrize("detour", DETOURS)
@pytest.mark.parametrize("cwe", SINKS)
def test_a_detour_to_a_function_is_no_check(cwe: str, detour: str) -> None:
    assert cwe in {finding.rule for finding in scan(SINKS[cwe] + DETOURS[detour]).findings}
