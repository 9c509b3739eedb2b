"""A private name is out of reach only as long as the program does nothing with it but call it."""

from __future__ import annotations

import pytest

from real.detector import scan

SHELL = "import os\ndef _f(x):\n    return os.system('ping ' + x)\n"
GUARD = "\nif __name__ == '__main__':\n    _f('localhost')\n"

GIVEN_AWAY = {
    "second name": "f = _f",
    "walrus": "(f := _f)",
    "setattr": "import sys\nsetattr(sys.modules[__name__], 'f', _f)",
    "namespace": "def f(*a, **k):\n    return globals()['_f'](*a, **k)",
    "cache": "import functools\nf = functools.lru_cache(_f)",
    "wraps": "import functools\nf = functools.wraps(_f)(_f)",
    "thread": "from threading import Thread\nf = Thread(target=_f)._target",
    "named tuple": "from collections import namedtuple\nf = namedtuple('A', 'f')(_f).f",
    "static method": "class S:\n    run = staticmethod(_f)",
    "registry": "HANDLERS = {'run': _f}",
    "attribute": "class S:\n    def __init__(self):\n        self.run = _f",
}
CLOSED = {
    "called": "def page():\n    return _f('localhost')",
    "called at once": "def pages():\n    return list(map(_f, ['a', 'b']))",
    "annotation": "class _C:\n    pass\ndef page(c: _C):\n    return _f('localhost')",
}


@pytest.mark.parametrize("how", GIVEN_AWAY)
def test_what_is_given_away_takes_anything(how: str) -> None:
    assert "CWE-77" in {finding.rule for finding in scan(f"{SHELL}{GIVEN_AWAY[how]}\n{GUARD}").findings}


@pytest.mark.parametrize("how", CLOSED)
def test_what_is_only_called_takes_what_its_callers_pass(how: str) -> None:
    assert scan(f"{SHELL}{CLOSED[how]}\n{GUARD}").status == "clean"


@pytest.mark.parametrize(
    "rest",
    [
        "class Service(_Base):\n    pass\nif __name__ == '__main__':\n    Service().run('a')\n",
        "service = _Base()\n_Base().run('a')\n",
        "Service = _Base\n_Base().run('a')\n",
        "def make():\n    return _Base()\nmake().run('a')\n",
    ],
)
def test_a_private_class_that_others_can_have_is_open(rest: str) -> None:
    code = f"import os\nclass _Base:\n    def run(self, x):\n        return os.system('ping ' + x)\n{rest}"
    assert "CWE-77" in {finding.rule for finding in scan(code).findings}


def test_a_program_whose_functions_others_call_is_no_script() -> None:
    code = "import os, sys\ndef f(x):\n    return os.system('ping ' + x)\n"
    code += "if sys.stdin.isatty():\n    f(str(int(input())))\n"
    assert scan(code).status == "clean"  # a script, as far as anybody can tell
    assert scan(code, is_imported=True).status == "findings"


def test_a_helper_of_an_application_takes_what_its_handlers_pass_unless_others_call_it() -> None:
    code = "import os, shlex\nfrom flask import Flask, request\napp = Flask(__name__)\n"
    code += "def f(x):\n    os.system('ping ' + x)\n"
    asked = "@app.get('/')\ndef page():\n    f(shlex.quote(request.args['q']))\n    return ''\n"
    assert scan(code + asked).status == "clean"
    assert scan(code + asked, is_imported=True).status == "findings"
    assert scan(code + asked.replace("shlex.quote(request.args['q'])", "'localhost'")).status == "findings"
    assert scan(code + asked + "def g(x):\n    f(x)\n").status == "findings"


_RUN = "import os\nimport unittest\nfrom unittest.mock import patch\nfrom flask import Flask, request\n"
_RUN += "app = Flask(__name__)\ndef run(name):\n    os.system('ping ' + name)\n"
_TEST = "class Examples(unittest.TestCase):\n    @patch('builtins.print')\n    def test(self, shown):\n        run("


@pytest.mark.parametrize(
    "example",
    [
        _TEST + "shown)\n",
        _TEST + "'a')\n",
        "def test_run(request):\n    run('a')\n",
        "@app.get('/')\ndef page():\n    print(request.args['q'])\n    run('a')\n    return ''\n",
        "def _more(name):\n    run('a')\n@app.get('/')\ndef page():\n    _more(request.args['q'])\n    return ''\n",
    ],
)
def test_a_test_is_no_handler_and_constants_that_a_handler_passes_are_examples(example: str) -> None:
    """The second was a confirmed escape of the red team from 18 programs: the edit ``unittest with patch`` alone."""
    assert scan(_RUN + example).status == "findings"
