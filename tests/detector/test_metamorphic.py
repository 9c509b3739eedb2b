"""Meaning-preserving rewrites must not change a verdict, neither of vulnerable nor of safe programs."""

import pytest

from real.detector import scan
from real.types import AnalysisStatus

HEADER = 'import sqlite3\nimport sys\ndb = sqlite3.connect("shop.db")\ncursor = db.cursor()\n'

# Each base program computes `query` and `values`; the first three are vulnerable, the others safe.
BASES = {
    "input": ('x = input()\nquery = "SELECT * FROM t WHERE a = \'" + x + "\'"\nvalues = ()\n', True),
    "argv": ('x = sys.argv[1]\nquery = f"SELECT * FROM {x}"\nvalues = ()\n', True),
    "useless check": (
        'x = input()\nif x not in {"aa", "bb"}:\n    print("?")\nquery = "SELECT " + x\nvalues = ()\n',
        True,
    ),
    "bound": ('x = input()\nquery = "SELECT * FROM t WHERE a = ?"\nvalues = (x,)\n', False),
    "number": ('x = int(input())\nquery = f"SELECT * FROM t WHERE a = {x}"\nvalues = ()\n', False),
    "checked": (
        'x = input()\nif x not in {"aa", "bb"}:\n    raise ValueError(x)\nquery = "SELECT " + x\nvalues = ()\n',
        False,
    ),
    "chosen": ('x = {"a": "aa", "b": "bb"}[input()]\nquery = "SELECT " + x\nvalues = ()\n', False),
}

# How the query gets from `query` to the database.
SINKS = {
    "plain": "cursor.execute(query, values)\n",
    "connection": "db.execute(query, values)\n",
    "helper": "def run(statement, params):\n    cursor.execute(statement, params)\nrun(query, values)\n",
    "closure": (
        "def outer():\n    def inner():\n        return cursor.execute(query, values)\n    return inner\nouter()()\n"
    ),
    "lambda": "(lambda q, v: cursor.execute(q, v))(query, values)\n",
    "method": (
        "class Db:\n    def __init__(self, c):\n        self.c = c\n    def run(self, q, v):\n"
        "        return self.c.execute(q, v)\nDb(cursor).run(query, values)\n"
    ),
    "static method": (
        "class Db:\n    @staticmethod\n    def run(q, v):\n        return cursor.execute(q, v)\nDb.run(query, values)\n"
    ),
    "getattr": 'getattr(cursor, "execute")(query, values)\n',
    "built getattr": 'verb = "cute"\ngetattr(cursor, "exe" + verb)(query, values)\n',
    "f-string getattr": 'verb = "cute"\ngetattr(cursor, f"exe{verb}")(query, values)\n',
    "bound method": "run = cursor.execute\nrun(query, values)\n",
    "method in dict": 'table = {"run": cursor.execute}\ntable["run"](query, values)\n',
    "unbound": "sqlite3.Cursor.execute(cursor, query, values)\n",
    "type": "type(cursor).execute(cursor, query, values)\n",
    "partial": "import functools\nfunctools.partial(cursor.execute, query)(values)\n",
    "starred": "call = (query, values)\ncursor.execute(*call)\n",
    "boxed in list": "box = [query]\ncursor.execute(box[0], values)\n",
    "appended": "box = []\nbox.append(query)\ncursor.execute(box.pop(), values)\n",
    "boxed in dict": 'box = {"q": query, "v": values}\ncursor.execute(box["q"], box["v"])\n',
    "boxed in attribute": "class Box:\n    pass\nbox = Box()\nbox.q = query\ncursor.execute(box.q, values)\n",
    "setattr": 'class Box:\n    pass\nbox = Box()\nsetattr(box, "q", query)\ncursor.execute(box.q, values)\n',
    "tuple": "(q, v), unused = (query, values), None\ncursor.execute(q, v)\n",
    "walrus": "if (q := query):\n    cursor.execute(q, values)\n",
    "conditional": 'cursor.execute(query if query else "SELECT 1", values)\n',
    "or": 'cursor.execute(query or "SELECT 1", values)\n',
    "augmented": 'text = "/* */"\ntext += query\ncursor.execute(text, values)\n',
    "joined": 'cursor.execute(" ".join([query, "LIMIT 9"]), values)\n',
    "f-string": 'cursor.execute(f"{query} LIMIT 9", values)\n',
    "percent": 'cursor.execute("%s LIMIT 9" % query, values)\n',
    "format": 'cursor.execute("{} LIMIT 9".format(query), values)\n',
    "format named": 'cursor.execute("{q} LIMIT 9".format(q=query), values)\n',
    "format_map": 'cursor.execute("{q} LIMIT 9".format_map({"q": query}), values)\n',
    "strip": "cursor.execute(query.strip(), values)\n",
    "template": 'import string\ncursor.execute(string.Template("$q").substitute(q=query), values)\n',
    "str": "cursor.execute(str(query), values)\n",
    "reduce": ('import functools\ncursor.execute(functools.reduce(lambda a, b: a + b, [query, " LIMIT 9"]), values)\n'),
    "comprehension": "cursor.execute([q for q in [query]][0], values)\n",
    "loop": "for q in [query]:\n    cursor.execute(q, values)\n",
    "generator": "def each():\n    yield query\nfor q in each():\n    cursor.execute(q, values)\n",
    "next": "cursor.execute(next(iter([query])), values)\n",
    "dead guard": 'if False:\n    if query not in {"aa"}:\n        raise ValueError\ncursor.execute(query, values)\n',
    "decoy": (
        '"""cursor.execute("SELECT ?", (x,)); ALLOWED"""\n# sanitized\nALLOWED = {"aa"}\n'
        "cursor.execute(query, values)\n"
    ),
    "try": (
        "try:\n    cursor.execute(query, values)\nexcept sqlite3.Error as error:\n    print(error)\n"
        "finally:\n    db.close()\n"
    ),
    "with": "with db:\n    cursor.execute(query, values)\n",
    "inverted if": "if not values == 3:\n    cursor.execute(query, values)\nelse:\n    pass\n",
    "unreachable after": "cursor.execute(query, values)\nsys.exit(0)\nprint(query)\n",
    "async": ("import asyncio\nasync def main():\n    return cursor.execute(query, values)\nasyncio.run(main())\n"),
    "decorator": (
        "def same(f):\n    def inner(*args, **kwargs):\n        return f(*args, **kwargs)\n    return inner\n"
        "@same\ndef run(q, v):\n    cursor.execute(q, v)\nrun(query, v=values)\n"
    ),
    "global": ("held = None\ndef put():\n    global held\n    held = query\nput()\ncursor.execute(held, values)\n"),
    "imported": '__import__("sqlite3").connect("shop.db").execute(query, values)\n',
    "methodcaller": 'import operator\noperator.methodcaller("execute", query, values)(cursor)\n',
}


