"""Objects of the program's own classes, told apart: each safe program has a vulnerable twin."""

# ruff: noqa: E501 (one program a line)

import pytest

from real.detector import scan
from real.types import AnalysisStatus

BOX = (
    "import os\nclass Box:\n    def __init__(self, text, place='/tmp'):\n        self._text = text\n        self.place = place\n        self.items = []\n"
    "    def put(self, text):\n        self._text = text\n        return self\n    def get(self):\n        return self._text\n"
)
HEIR = (
    BOX + "class Fixed(Box):\n    def __init__(self, note):\n        super().__init__('df')\n        self.note = note\n"
)
RECORD = (
    "import os\nfrom dataclasses import dataclass\n@dataclass\nclass Job:\n    line: str\n    place: str = '/tmp'\n"
)

# (what, safe program, vulnerable program)
TWINS = [
    (
        "two objects of a class",
        BOX + "def f(x):\n    mine = Box(x)\n    fixed = Box('df')\n    os.system(fixed.get())\n    return mine\n",
        BOX + "def f(x):\n    mine = Box(x)\n    fixed = Box('df')\n    os.system(mine.get())\n    return fixed\n",
    ),
    (
        "a method that replaces what an object holds",
        BOX + "def f(x):\n    box = Box(x)\n    box.put('df')\n    os.system(box.get())\n",
        BOX + "def f(x):\n    box = Box('df')\n    box.put(x)\n    os.system(box.get())\n",
    ),
    (
        "methods in a row",
        BOX + "def f(x):\n    box = Box(x)\n    box.put('ls').put('df')\n    os.system(box.get())\n",
        BOX + "def f(x):\n    box = Box('df')\n    box.put('ls').put(x)\n    os.system(box.get())\n",
    ),
    (
        "on some ways only",
        BOX
        + "def f(x, n):\n    box = Box('ls')\n    if n:\n        box.put('df')\n    os.system(box.get())\n    return x\n",
        BOX + "def f(x, n):\n    box = Box('ls')\n    if n:\n        box.put(x)\n    os.system(box.get())\n",
    ),
    (
        "on each way",
        BOX
        + "def f(x, n):\n    box = Box(x)\n    if n:\n        box.put('df')\n    else:\n        box.put('ls')\n    os.system(box.get())\n",
        BOX
        + "def f(x, n):\n    box = Box(x)\n    if n:\n        box.put('df')\n    elif x:\n        box.put('ls')\n    os.system(box.get())\n",
    ),
    (
        "in each round",
        BOX
        + "def f(xs):\n    box = Box('df')\n    for x in xs:\n        box.put(x)\n        print(box.get())\n        box.put('ls')\n    os.system(box.get())\n",
        BOX
        + "def f(xs):\n    box = Box('df')\n    for x in xs:\n        os.system(box.get())\n        box.put('ls')\n        box.put(x)\n",
    ),
    (
        "before the object is given away",
        BOX + "def f(x, keep):\n    box = Box('df')\n    os.system(box.place)\n    keep(box, x)\n",
        BOX + "def f(x, keep):\n    box = Box('df')\n    keep(box)\n    box.place = x\n    os.system(box.place)\n",
    ),
    (
        "in a loop",
        BOX
        + "def f(xs):\n    box = Box('df')\n    for x in xs:\n        os.system(box.place)\n        box.items.append(x)\n",
        BOX
        + "def f(xs):\n    box = Box('df')\n    for x in xs:\n        os.system(box.place)\n        box.place = x\n",
    ),
    (
        "an heir with a constant of its own",
        HEIR + "def f(x):\n    fixed = Fixed(x)\n    os.system(fixed.get())\n    os.system(fixed.place)\n",
        HEIR + "def f(x):\n    fixed = Fixed(x)\n    os.system(fixed.get())\n    os.system(fixed.note)\n",
    ),
    (
        "a dataclass",
        RECORD
        + "def f(x):\n    job = Job(x)\n    os.system(job.place)\n    job.line = 'df'\n    os.system(job.line)\n",
        RECORD + "def f(x):\n    job = Job('df', x)\n    os.system(job.place)\n",
    ),
    (
        "keys that are taken from the dict itself",
        "import os\ndef f(x):\n    parts = {'kind': 'note', 'body': 'empty'}\n    kind, body = parts\n    parts[body] = x\n    os.system(parts['kind'])\n    return kind\n",
        "import os\ndef f(x):\n    parts = {'kind': 'note', 'body': 'empty'}\n    kind, body = parts\n    parts[kind] = x\n    os.system(parts['kind'])\n    return body\n",
    ),
    (
        "what a base class of this file keeps",
        "import pickle\nclass Base:\n    def __init__(self, content):\n        self.content = content\nclass _Sub(Base):\n    def parse(self):\n        return pickle.loads(self.content)\ndef f():\n    return _Sub(b'N.').parse()\n",
        "import pickle\nclass Base:\n    def __init__(self, content):\n        self.content = content\nclass Sub(Base):\n    def parse(self):\n        return pickle.loads(self.content)\n",
    ),
    (
        "what a base class of another file keeps",
        "import pickle\nfrom .base import Base\nclass Sub(Base):\n    def __init__(self):\n        self.content = b'N.'\n    def parse(self):\n        return pickle.loads(self.content)\n",
        "import pickle\nfrom .base import Base\nclass Sub(Base):\n    def parse(self):\n        return pickle.loads(self.content)\n",
    ),
    (
        "an option by default",
        "import numpy as np\nclass Reader:\n    def __init__(self, allow=False):\n        self.allow = allow\n    def read(self, name):\n        return np.load(name, allow_pickle=self.allow)\n",
        "import numpy as np\nclass Reader:\n    def __init__(self, allow=True):\n        self.allow = allow\n    def read(self, name):\n        return np.load(name, allow_pickle=self.allow)\n",
    ),
    (
        "an option that the program passes on",
        "import numpy as np\ndef read(name, allow):\n    return np.load(name, allow_pickle=allow)\ndef all_of(names):\n    return [read(name, False) for name in names]\n",
        "import numpy as np\ndef read(name, allow):\n    return np.load(name, allow_pickle=allow)\ndef all_of(names):\n    return [read(name, True) for name in names]\n",
    ),
]


