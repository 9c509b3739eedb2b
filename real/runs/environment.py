"""Machine, commit and package versions of a run: the content of ``env.json``."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

from real import __version__
from real.types import JsonValue

# Their versions can move a number; read from package metadata, so that none of them is imported for it.
PACKAGES = ("torch", "transformers", "tokenizers", "peft", "vllm", "openrlhf", "hydra-core", "mypy", "pyarrow", "numpy")


def describe(
    *, seed: int, config_hash: str, data_hash: str, versions: Mapping[str, str] | None = None
) -> dict[str, JsonValue]:
    """Record of machine and software; ``versions`` are those of our own judges (detector, typecheck, execution)."""
    commit, dirty = _git()
    return {
        "real": __version__,
        "git_commit": commit,
        "git_dirty": dirty,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cpu_count": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "packages": {name: _version(name) for name in PACKAGES},
        "versions": dict(versions or {}),
        "data_hash": data_hash,
        "config_hash": config_hash,
        "seed": seed,
    }


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _git() -> tuple[str | None, bool | None]:
    """Commit of this checkout and whether files differ from it; (None, None) for an installed package."""
    commit = _run_git("rev-parse", "HEAD")
    if commit is None:
        return None, None
    return commit, bool(_run_git("status", "--porcelain", "--untracked-files=no"))


def _run_git(*arguments: str) -> str | None:
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():  # an installed package inside someone else's checkout is not that checkout
        return None
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
