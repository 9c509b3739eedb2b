"""Commands of this repository as the user can paste them into the shell they called us from."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def shown_command(words: Sequence[str]) -> str:
    """``python`` with ``words``, quoted; ``words`` start with a script of the repository (``run.py``) or with ``-m``.

    It works from the current directory without ``cd`` and without activating a virtual environment: the interpreter
    is this one, by its short name where a shell would find it, and the script has the path it has from here.
    """
    first, *rest = words
    script = _from_here(ROOT / first) if not first.startswith("-") else first
    return shlex.join([_interpreter(), script, *rest])


def _interpreter() -> str:
    this = Path(sys.executable)
    for name in ("python", "python3"):
        found = shutil.which(name)
        # The same file is not enough: a virtual environment's python is a link to the one it was made from.
        if found and Path(found).samefile(this) and Path(found).parent.samefile(this.parent):
            return name
    return _from_here(this)


def _from_here(path: Path) -> str:
    """Relative to the current directory where it lies below that, else absolute."""
    here = Path.cwd()
    return os.path.relpath(path, here) if path.is_relative_to(here) else str(path)
