"""Containers that change: each safe program has a vulnerable twin that takes out, moves or reads another item."""

# ruff: noqa: E501 (one program a line)

import pytest

from real.detector import scan
from real.types import AnalysisStatus

START = "import os\nimport subprocess\n"
# (what, safe function, vulnerable function)
TWINS = [
    (
        "pop() of a place",
        "def f(x):\n    a = ['df', x, 'du']\n    a.pop(1)\n    os.system(a[1])\n",
        "def f(x):\n    a = ['df', x, 'du']\n    a.pop(0)\n    os.system(a[0])\n",
    ),
    (
        "what pop() gives back",
        "def f(x):\n    a = ['df', x]\n    os.system(a.pop(0))\n",
        "def f(x):\n    a = ['df', x]\n    os.system(a.pop(-1))\n",
    ),
    (
        "del of an item of a list",
        "def f(x):\n    a = [x, 'df']\n    del a[0]\n    os.system(' '.join(a))\n",
        "def f(x):\n    a = [x, 'df']\n    del a[1]\n    os.system(' '.join(a))\n",
    ),
    (
        "pop() of a key",
        "def f(x):\n    a = {'note': x, 'host': 'web'}\n    a.pop('note')\n    os.system('tag ' + ' '.join(a.values()))\n",
        "def f(x):\n    a = {'note': x, 'host': 'web'}\n    a.pop('host')\n    os.system('tag ' + ' '.join(a.values()))\n",
    ),
    (
        "an item that is replaced before all are used",
        "def f(x):\n    a = {'cmd': x}\n    a['cmd'] = 'df'\n    for part in a.values():\n        os.system(part)\n",
        "def f(x):\n    a = {'cmd': 'df'}\n    a['cmd'] = x\n    for part in a.values():\n        os.system(part)\n",
    ),
    (
        "clear() and then a loop",
        "def f(x):\n    a = [x]\n    a.clear()\n    a.append('df')\n    for part in a:\n        os.system(part)\n",
        "def f(x):\n    a = ['df']\n    a.clear()\n    a.append(x)\n    for part in a:\n        os.system(part)\n",
    ),
    (
        "insert() and reverse()",
        "def f(x):\n    a = ['df', 'du']\n    a.insert(1, x)\n    a.reverse()\n    os.system(a[2])\n",
        "def f(x):\n    a = ['df', 'du']\n    a.insert(0, x)\n    a.reverse()\n    os.system(a[2])\n",
    ),
    (
        "the middle of what is unpacked",
        "def f(x):\n    first, *rest, last = ['df', 'du', x]\n    os.system(first + rest[0])\n",
        "def f(x):\n    first, *rest, last = ['df', x, 'du']\n    os.system(first + rest[0])\n",
    ),
    (
        "the last behind a star",
        "def f(x):\n    *rest, last = [x, 'du']\n    os.system(last)\n",
        "def f(x):\n    *rest, last = ['du', x]\n    os.system(last)\n",
    ),
    (
        "what stands before a star",
        "def f(given):\n    a = ('df', *given)\n    os.system(a[0])\n",
        "def f(given):\n    a = ('df', *given)\n    os.system(a[1])\n",
    ),
    (
        "a comprehension over a literal",
        "def f(x):\n    a = [v.strip() for v in ('df', x)]\n    os.system(a[0])\n",
        "def f(x):\n    a = [v.strip() for v in ('df', x)]\n    os.system(a[1])\n",
    ),
    (
        "a command line that grows",
        "def f(x):\n    a = ['ls']\n    a.append('-c')\n    a.append(x)\n    subprocess.run(a)\n",
        "def f(x):\n    a = ['sh']\n    a.append('-c')\n    a.append(x)\n    subprocess.run(a)\n",
    ),
    (
        "a command line that is extended",
        "def f(x):\n    a = ['ls']\n    a.extend(['-c', x])\n    subprocess.run(a)\n",
        "def f(x):\n    a = ['bash']\n    a.extend(['-c', x])\n    subprocess.run(a)\n",
    ),
]


@pytest.mark.parametrize(("safe", "vulnerable"), [twin[1:] for twin in TWINS], ids=[twin[0] for twin in TWINS])
def test_items_have_places(safe: str, vulnerable: str) -> None:
    assert scan(START + safe).status is AnalysisStatus.CLEAN
    assert scan(START + vulnerable).status is AnalysisStatus.FINDINGS


# Where it is not certain what happens to the container, everything that was ever in it counts.
OPEN = {
    "deleted on one way only": "def f(x, y):\n    a = [x, 'df']\n    if y:\n        del a[0]\n    os.system(a[0])\n",
    "deleted in a loop": "def f(x):\n    a = ['df', x, 'du']\n    for _ in x:\n        a.pop(0)\n    os.system(a[0])\n",
    "put in again": "def f(x):\n    a = [x]\n    a.clear()\n    b = a\n    b.append(x)\n    os.system(a[0])\n",
    "another name": "def f(x):\n    a = ['df']\n    b = a\n    b.insert(0, x)\n    os.system(a[0])\n",
    "an unknown place": "def f(x, n):\n    a = [x, 'df']\n    a.pop(n)\n    os.system(a[0])\n",
    "cleared after its use": "def f(x):\n    a = [x]\n    os.system(' '.join(a))\n    a.clear()\n",
    "held by another": "def f(x):\n    a = ['df']\n    held = {'a': a}\n    a.clear()\n    a.append(x)\n    os.system(held['a'][0])\n",
    "filled by a function": "def _fill(a, x):\n    a.append(x)\ndef f(x):\n    a = ['df']\n    a.clear()\n    _fill(a, x)\n    os.system(a[0])\n",
    "handed on before": "KEPT = []\ndef f(x):\n    a = [x]\n    KEPT.append(a)\n    a.clear()\n    a.append(x)\n    os.system(KEPT[0][0])\n",
    "a handler": "def f(x):\n    a = [x]\n    try:\n        g()\n        a.clear()\n    except ValueError:\n        pass\n    os.system(' '.join(a))\n",
}


@pytest.mark.parametrize("code", OPEN.values(), ids=OPEN)
def test_what_may_still_be_there_counts(code: str) -> None:
    assert scan(START + code).status is AnalysisStatus.FINDINGS
