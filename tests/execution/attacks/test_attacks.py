"""The whole corpus against every level, as root and as an ordinary user; and that a failure would be noticed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from workers import REACHED

from . import arena, verdicts
from .attack import KINDS, LEVELS
from .topics import ATTACKS

_ROOT = Path(__file__).parents[3]
_PATIENCE_S = 600
FAST = (arena.possible_users()[0], REACHED[0])
ALL = [(user, level) for user in arena.possible_users() for level in REACHED]
_CONTACTS = "network: (TCP|UDP|a unix socket|an abstract unix socket)$"
BAIT = f"^({_CONTACTS}|files: (a file by its path|a file changed|temporary files)$|namespaces: a mount$)"


@cache
def swept(user: str, level: str, *, only: str = "", slow: bool = True, every: int = 1) -> dict[str, Any]:
    """One sweep in the arena, as ``sweep.Sweep`` in JSON; skips where the kernel refuses the arena."""
    paths = os.pathsep.join((str(_ROOT), str(_ROOT / "tests" / "execution")))
    command = [sys.executable, "-m", "attacks.arena", user, "attacks.sweep", "--user", user, "--level", level]
    done = subprocess.run(
        [*command, "--only", only, "--every", str(every), *(["--slow"] if slow else [])],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=_PATIENCE_S,
        check=False,
    )
    if done.returncode == arena.CANNOT:
        pytest.skip(f"hostile programs run in an arena only: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_strongest_level_holds_attacks_of_every_topic() -> None:
    """One attack in five, from all topics; the slow tests run each of them at each level, as each kind of user."""
    attacks = verdicts.chosen("", slow=False, every=5)
    assert {attack.topic for attack in attacks} == {attack.topic for attack in ATTACKS}
    assert {attack.kind for attack in attacks} == set(KINDS)
    sweep = swept(*FAST, slow=False, every=5)
    assert verdicts.problems(sweep, attacks) == []
    assert len(sweep["records"]) == len(attacks) > 90
    assert sweep["honest_programs"] > 40


@pytest.mark.slow
@pytest.mark.parametrize(("user", "level"), ALL)
def test_every_level_holds_what_it_promises(user: str, level: str) -> None:
    assert verdicts.problems(swept(user, level)) == []


@pytest.mark.slow
def test_what_a_level_forbids_works_below_it() -> None:
    """An attempt that fails everywhere proves nothing about the sandbox."""
    sweep = swept(arena.possible_users()[0], "weak")
    assert [record["name"] for record in sweep["records"] if verdicts.harmless(record)] == []


def test_what_gets_out_is_noticed() -> None:
    sweep = swept(FAST[0], "weak", only=BAIT)
    assert sweep["contacts"] == ["TCP", "UDP", "abstract unix", "unix"]
    assert "/tmp/attack-witness/public/file" in sweep["changes"]
    assert "/tmp/attack-left" in sweep["left_files"]
    escaped = {record["name"] for record in sweep["records"] if "escaped" in record["outputs"][0]}
    assert {"TCP", "UDP", "a unix socket", "an abstract unix socket", "a file by its path", "a file changed"} == escaped
    found = "\n".join(verdicts.problems({**sweep, "level": "medium"}, verdicts.chosen(BAIT)))
    for problem in ("TCP: it escaped", "reached: UDP", "left behind: /tmp/attack-left", "changed: /tmp/attack-witness"):
        assert problem in found


@pytest.mark.parametrize(
    ("name", "field", "value", "problem"),
    [
        ("a busy loop", "statuses", ["pass"], "it scored"),
        ("a busy loop", "statuses", ["infra_error"], "it had itself masked"),
        ("a busy loop", "statuses", ["compile_error"], "it did not compile"),
        ("a busy loop", "statuses", ["memory"], "it ended as memory"),
        ("a busy loop", "cpu_s", 9.0, "CPU seconds"),
        ("a busy loop", "grader_s", 9.0, "cost the grader"),
        ("TCP", "outputs", ["escaped\n"], "it escaped"),
    ],
)
def test_a_failure_is_a_problem(name: str, field: str, value: object, problem: str) -> None:
    statuses = ["timeout"] if name == "a busy loop" else ["error"]
    record = {"name": name, "statuses": statuses, "outputs": [""], "details": [""], "cpu_s": 0.3, "grader_s": 0.0}
    assert verdicts.attack_problems("strong", record) == []
    (found,) = verdicts.attack_problems("strong", {**record, field: value})
    assert problem in found


def test_the_corpus_is_well_formed() -> None:
    assert [name for name, count in Counter(attack.name for attack in ATTACKS).items() if count > 1] == []
    assert {attack.kind for attack in ATTACKS} == set(KINDS)
    assert {attack.held_from for attack in ATTACKS} == set(LEVELS)
    assert [attack.name for attack in ATTACKS if not (attack.topic and attack.must)] == []
    for attack in ATTACKS:
        if "compile_error" not in attack.ends:
            compile(attack.program, attack.name, "exec")
