"""The path of a request is fixed where the route of the view is; everything else of a request is the client's."""

# ruff: noqa: E501 (one program a line)

import pytest

from real.detector import scan
from real.types import AnalysisStatus

VIEW = "import os\nfrom flask import Flask, request\napp = Flask(__name__)\n"
FIXED = {
    "route": "@app.route('/daily')\ndef view():\n    os.system('log ' + request.path)\n    return ''\n",
    "two routes": "@app.get('/a')\n@app.get('/b')\ndef view():\n    os.system('log ' + request.path.strip('/'))\n    return ''\n",
    "a variable": "@app.post('/a')\ndef view():\n    where = request.path\n    os.system(f'log {where}')\n    return ''\n",
}
OPEN = {
    "a variable part": "@app.route('/<page>')\ndef view(page):\n    os.system('log ' + request.path)\n    return ''\n",
    "one of two": "@app.get('/a')\n@app.get('/b/<c>')\ndef view(c=''):\n    os.system('log ' + request.path)\n    return ''\n",
    "no literal": "@app.get(ROUTE)\ndef view():\n    os.system('log ' + request.path)\n    return ''\n",
    "the query": "@app.get('/a')\ndef view():\n    os.system('log ' + request.full_path)\n    return ''\n",
    "no view": "def helper():\n    os.system('log ' + request.path)\n",
    "another request": "@app.get('/a')\ndef view(job):\n    os.system('log ' + job.path)\n    return ''\n",
    "before every request": "@app.before_request\ndef log():\n    os.system('log ' + request.path)\n",
}


@pytest.mark.parametrize("code", FIXED.values(), ids=FIXED)
def test_the_path_of_a_fixed_route_is_clean(code: str) -> None:
    assert scan(VIEW + code).status is AnalysisStatus.CLEAN


@pytest.mark.parametrize("code", OPEN.values(), ids=OPEN)
def test_what_the_client_chooses_is_not(code: str) -> None:
    assert scan(VIEW + code).status is AnalysisStatus.FINDINGS
