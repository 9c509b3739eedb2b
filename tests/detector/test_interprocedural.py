"""What the analysis concludes across functions, classes and paths; each case in its vulnerable and its safe form."""

import pytest

from real.detector import scan


def status(code: str) -> str:
    analysis = scan(code)
    assert analysis.status.value != "error", analysis.reason
    return analysis.status.value


def test_parameters_of_functions_that_nobody_calls_are_untrusted() -> None:
    assert status("def f(c, q):\n    c.execute('SELECT ' + q)\n") == "findings"


def test_a_private_helper_takes_what_its_callers_pass() -> None:
    helper = "def _run(c, q):\n    c.execute('SELECT ' + q)\n"
    assert status(f"{helper}def main(c):\n    _run(c, 'name')\n") == "clean"
    assert status(f"{helper}def main(c, x):\n    _run(c, x)\n") == "findings"
    assert status(f"{helper}def main(c, x):\n    _run(c, 'name')\n    _run(c, x)\n") == "findings"


def test_an_example_call_does_not_make_a_public_function_trusted() -> None:
    public = "def find(c, name):\n    return c.execute('SELECT ' + name)\n"
    assert status(f"{public}find(None, 'alice')\n") == "findings"
    assert status(f"{public}if __name__ == '__main__':\n    find(None, 'alice')\n") == "findings"
    assert status(f"{public}def main():\n    find(None, 'alice')\nmain()\n") == "findings"


def test_an_example_call_of_a_method_is_an_example_too() -> None:
    made = "        return 'X-Trace-Id: ' + value.strip()\n"
    plain = f"class Header:\n    def make(self, value):\n{made}"
    state = "class Header:\n    def __init__(self, value):\n        self.value = value\n    def make(self):\n"
    state += made.replace("value", "self.value")
    assert status(f"import sys\n{plain}print(Header().make(sys.argv[1]))\n") == "findings"
    assert status(f"import sys\n{state}print(Header(sys.argv[1]).make())\n") == "findings"


def test_a_private_helper_may_be_given_whole_statements() -> None:
    assert status("def _run(c, sql):\n    c.execute(sql)\n_run(None, 'SELECT 1')\n") == "clean"
    assert status("def run(c, sql):\n    c.execute(sql)\nrun(None, 'SELECT 1')\n") == "findings"


def test_recursion_ends() -> None:
    code = "def f(c, q, n):\n    if n:\n        return f(c, q + ' ', n - 1)\n    return c.execute(q)\n"
    assert status(code) == "findings"
    assert status("def f(n):\n    return g(n)\ndef g(n):\n    return f(n)\nf(1)\n") == "clean"


@pytest.mark.parametrize(("result", "verdict"), [("name.isalnum()", "clean"), ("True", "findings")])
def test_a_check_may_ask_itself(result: str, verdict: str) -> None:
    check = f"def check(name, i):\n    if i < 9:\n        return check(name, i + 1)\n    return {result}\n"
    script = "c = connect()\na = input()\nif check(a, 0):\n    c.execute('SELECT * FROM ' + a)\n"
    assert status(check + script) == verdict


def test_a_method_reads_what_another_stored() -> None:
    code = (
        "class A:\n    def __init__(self, c):\n        self.c = c\n        self.where = '1 = 1'\n"
        "    def only(self, name):\n        self.where = {}\n        return self\n"
        "    def run(self):\n        self.c.execute('SELECT * FROM t WHERE ' + self.where)\n"
    )
    assert status(code.format("'n = ' + name")) == "findings"
    assert status(code.format("'n = %d' % name")) == "clean"


def test_inheritance_and_super() -> None:
    code = (
        "class Base:\n    def __init__(self, c):\n        self.c = c\n"
        "    def _run(self, q):\n        self.c.execute(q)\n"
        "class Sub(Base):\n    def __init__(self, c):\n        super().__init__(c)\n"
        "    def find(self, name):\n        super()._run({})\n"
    )
    assert status(code.format("'SELECT ' + name")) == "findings"
    assert status(code.format("'SELECT 1'")) == "clean"


def test_a_subclass_of_a_library_cursor_is_a_cursor() -> None:
    code = "import sqlite3\nclass C(sqlite3.Cursor):\n    def find(self, n):\n        self.execute('SELECT ' + n)\n"
    assert status(code) == "findings"


def test_an_abstract_method_may_return_its_arguments() -> None:
    code = (
        "class A:\n    def build(self, x):\n        raise NotImplementedError\n"
        "    def run(self, c, x):\n        c.execute(self.build(x))\n"
    )
    assert status(code) == "findings"


def test_both_sides_of_a_branch_count() -> None:
    assert status("def f(c, x):\n    q = 'SELECT 1'\n    if x:\n        q = x\n    c.execute(q)\n") == "findings"
    assert status("def f(c, x):\n    q = x\n    q = 'SELECT 1'\n    c.execute(q)\n") == "clean"


def test_a_loop_carries_taint_around() -> None:
    assert (
        status("def f(c, x):\n    q = 'S'\n    for i in (1, 2):\n        c.execute(q)\n        q = x\n") == "findings"
    )


def test_a_path_guard_ends_where_the_attribute_changes() -> None:
    code = (
        "class A:\n    def __init__(self, s):\n        self.s = s\n    def f(self, c, x):\n"
        "        if self.s not in ('aa', 'bb'):\n            return\n{}        c.execute('SELECT ' + self.s)\n"
    )
    assert status(code.format("")) == "clean"
    assert status(code.format("        self.s = x\n")) == "findings"
    assert status(code.format("        self = x\n")) == "findings"
    assert status(code.format("        setattr(self, 's', x)\n")) == "findings"