@pytest.mark.parametrize("sink", SINKS)
@pytest.mark.parametrize("base", BASES)
def test_a_rewrite_does_not_change_the_verdict(base: str, sink: str) -> None:
    program, vulnerable = BASES[base]
    analysis = scan(HEADER + program + SINKS[sink])
    assert analysis.status.value == ("findings" if vulnerable else "clean"), analysis


@pytest.mark.parametrize("base", BASES)
def test_moving_everything_into_a_function_does_not_change_the_verdict(base: str) -> None:
    program, vulnerable = BASES[base]
    body = "".join(f"    {line}\n" for line in (program + SINKS["plain"]).splitlines())
    for call in ("main()\n", 'if __name__ == "__main__":\n    main()\n', ""):
        analysis = scan(f"{HEADER}def main():\n{body}{call}")
        assert analysis.status.value == ("findings" if vulnerable else "clean"), analysis


@pytest.mark.parametrize(
    "alias",
    [
        "from builtins import input as ask",
        "ask = input",
        "import builtins\nask = builtins.input",
        "ask = getattr(__builtins__, 'input')",
        "ask = lambda: input()",
        "def ask():\n    value = input()\n    return value",
        "import sys\nask = sys.stdin.readline",
        "import os\ndef ask():\n    return os.environ.get('X')",
        "from flask import request as r\ndef ask():\n    return r.form['x']",
        "import argparse as a\nask = lambda: a.ArgumentParser().parse_args().name",
    ],
)
def test_a_source_is_found_under_any_name(alias: str) -> None:
    assert scan(f'{HEADER}{alias}\ncursor.execute("SELECT " + ask())\n').status.value == "findings"


