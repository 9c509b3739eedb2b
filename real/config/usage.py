"""``python run.py --help``: the groups of ``conf/`` with the first comment of each file, so that it cannot go stale."""

from __future__ import annotations

from pathlib import Path

_HEAD = """\
REAL trains language models to write code that is correct, secure and maintainable.

  python run.py                               the quickstart: train and evaluate a miniature on this machine
  python run.py seed=1 reward=function_only   change settings (key=value) and choose options (group=option)
  python run.py +exp=ablation_reward_tiny -m  an experiment: a sweep of many runs
  python run.py +debug=fast                   the quickstart in about a minute
  python run.py dry_run=true                  what would happen, and whether this machine can do it
  python run.py --cfg job                     the composed configuration with every key

The same command resumes a run that was interrupted and skips one that is done; force=true starts anew.
"""
_TAIL = """\
Flags: -m (sweep), --cfg job, --config-dir FOLDER (your own YAML files), --hydra-help (the rest).
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 bad data, 4 the machine failed, 130 interrupted."""


def text(conf: Path) -> str:
    """The whole help page for the groups below ``conf``."""
    folders = sorted(path for path in conf.iterdir() if path.is_dir())
    layers = [path for path in folders if path.name in ("exp", "debug")]
    return "\n".join([_HEAD, *(_group(path) for path in folders if path not in layers), *map(_group, layers), _TAIL])


def _group(folder: Path) -> str:
    plus = "+" if folder.name in ("exp", "debug") else ""
    lines = [f"  {plus}{folder.name}={path.stem:<26} {_summary(path)}" for path in sorted(folder.glob("*.yaml"))]
    return "\n".join([f"{plus}{folder.name}=", *lines, ""])


def _summary(path: Path) -> str:
    comments = [line[1:].strip() for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("#")]
    return next((comment for comment in comments if not comment.startswith("@package")), "")
