"""The listing shows every definition once under SSA, and names before."""

import re

import pytest

from real.detector.limits import UnanalyzableError
from real.detector.listing import listing

CODE = "def f(a):\n    if a:\n        b = 1\n    else:\n        b = a\n    return b\nf(input())\n"


def test_ssa_defines_each_value_once_and_joins_with_phi():
    text = listing(CODE)
    _, f = text.split("function f(a)")
    values = re.findall(r"^    v(\d+) = ", f, re.MULTILINE)
    assert len(values) == len(set(values))
    assert "b = phi v" in f
    assert "# line 5" in f


def test_before_ssa_variables_have_their_names():
    text = listing(CODE, ssa=False)
    assert "phi" not in text
    assert re.search(r"branch a\b|assign a\b", text)


def test_what_cannot_be_parsed_says_so():
    with pytest.raises(UnanalyzableError):
        listing("def f(:")