@pytest.mark.parametrize(
    "hidden",
    [
        'exec("cursor.execute(x)")',
        "eval(x + ' ')",
        "def run(code):\n    exec(code)\nrun('cursor.execute(x)')",
        'eval("cursor.execute")(x)',
        'e = exec\ne("cursor.execute(x)")',
        'getattr(__builtins__, "ex" + "ec")("cursor.execute(x)")',
        'import builtins\nbuiltins.eval("cursor.execute(x)")',
        'list(map(eval, ["cursor.execute(x)"]))',
        'compile("cursor.execute(x)", "", "exec")',
        'globals()["query"] = x\ncursor.execute(query)',
        "getattr(cursor, input())(x)",
        '"".join(map(chr, map(ord, x)))\ncursor.execute("".join(map(chr, map(ord, x))))',
        "import string\ncursor.execute(''.join(c for c in x if c in string.printable))",
        "import string\ncursor.execute(''.join({c: c for c in string.printable}[c] for c in x))",
        "cursor.execute(bytes.fromhex(x.encode().hex()).decode())",
        "class S(str):\n    def isdigit(self):\n        return True\ny = S(x)\nif y.isdigit():\n    cursor.execute(y)",
        "class Any:\n    def __contains__(self, item):\n        return True\nif x in Any():\n    cursor.execute(x)",
        "def exit(*args):\n    pass\nif x not in {'aa'}:\n    exit()\ncursor.execute(x)",
        "import contextlib\nwith contextlib.suppress(ValueError):\n    if x not in {'aa'}:\n        raise ValueError\n"
        "cursor.execute(x)",
        "allowed = ['aa']\nallowed.append(x)\nif x in allowed:\n    cursor.execute(x)",
        "y = x\nif y in {'aa'}:\n    y = x + ''\n    y = input()\n    cursor.execute(y)",
        "def check(v):\n    v = 'aa'\n    return True\nif check(x):\n    cursor.execute(x)",
        "assert x in {'aa'}\ncursor.execute(x)",
        "try:\n    int(x)\nexcept ValueError as error:\n    cursor.execute(str(error))",
        "f = (lambda s: s, x)\ncursor.execute(f[0](f[1]))",
        "import sys\ncursor.execute(sys.modules['builtins'].input())",
    ],
)
def test_a_program_cannot_talk_itself_out_of_a_finding(hidden: str) -> None:
    assert scan(f"{HEADER}x = input()\n{hidden}\n").status.value in ("findings", "partial")


def test_the_reason_of_dynamic_code_names_the_line() -> None:
    analysis = scan("x = 1\nexec(open('x.py').read())\n")
    assert analysis.status.value == "partial"
    assert "exec()" in analysis.reason
    assert "line 2" in analysis.reason


def test_code_that_comes_whole_from_outside_hides_nothing() -> None:
    sql = ["CWE-89"]  # under CWE-95, all of them are findings
    code = "def f(code):\n    return eval(compile(code.strip(), 'x', 'eval'))\n"
    assert scan(code, select=sql).status.value == "clean"
    assert scan("print(eval(input()))\n", select=sql).status.value == "clean"
    assert scan("def f(c, code):\n    c.execute('SELECT ' + eval(code))\n", select=sql).status.value == "findings"


# A vulnerable function, a safe one for what a test proves, and one for what a call is rather than what flows into it.
PROGRAMS = {
    "flow": ("import os\ndef f(x):\n    y = {0}\n    os.system('ls ' + y)\n", "CWE-77"),
    "guarded": (
        "import os\nimport re\ndef f(x):\n    y = {0}\n    if not re.fullmatch('[a-z]+', y):\n"
        "        raise ValueError(y)\n    os.system('ls ' + y)\n",
        "",
    ),
    "original guarded": (
        "import os\nimport re\ndef f(x):\n    if not re.fullmatch('[a-z]+', {0}):\n"
        "        raise ValueError(x)\n    os.system('ls ' + x)\n",
        "",
    ),
    "constant": (
        "import hashlib\nimport os\ndef f(x, secret):\n    name = {0}\n    os.environ.get(name)\n    return name\n",
        "",
    ),
}
DETOURS = {
    "copy": ("from copy import copy as c\n", "c(x)"),
    "deepcopy": ("import copy\n", "copy.deepcopy(x)"),
    "object": ("class B:\n    def __init__(self, v):\n        self.v = v\n", "B(x).v"),
    "method": (
        "class B:\n    def __init__(self, v):\n        self.v = v\n    def m(self):\n        return self.v\n",
        "B(x).m()",
    ),
    "namespace": ("from types import SimpleNamespace as N\n", "N(v=x).v"),
    "walrus": ("", "(t := x)"),
    "identity": ("def same(p):\n    return p\n", "same(x)"),
    "static method": ("class S:\n    @staticmethod\n    def m(p):\n        return p\n", "S.m(x)"),
    "closure": ("def h(p):\n    def k():\n        return p\n    return k\n", "h(x)()"),
    "generator": ("def g(p):\n    yield p\n", "next(g(x))"),
}


