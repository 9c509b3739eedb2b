"""``from module import *`` of a standard module binds what that module exports and hides nothing else."""

from __future__ import annotations

import pytest

from real.detector import scan
from real.detector.frontend.star_imports import _KNOWN, may_bind, names_of

WEAK_HASH = "def digest(password):\n    return hashlib.md5(password.encode()).hexdigest()\n"
COMMAND = "def ping(host):\n    return __import__('os').system('ping ' + host)\n"
QUOTED = "import html\ndef page(name):\n    return '<p>' + html.escape(name) + '</p>'\n"


def rules(code: str) -> set[str]:
    return {finding.rule for finding in scan(code).findings}


@pytest.mark.parametrize("module", sorted(_KNOWN))
@pytest.mark.parametrize("code", [WEAK_HASH, COMMAND, QUOTED])
def test_a_star_import_changes_no_verdict_of_other_names(module: str, code: str) -> None:
    assert rules(f"from {module} import *\n{code}") == rules(code)


def test_the_programs_are_what_they_are_for() -> None:
    assert (rules(WEAK_HASH), rules(COMMAND), rules(QUOTED)) == ({"CWE-327"}, {"CWE-77"}, set())


def test_what_a_star_import_binds_is_the_module_s() -> None:
    """``open`` of os is no builtin ``open``; ``system`` after ``from os import *`` is a shell."""
    assert may_bind("os", "system")
    assert not may_bind("typing", "open")
    assert "CWE-77" in rules("from os import *\ndef ping(host):\n    return system('ping ' + host)\n")


def test_of_a_module_that_cannot_be_seen_any_name_may_come() -> None:
    assert names_of("helpers") is None
    assert may_bind("helpers", "escape")
