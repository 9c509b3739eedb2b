"""Readers of what other detectors say (``benchmarks/detector_peers.py``), on their own formats."""

from __future__ import annotations

import importlib.util
import json
import sys
from argparse import ArgumentTypeError
from pathlib import Path

import pytest

_FILE = Path(__file__).resolve().parents[2] / "benchmarks" / "detector_peers.py"
_SPEC = importlib.util.spec_from_file_location("detector_peers", _FILE)
assert _SPEC is not None and _SPEC.loader is not None
peers = importlib.util.module_from_spec(_SPEC)
sys.modules["detector_peers"] = peers  # a dataclass looks its module up
_SPEC.loader.exec_module(peers)


def test_ruff_counts_under_the_weakness_of_bandits_rule_and_leaves_low_severity_out() -> None:
    text = json.dumps(
        [
            {"filename": "/tmp/x/a.py", "code": "S602"},
            {"filename": "/tmp/x/a.py", "code": "S608"},
            {"filename": "/tmp/x/b.py", "code": "S101"},
            {"filename": "/tmp/x/c.py", "code": "invalid-syntax"},
            {"filename": "/tmp/x/c.py", "code": "S602"},
        ]
    )
    assert peers.ruff_findings(text) == {"a.py": {"CWE-78", "CWE-89"}, "b.py": set(), "c.py": None}


def test_dlint_reads_flake8s_lines() -> None:
    assert peers.dlint_findings("./a.py DUO138\n./a.py DUO116\n./b.py DUO102\n./c.py E999\n") == {
        "a.py": {"CWE-1333", "CWE-78"},
        "b.py": set(),
        "c.py": None,
    }


@pytest.mark.parametrize("named", [["CWE-89: SQL Injection"], "CWE-089", [89]])
def test_opengrep_reads_the_weakness_of_the_rules_metadata(named: object) -> None:
    finding = {"path": "a.py", "extra": {"severity": "ERROR", "metadata": {"cwe": named}}}
    note = {"path": "b.py", "extra": {"severity": "INFO", "metadata": {"cwe": named}}}
    unnamed = {"path": "d.py", "extra": {"severity": "WARNING"}}
    failed = {"type": "Syntax error", "path": "c.py"}
    text = json.dumps({"results": [finding, note, unnamed], "errors": [failed]})
    assert peers.opengrep_findings(text) == {"a.py": {"CWE-89"}, "d.py": {""}, "c.py": None}


def test_pysa_counts_under_the_weakness_that_its_rule_names() -> None:
    text = json.dumps([{"path": "a.py", "code": 5005}, {"path": "a.py", "code": 5001}, {"path": "b.py", "code": 5002}])
    assert peers.pysa_findings(text) == {"a.py": {"CWE-89", "CWE-78", "CWE-94"}, "b.py": set()}


@pytest.mark.parametrize("text", ["nobody=/", "ruff", "opengrep=/tmp", "bandit=/no/such/place"])
def test_a_peer_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ArgumentTypeError):
        peers.peer(text)