def rules(code: str) -> str:
    analysis = scan(code)
    assert analysis.status.value in ("clean", "findings"), analysis.reason
    return " ".join(sorted({finding.rule for finding in analysis.findings}))


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("detour", DETOURS)
def test_a_value_on_a_detour_is_the_value(program: str, detour: str) -> None:
    code, expected = PROGRAMS[program]
    setup, expression = DETOURS[detour]
    assert rules(code.format("x")) == expected
    assert rules(setup + code.format(expression)) == expected


@pytest.mark.parametrize(
    ("setup", "call"),
    [
        ("", "os.system.__call__.__call__('ls ' + x)"),
        ("A = 'sys'\nB = 'tem'\n", "getattr(os, A + B)('ls ' + x)"),
        ("A = 'metsys'\n", "getattr(os, A[::-1])('ls ' + x)"),
        ("from copy import copy\n", "getattr(os, ''.join(copy(['sys', 'tem'])))('ls ' + x)"),
    ],
)
def test_detours_of_detours(setup: str, call: str) -> None:
    assert rules(f"import os\n{setup}def f(x):\n    {call}\n") == "CWE-77"


DECORATED = """
def d(f):
    @wraps(f)
    def inner(*args, **kwargs):
        return call(f, args, kwargs)
    return inner
def asked(r):
    return _to(r)
def go(url):
    return redirect(url)
@d
def _to(request, default=settings.HOME):
    target = post(request.POST, 'next', get(request.GET, 'next', ''))
    return target if ok else home(default)
@d
def done(request):
    return go(asked(request))
"""


def test_a_place_in_one_helper_is_not_looked_up_in_another() -> None:
    assert scan(DECORATED).status is not AnalysisStatus.ERROR


def test_a_copy_is_another_object() -> None:
    code = "import copy\nimport os\ndef f(x):\n    a = {'k': x}\n    b = copy.copy(a)\n    b['k'] = 'ls'\n"
    assert rules(code + "    os.system('ls ' + a['k'])\n") == "CWE-77"


def test_containers_in_containers_are_taken_apart() -> None:
    code = "import os\ndef f(x):\n    a = []\n    a.append(x)\n    b = {}\n    b['k'] = a\n    c = b['k']\n"
    assert rules(code + "    os.system('ls ' + c.pop())\n") == "CWE-77"
    assert rules(code + "    os.system('ls ' + str(len(c)))\n") == ""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("box = []\n        box.append(name)\n        os.system('ls ' + box.pop())\n", "CWE-77"),
        ("box = {'k': '.'}\n        os.system('ls ' + box['k'])\n        box['k'] = name\n", ""),
        (
            "box = ['.']\n        for _ in 'ab':\n            os.system('ls ' + box[0])\n            box[0] = name\n",
            "CWE-77",
        ),
    ],
)
def test_a_container_of_one_round_of_a_loop_is_taken_apart(body: str, expected: str) -> None:
    assert rules(f"import os\ndef f(names):\n    for name in names:\n        {body}") == expected


BODIES = {
    "loop over one element": "    for _ in (0,):\n        {0}\n",
    "loop that makes the value": "    for y in [x]:\n        pass\n    x = y\n    {0}\n",
    "try that raises again": "    try:\n        {0}\n    except ValueError as e:\n        raise e\n",
    "empty finally": "    try:\n        {0}\n    finally:\n        pass\n",
    "null context": "    with nullcontext():\n        {0}\n",
    "constant condition": "    if not False:\n        {0}\n    else:\n        return\n",
    "test without consequence": "    if x not in ('aa', 'bb'):\n        pass\n    {0}\n",
}


