"""A trace begins where the data are read, not where the name of their source is imported."""

from itertools import pairwise

import pytest

from real.detector import scan


@pytest.mark.parametrize(
    ("code", "first"),
    [
        ("from flask import redirect, request\n\ndef f():\n    return redirect(request.args['x'])\n", 4),
        ("from flask import redirect, request\n\ndef f():\n    x = request.json\n    return redirect(x['a'])\n", 4),
        ("from flask import redirect, request\n\ndef f():\n    x = request.get_json()\n    return redirect(x)\n", 4),
        ("from flask import redirect, request\n\ndef f():\n    return redirect(\n        request.args['x'])\n", 5),
        ("from flask import redirect, request\n\ndef f():\n    r = request\n    return redirect(r.args['x'])\n", 4),
        ("import flask\n\ndef f():\n    return flask.redirect(flask.request.args['x'])\n", 4),
        ("import os\nfrom os import environ\n\ndef f():\n    os.system('ls ' + environ['X'])\nf()\n", 5),
        ("import os\nfrom sys import argv\n\ndef f():\n    a = argv\n    os.system(a[1])\nf()\n", 5),
    ],
)
def test_a_trace_begins_where_the_data_are_read(code: str, first: int) -> None:
    (finding,) = scan(code).findings
    assert finding.trace[0].line == first


def test_data_that_pass_through_a_helper_are_read_in_it() -> None:
    code = (
        "import os\nfrom flask import request\n\ndef read(it):\n    return it.args['x']\n\n"
        "def view():\n    os.system(read(request))\n"
    )
    finding = max(scan(code).findings, key=lambda finding: finding.line)
    lines = [step.line for step in finding.trace]
    assert lines[0] == 5
    assert lines[-1] == 8
    assert all(first != second for first, second in pairwise(finding.trace))