@pytest.mark.parametrize(("safe", "vulnerable"), [twin[1:] for twin in TWINS], ids=[twin[0] for twin in TWINS])
def test_objects_are_told_apart(safe: str, vulnerable: str) -> None:
    assert scan(vulnerable).status is AnalysisStatus.FINDINGS
    assert scan(safe).status is AnalysisStatus.CLEAN


UPDATES = {
    "on some ways only": "    if n:\n        box.put(x)\n    os.system(box.get())\n",
    "after it was used": "    os.system(box.get())\n    box.put('df')\n",
    "before an exception": "    box.put(x)\n    try:\n        n()\n        box.put('df')\n    except ValueError:\n        os.system(box.get())\n",
    "by others": "    n(box)\n    os.system(box.get())\n",
    "in the round before": "    while n():\n        os.system(box.get())\n        box.put(x)\n",
}


@pytest.mark.parametrize("rest", UPDATES.values(), ids=UPDATES)
def test_an_update_counts_where_it_has_happened(rest: str) -> None:
    kept = BOX + "def f(x, n):\n    box = Box(x)\n" + rest
    assert "CWE-77" in {finding.rule for finding in scan(kept).findings}


# A literal of Python is no code, however it gets into the text.
LITERALS = {
    "a call": "eval('len(' + repr(x) + ')')",
    "an f-string": "eval(f'len({x!r})')",
    "a percent sign": "eval('len(%r)' % (x,))",
    "format()": "eval('len({!r})'.format(x))",
}


@pytest.mark.parametrize("code", LITERALS.values(), ids=LITERALS)
def test_a_literal_is_no_code(code: str) -> None:
    assert scan(f"def f(x):\n    return {code}\n").findings == ()
    shown = code.replace("repr(x)", "x").replace("!r", "").replace("%r", "%s")
    assert scan(f"def f(x):\n    return {shown}\n").status is AnalysisStatus.FINDINGS