@pytest.mark.parametrize("body", BODIES)
def test_statements_that_decide_nothing_hide_and_prove_nothing(body: str) -> None:
    head = "import os\nfrom contextlib import nullcontext\ndef f(x):\n"
    guard = "    if x not in ('aa', 'bb'):\n        raise ValueError(x)\n"
    sink = "os.system('ls ' + x)"
    assert rules(head + BODIES[body].format(sink)) == "CWE-77"
    assert rules(head + guard + BODIES[body].format(sink)) == ""


@pytest.mark.parametrize(
    "wrapped",
    [
        "    for y in [x]:\n        if y:\n            break\n    os.system('ls ' + x)\n",
        "    if False:\n        yield x\n    os.system('ls ' + x)\n",
        "    try:\n        if x not in ('aa', 'bb'):\n            raise ValueError(x)\n    except ValueError:\n"
        "        print(x)\n    os.system('ls ' + x)\n",
        "    ok = x in ('aa', 'bb')\n    if ok or ok is None or True:\n        os.system('ls ' + x)\n",
    ],
)
def test_what_looks_like_a_wrapper_is_none(wrapped: str) -> None:
    assert rules(f"import os\ndef f(x):\n{wrapped}") == "CWE-77"


@pytest.mark.parametrize(
    "imports",
    [
        "from flask import request, abort, Flask\nfrom os import system\n",
        "from flask import request as r, abort as a, Flask as F\nfrom os import system as s\n",
        "import flask as v\nr = v.request\na = v.abort\nfrom flask import Flask\nimport os\ns = os.system\n",
        "from flask import Flask\nfrom flask import request\nr = request\nfrom flask import abort\na = abort\n"
        "s = __import__('os').system\n",
        "import importlib\nF = importlib.import_module('flask').Flask\nr = importlib.import_module('flask').request\n"
        "a = importlib.import_module('flask').abort\ns = importlib.import_module('os').system\n",
    ],
)
def test_imports_mean_the_same_under_any_name(imports: str) -> None:
    known = {name: name for name in ("request", "abort", "Flask", "system")}
    for short, name in {"r": "request", "a": "abort", "F": "Flask", "s": "system"}.items():
        if f"as {short}" in imports or f"\n{short} = " in imports:
            known[name] = short
    view = (
        "{Flask}app = {F}(__name__)\n@app.route('/x')\ndef view():\n    x = {r}.args['x']\n{check}"
        "    {s}('ls ' + x)\n    return 'ok'\n"
    )
    names = {"F": known["Flask"], "r": known["request"], "s": known["system"], "Flask": ""}
    check = f"    if x not in ('aa', 'bb'):\n        {known['abort']}(400)\n"
    assert rules(imports + view.format(check="", **names)) == "CWE-77"
    assert rules(imports + view.format(check=check, **names)) == ""


@pytest.mark.parametrize("late", ["", "import json\n", "from .views import *\n"])
def test_a_later_import_does_not_hide_what_is_read_before_it(late: str) -> None:
    code = "import flask\napp = flask.Flask(__name__)\n" + late
    assert rules(code + "app.run(host='0.0.0.0', debug=True)\n") == "CWE-200"


def test_names_that_are_read_at_run_time_keep_their_imports() -> None:
    assert scan("import os as v\nx = input()\neval('v.system(x)')\n").status.value != "clean"
    assert scan("import os as v\nx = input()\nglobals()['v'].system(x)\n").status.value != "clean"


def test_a_helper_that_scripts_call_is_judged_by_itself_and_where_it_is_called() -> None:
    header = "def header(number):\n    return 'X-Trace-Id: ' + number.strip()\n"
    assert rules(f"import sys\n{header}print(header(sys.argv[1]))\n") == "CWE-74"
    assert rules(
        "import re\ndef make(p):\n    return re.compile(p)\nP = make('(a+)+$')\ndef f(x):\n    P.match(x)\n"
    ) == ("CWE-1333")


def test_a_compiled_pattern_is_no_text_from_outside() -> None:
    assert rules("import re\nP = re.compile('[a-z]+')\ndef f(x):\n    return re.findall(P, x)\n") == ""
