"""Modules that have been renamed are the same modules under each of their names."""

import pytest

from real.detector import scan
from real.types import AnalysisStatus

LOADS = "def f(x):\n    return pickle.loads(x)\n"
OPENS = "from flask import request\ndef f():\n    return urlopen(request.args['u']).read()\n"
PROGRAMS = {
    "six": ("CWE-502", "from six.moves import cPickle as pickle\n" + LOADS),
    "the old name": ("CWE-502", "import cPickle as pickle\n" + LOADS),
    "either": ("CWE-502", "try:\n    import cPickle as pickle\nexcept ImportError:\n    import pickle\n" + LOADS),
    "six, a module in a package": ("CWE-918", "from six.moves.urllib.request import urlopen\n" + OPENS),
    "six, a package": ("CWE-918", "from six.moves import urllib\nurlopen = urllib.request.urlopen\n" + OPENS),
    "an old name or a new one": (
        "CWE-918",
        "try:\n    from urllib2 import urlopen\nexcept ImportError:\n    from urllib.request import urlopen\n" + OPENS,
    ),
    "by version": (
        "CWE-77",
        "import sys\nif sys.version_info[0] == 2:\n    import commands\nelse:\n    import subprocess as commands\n"
        "def f(x):\n    return commands.getoutput('ls ' + x)\n",
    ),
    "a builtin": ("CWE-89", "import sqlite3\nfrom six.moves import input\nsqlite3.connect('a').execute(input())\n"),
}


@pytest.mark.parametrize(("rule", "code"), PROGRAMS.values(), ids=PROGRAMS)
def test_a_renamed_module_is_known(rule: str, code: str) -> None:
    assert rule in {finding.rule for finding in scan(code).findings}


@pytest.mark.parametrize("code", [code for _, code in PROGRAMS.values()], ids=PROGRAMS)
def test_its_name_alone_is_no_finding(code: str) -> None:
    harmless = code.replace("loads", "dumps").replace("request.args['u']", "'https://a.example'")
    harmless = harmless.replace("'ls ' + x", "'ls'").replace("execute(input())", "execute('SELECT 1')")
    assert scan(harmless).status is AnalysisStatus.CLEAN
