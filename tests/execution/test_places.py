"""The sandbox works wherever the checkout, the interpreter and the virtual environment lie, and whoever uses them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import places
import pytest
from places import ORDINARY_UID, Place
from workers import REACHED

_ROOT = os.geteuid() == 0
_ME = ORDINARY_UID if _ROOT else os.geteuid()  # an ordinary user in any case
_FOLDERS = {
    "below /tmp": "/tmp/a/b",
    "below /var/tmp": "/var/tmp/a",
    "below /dev/shm": "/dev/shm/a",
    "in a home folder": "/home/x/a",
    "with spaces and umlauts": '/srv/Ünser Ordner/it\'s "ä" 100 % [b]',
}
OF_ROOT = {f"{name}, as root": Place(path) for name, path in _FOLDERS.items()} | {
    "in root's home": Place("/root/a", mode=0o700),
    "root in the closed home folder of another user": Place("/home/x", owner=ORDINARY_UID, mode=0o700),
    "root in a closed folder of its own": Place("/srv/a", umask=0o077, mode=0o700),
    "root, closed packages of another user": Place("/home/x", owner=ORDINARY_UID, umask=0o077, mode=0o700),
}
OF_USERS = {f"{name}, as a user": Place(path, owner=_ME, user=_ME) for name, path in _FOLDERS.items()} | {
    "a user's closed home folder": Place("/home/x", owner=_ME, user=_ME, mode=0o700, umask=0o077),
    "behind a link": Place("/tmp/target", owner=_ME, user=_ME, link="/srv/li nk"),
    "a link into /tmp": Place("/srv/target", owner=_ME, user=_ME, link="/tmp/link"),
    "read-only": Place("/srv/a", owner=_ME, user=_ME, read_only=True),
    "read-only below /tmp": Place("/tmp/a", owner=_ME, user=_ME, read_only=True),
}
PLACES = (OF_ROOT if _ROOT else {}) | OF_USERS


def judged(place: Place, program: str, levels: list[str]) -> list[list[str]]:
    """For each level: its name, the status of ``program`` there, and what it said."""
    options = json.dumps({"place": asdict(place), "program": program, "levels": levels})
    done = subprocess.run(
        [sys.executable, places.__file__, options],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if done.returncode == places.CANNOT:
        pytest.skip(f"places are made in a mount namespace: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("name", PLACES)
def test_programs_run_as_everywhere_else(name: str) -> None:
    strongest, *others = REACHED
    ran = judged(PLACES[name], places.PROGRAM_WITH_TMP if strongest == "strong" else places.PROGRAM, [strongest])
    ran += judged(PLACES[name], places.PROGRAM, [level for level in others if level == "medium"])
    assert [(level, status) for level, status, _ in ran] == [(level, "pass") for level, _, _ in ran], ran
    assert ran[0][0] == strongest


def test_a_program_that_finds_no_packages_would_be_noticed() -> None:
    ((_, status, said),) = judged(Place("/tmp/a", owner=_ME, user=_ME), "import no_such_package", [REACHED[0]])
    assert status == "error"
    assert "no_such_package" in said