def test_a_helper_that_never_returns_ends_the_path() -> None:
    code = (
        "import sys\ndef fail(message):\n    print(message)\n    {}\n"
        "def f(c, x):\n    if x not in ('aa', 'bb'):\n        fail(x)\n    c.execute('SELECT ' + x)\n"
    )
    assert status(code.format("sys.exit(1)")) == "clean"
    assert status(code.format("raise ValueError(message)")) == "clean"
    assert status(code.format("if message: raise ValueError")) == "findings"
    assert status(code.format("if not message: return\n    sys.exit(1)")) == "findings"
    assert status(code.format("sys.exit(1)") + "fail = print\n") == "findings"


def test_a_fragment_may_use_the_request_of_its_framework() -> None:
    assert status("def view(c):\n    c.execute('SELECT ' + request.args['q'])\n") == "findings"
    assert status("request = 'name'\ndef view(c):\n    c.execute('SELECT ' + request)\n") == "clean"


def test_one_defect_is_one_finding() -> None:
    code = "def f(c, x, y):\n    try:\n        c.execute('SELECT ' + x + y)\n    finally:\n        c.execute(x)\n"
    assert [finding.line for finding in scan(code).findings] == [3, 5]


@pytest.mark.parametrize(
    ("pattern", "safe"),
    [
        (r"\w+", True),
        (r"[a-z]{1,20}", True),
        (r"(asc|desc)", True),
        (r"\d{4}-\d{2}-\d{2}", True),
        (r".+", False),
        (r"[^']+", False),
        (r"[a-z ]+", False),
        (r"[a-z';]+", False),
        (r"\S+", False),
        (r"(?s).*", False),
        (r"[ -~]+", False),
        ("(", False),
    ],
)
def test_a_pattern_guards_if_it_admits_nothing_that_means_something(pattern: str, safe: bool) -> None:
    code = (
        f"import re\ndef f(c, x):\n    if not re.fullmatch({pattern!r}, x):\n        return\n    c.execute('S ' + x)\n"
    )
    assert status(code) == ("clean" if safe else "findings")


@pytest.mark.parametrize(
    ("test", "safe"),
    [
        ("re.match(r'^[a-z]+$', x)", True),
        ("re.match(r'[a-z]+', x)", False),
        ("re.search(r'[a-z]+$', x)", False),
        ("re.fullmatch(r'[a-z]+', x) is not None", True),
        ("re.fullmatch(r'[a-z]+', x) is None", False),
        ("x.isidentifier()", True),
        ("x.isprintable()", False),
        ("len(x) < 9", False),
        ("isinstance(x, int)", True),
        ("isinstance(x, str)", False),
        ("x == 'name'", True),
        ("x != 'name'", False),
        ("x in COLUMNS", True),
        ("x not in COLUMNS", False),
        ("x in x", False),
        ("x.upper() in ('ASC', 'DESC')", True),
        ("x.replace('a', 'b') in COLUMNS", False),
        ("x in 'name, price; --'", False),
        ("x and x in COLUMNS", True),
        ("x or x in COLUMNS", False),
        ("'name' in x", False),
    ],
)
def test_guards(test: str, safe: bool) -> None:
    code = f"import re\nCOLUMNS = ['name', 'price']\ndef f(c, x):\n    if {test}:\n        c.execute('S ' + x)\n"
    assert status(code) == ("clean" if safe else "findings")


@pytest.mark.parametrize(
    ("expression", "safe"),
    [
        ("int(x)", True),
        ("str(int(x))", True),
        ("float(x) * 2", True),
        ("len(x)", True),
        ("x == 'a'", True),
        ("f'{x:.2f}'", True),
        ("f'{x:>10}'", False),
        ("f'{x!r:}'", False),
        ("'%d' % x", True),
        ("'%s %d' % ('a', x)", True),
        ("'%s %d' % (x, 1)", False),
        ("'%(a)d' % {'a': x}", True),
        ("'%(a)s' % {'a': x}", False),
        ("'{:d}'.format(x)", True),
        ("'{0:d} {1}'.format(x, 'a')", True),
        ("'{0:d} {1}'.format(1, x)", False),
        ('x.replace("\'", "\'\'")', False),
        ("x.encode().decode()", False),
        ("repr(x)", False),
        ("x[::-1]", False),
        ("x.split()[0]", False),
        ("{'a': 'name'}[x]", True),
        ("{'a': 'name'}.get(x, x)", False),
        ("['name', 'price'][int(x)]", True),
        ("'name' if x else 'price'", True),
        ("x if x else 'price'", False),
        ("', '.join('?' * len(x))", True),
        ("', '.join('?' for _ in x)", True),
        ("', '.join(c for c in x)", False),
        ("dict(a=x)['a']", False),
        ("dict(a=x, b='c')['b']", True),
        ("[x, 'name'][1]", True),
        ("(x, 'name')[0]", False),
        ("max(x, 'a')", False),
        ("sorted(x)[0]", False),
        ("''.join(sorted(set(x)))", False),
        ("json.loads(x)['q']", False),
        ("re.sub(r'[^0-9]', '', x)", True),
        ("re.sub(r\"'\", '', x)", False),
    ],
)
def test_expressions(expression: str, safe: bool) -> None:
    code = f"import json\nimport re\ndef f(c, x):\n    c.execute('S ' + str({expression}))\n"
    assert status(code) == ("clean" if safe else "findings")
