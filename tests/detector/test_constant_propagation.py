"""Branches, loops and keys that constants decide: each safe program has a vulnerable twin, a constant apart."""

# ruff: noqa: E501 (one program a line)

import pytest

from real.detector import scan
from real.detector.frontend.build import build
from real.detector.limits import Limits
from real.types import AnalysisStatus

# (what, safe program, vulnerable program)
TWINS = [
    (
        "a length of a text",
        'import os\nNAME = "nightly"\ndef f(x):\n    line = x if len(NAME) > 9 else "df"\n    os.system(line)\n',
        'import os\nNAME = "nightly"\ndef f(x):\n    line = x if len(NAME) > 6 else "df"\n    os.system(line)\n',
    ),
    (
        "a chained comparison in a while loop's body",
        "def f(x):\n    n = 7 % 4\n    code = '1'\n    if not 0 < n < 5:\n        code = x\n    return eval(code)\n",
        "def f(x):\n    n = 7 % 4\n    code = '1'\n    if 0 < n < 5:\n        code = x\n    return eval(code)\n",
    ),
    (
        "membership and texts put together",
        "import os\ndef f(x):\n    kind = 'a' + 'b'\n    cmd = 'df'\n    if kind in 'xyz':\n        cmd = x\n    os.system(cmd)\n",
        "import os\ndef f(x):\n    kind = 'a' + 'b'\n    cmd = 'df'\n    if kind in 'xabz':\n        cmd = x\n    os.system(cmd)\n",
    ),
    (
        "a case of a number",
        "def f(x):\n    match 2 * 3:\n        case 5:\n            return eval(x)\n        case 6 | 7:\n            return 0\n",
        "def f(x):\n    match 2 * 3:\n        case 6 | 7:\n            return eval(x)\n        case 5:\n            return 0\n",
    ),
    (
        "a case of an item of a tuple",
        "import os\ndef f(x):\n    modes = ('dry', 'real')\n    match modes[len(modes) - 2]:\n        case 'real':\n            os.system(x)\n",
        "import os\ndef f(x):\n    modes = ('dry', 'real')\n    match modes[len(modes) - 1]:\n        case 'real':\n            os.system(x)\n",
    ),
    (
        "what a helper is given",
        "import os\ndef _go(line, level):\n    if level >= 2:\n        os.system(line)\ndef f(x):\n    _go(x, 1)\n",
        "import os\ndef _go(line, level):\n    if level >= 2:\n        os.system(line)\ndef f(x):\n    _go(x, 3)\n",
    ),
    (
        "a loop over a literal",
        "import os\ndef f(x):\n    cmd = x\n    for part in ('df', 'du'):\n        cmd = part + ' -h'\n    os.system(cmd)\n",
        "import os\ndef f(x):\n    cmd = 'df'\n    for part in ('df', 'du'):\n        cmd = part + x\n    os.system(cmd)\n",
    ),
    (
        "a loop that leaves early",
        "import os\ndef f(x):\n    cmd = x\n    for n in range(2, 4):\n        cmd = 'df'\n        if n > 2:\n            break\n    os.system(cmd)\n",
        "import os\ndef f(x):\n    cmd = 'df'\n    for n in range(2, 4):\n        if n > 2:\n            break\n        cmd = x\n    os.system(cmd)\n",
    ),
    (
        "a loop that makes no round",
        "import os\ndef f(x):\n    cmd = 'df'\n    for n in range(2):\n        cmd = 'du'\n    else:\n        cmd = cmd + ' -h'\n    os.system(cmd)\n",
        "import os\ndef f(x):\n    cmd = x\n    for n in range(2, 2):\n        cmd = 'df'\n    os.system(cmd)\n",
    ),
    (
        "a computed key",
        "import os\nBASE = 3\ndef f(x):\n    table = {4: 'df', 5: x}\n    os.system(table[BASE + 1])\n",
        "import os\nBASE = 3\ndef f(x):\n    table = {4: 'df', 5: x}\n    os.system(table[BASE + 2])\n",
    ),
]


@pytest.mark.parametrize(("safe", "vulnerable"), [twin[1:] for twin in TWINS], ids=[twin[0] for twin in TWINS])
def test_a_constant_decides(safe: str, vulnerable: str) -> None:
    assert scan(safe).status is AnalysisStatus.CLEAN
    assert scan(vulnerable).status is AnalysisStatus.FINDINGS


# What is no constant: flags that others set, values that a loop changes, parameters, what only one way makes known.
OPEN = {
    "a flag of the module": "import os\nDEBUG = False\ndef f(x):\n    if DEBUG:\n        os.system(x)\n",
    "a counter": "import os\ndef f(x):\n    n = 0\n    while n < 3:\n        n += 1\n    if n > 1:\n        os.system(x)\n",
    "a default": "import os\ndef f(x, mode='dry'):\n    if mode == 'real':\n        os.system(x)\n",
    "a global that is bound twice": "import os\nN = 1\nN = 2\ndef f(x):\n    if N == 1:\n        os.system(x)\n",
    "one of two": "import os\ndef f(x, y):\n    n = 1 if y else 2\n    if n == 2:\n        os.system(x)\n",
    "division by zero": "import os\ndef f(x):\n    try:\n        n = 1 / 0\n    except ZeroDivisionError:\n        os.system(x)\n",
    "a function of the program called len": "import os\ndef len(x):\n    return 9\ndef f(x):\n    if len('a') > 3:\n        os.system(x)\n",
}


@pytest.mark.parametrize("code", OPEN.values(), ids=OPEN)
def test_what_may_be_otherwise_stays_open(code: str) -> None:
    assert scan(code).status is AnalysisStatus.FINDINGS


@pytest.mark.parametrize("text", ["10 ** 10 ** 10", "'a' * 10 ** 9", "1 << 10 ** 9", "-(2 ** 70) * 2 ** 70"])
def test_large_constants_are_not_computed(text: str) -> None:
    code = f"import os\ndef f(x):\n    n = {text}\n    if n:\n        os.system(x)\n"
    assert scan(code, limits=Limits(seconds=5)).status is AnalysisStatus.FINDINGS


def test_edges_that_are_never_taken_are_gone() -> None:
    program, _ = build("def f(x):\n    if 1 > 2:\n        return x\n    return 3\n")
    returns = [instr for block in program.units[1].blocks for instr in block.instrs if instr.op == "return"]
    assert [instr.line for instr in returns] == [4]
    for block in program.units[1].blocks:
        assert all(block in succ.preds for succ in block.succs)
        assert all(block in pred.succs for pred in block.preds)
        assert all(len(i.args) == len(block.preds) for i in block.instrs if i.op == "phi")
