"""Build backend: setuptools over a copy of the rooms that the linter needs.

The copy lies in ``src/`` beside this file and is made anew at each build from the tree above. A source distribution
has no tree above, but brings the copy. Which rooms the linter needs is held against its imports in
``tests/linter/test_package.py``.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

from setuptools import build_meta

HERE = Path(__file__).parent
TREE = HERE.parent.parent
FOLDERS = ("detector", "linter", "formats", "sqltext")
FILES = (
    *("__init__.py", "types.py", "errors.py", "registry.py", "source_text.py"),
    *("io/__init__.py", "io/console.py"),
)
Settings: TypeAlias = Mapping[str, str | list[str] | None] | None


def stage() -> None:
    """Copy what the distribution holds; nothing where the tree is not there, as in a source distribution."""
    real, copy = TREE / "real", HERE / "src" / "real"
    if not (real / "linter").is_dir():
        return
    shutil.rmtree(HERE / "src", ignore_errors=True)
    shutil.rmtree(HERE / "build", ignore_errors=True)  # setuptools would keep what is gone
    copy.mkdir(parents=True)
    for name in FOLDERS:
        shutil.copytree(real / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        (copy / name).parent.mkdir(exist_ok=True)
        shutil.copy(real / name, copy / name)
    shutil.copy(TREE / "LICENSE", HERE)
    shutil.copy(TREE / "docs" / "linter.md", HERE / "README.md")


def build_wheel(folder: str, config_settings: Settings = None, metadata_directory: str | None = None) -> str:
    """The wheel, of a fresh copy."""
    stage()
    return build_meta.build_wheel(folder, config_settings, metadata_directory)


def build_sdist(folder: str, config_settings: Settings = None) -> str:
    """The source distribution, of a fresh copy."""
    stage()
    return build_meta.build_sdist(folder, config_settings)


def get_requires_for_build_wheel(config_settings: Settings = None) -> list[str]:
    """Nothing beside setuptools."""
    return []


def get_requires_for_build_sdist(config_settings: Settings = None) -> list[str]:
    """Nothing beside setuptools."""
    return []
