"""What modules, sets and lists put together hold: each safe program has a vulnerable twin."""

# ruff: noqa: E501 (one program a line)

import pytest

from real.detector import scan
from real.types import AnalysisStatus

# (what, safe program, vulnerable program)
TWINS = [
    (
        "a module that was given outside data",
        "import os\nimport textwrap\ndef f(x):\n    shown = textwrap.fill(x, 40)\n    os.system(textwrap.dedent('df'))\n    return shown\n",
        "import os\nimport textwrap\ndef f(x):\n    shown = textwrap.fill('df', 40)\n    os.system(textwrap.dedent(x))\n    return shown\n",
    ),
    (
        "a module that the program imports from elsewhere",
        "import os\nimport tools\ndef f(x):\n    tools.log(x)\n    os.system(tools.line('df'))\n",
        "import os\nimport tools\ndef f(x):\n    tools.log('df')\n    os.system(tools.line(x))\n",
    ),
    (
        "what two sets have in common",
        "import os\nKNOWN = {'disk', 'cpu'}\ndef f(x):\n    os.system(' '.join(set(x) & KNOWN))\n",
        "import os\nKNOWN = {'disk', 'cpu'}\ndef f(x):\n    os.system(' '.join(set(x) | KNOWN))\n",
    ),
    (
        "intersection()",
        "import os\nKNOWN = {'disk', 'cpu'}\ndef f(x):\n    os.system(' '.join(KNOWN.intersection(x)))\n",
        "import os\nKNOWN = {'disk', 'cpu'}\ndef f(x):\n    os.system(' '.join(KNOWN.symmetric_difference(x)))\n",
    ),
    (
        "what is left of a set",
        "import os\nKNOWN = {'disk', 'cpu'}\ndef f(x):\n    os.system(' '.join(KNOWN - set(x)))\n",
        "import os\nKNOWN = {'disk', 'cpu'}\ndef f(x):\n    os.system(' '.join(set(x) - KNOWN))\n",
    ),
    (
        "what is left of an unknown set",
        "import os\nKNOWN = {'disk', 'cpu'}\ndef f(x):\n    os.system(' '.join(KNOWN.difference(x)))\n",
        "import os\nKNOWN = {'disk', 'cpu'}\ndef f(x):\n    os.system(' '.join(x - KNOWN))\n",
    ),
    (
        "an array of characters",
        "import array\ndef f(x):\n    seen = array.array('d', x)\n    return len(seen), eval(''.join(array.array('u', '2+3')))\n",
        "import array\ndef f(x):\n    return eval(''.join(array.array('u', x)))\n",
    ),
    (
        "an array of bytes",
        "import array, os\ndef f(x):\n    os.system('ls %s' % max(array.array('i', x)))\n",
        "import array, os\ndef f(x):\n    os.system('ls ' + array.array('B', x).tobytes().decode())\n",
    ),
    (
        "a command line put together",
        "import subprocess\ndef f(x):\n    subprocess.run(['ls', '-c'] + [x])\n",
        "import subprocess\ndef f(x):\n    subprocess.run(['sh', '-c'] + [x])\n",
    ),
    (
        "a command line with a choice of programs",
        "import subprocess\ndef f(x, y):\n    start = ['ls', '-c'] if y else ['du', '-c']\n    subprocess.run(start + [x])\n",
        "import subprocess\ndef f(x, y):\n    start = ['ls', '-c'] if y else ['bash', '-c']\n    subprocess.run(start + [x])\n",
    ),
]


@pytest.mark.parametrize(("safe", "vulnerable"), [twin[1:] for twin in TWINS], ids=[twin[0] for twin in TWINS])
def test_what_is_held(safe: str, vulnerable: str) -> None:
    assert scan(safe).status is AnalysisStatus.CLEAN
    assert scan(vulnerable).status is AnalysisStatus.FINDINGS


def test_an_object_of_a_library_keeps_what_it_is_given() -> None:
    code = "import io\nimport os\ndef f(x):\n    box = io.StringIO()\n    box.write(x)\n    os.system(box.getvalue())\n"
    assert scan(code).status is AnalysisStatus.FINDINGS


def test_where_another_server_leads_is_its_choice() -> None:
    code = "import requests\ndef f():\n    answer = requests.get('https://a.example', timeout=1)\n    requests.get(answer.headers['Location'], timeout=1)\n"
    assert {finding.rule for finding in scan(code).findings} == {"CWE-918"}
