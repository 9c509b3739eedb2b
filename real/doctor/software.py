"""Versions, read from package metadata: nothing is imported, so a broken installation can be looked at too."""

from __future__ import annotations

import platform
import re
import sys
from importlib import metadata
from pathlib import Path

from real.doctor.check import CheckResult, Health, Purpose, needed

LOCK = Path(__file__).resolve().parents[2] / "slurm" / "image" / "gpu.lock"
_STACK = ("openrlhf", "vllm", "deepspeed", "flash-attn")
_SHARED = ("torch", "transformers", "ray", "hydra-core", "mypy", "peft", "wandb")
_QUICKSTART = ("torch", "transformers", "hydra-core", "mypy")  # without these nothing runs
_INSTALL = "pip install -e '.[train]' (make setup does it all)"


def look(purpose: Purpose) -> list[CheckResult]:
    """Check the versions of Python and of each package that a result or a training depends on."""
    wanted, locked = _wanted(), _locked()
    found = [_python()]
    for name in (*_SHARED, *_STACK):
        found.append(_package(name, purpose, wanted.get(name, ""), locked.get(name, "")))
    return found


def version(package: str) -> str | None:
    """The installed version of a package."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def satisfies(installed: str, conditions: str) -> bool:
    """Whether a version is within conditions such as ``>=5.15,<6`` (those that ``pyproject.toml`` uses)."""
    for condition in filter(None, conditions.split(",")):
        parts = re.fullmatch(r"(==|>=|<=|<|>)([\d.]+)", condition.strip())
        if parts is None:
            continue
        have, want = _numbers(installed), _numbers(parts[2])
        length = max(len(have), len(want))
        have, want = have + (0,) * (length - len(have)), want + (0,) * (length - len(want))
        holds = {"==": have == want, ">=": have >= want, "<=": have <= want, "<": have < want, ">": have > want}
        if not holds[parts[1]]:
            return False
    return True


def _python() -> CheckResult:
    value = f"{platform.python_version()} ({sys.executable})"
    if tuple(sys.version_info) >= (3, 11):  # metadata does not stop a checkout that is run in place
        return CheckResult("python", Health.OK, value)
    return CheckResult("python", Health.BAD, value, "REAL needs 3.11 or newer: conda env create -f environment-cpu.yml")


def _package(name: str, purpose: Purpose, wanted: str, locked: str) -> CheckResult:
    installed = version(name)
    quick = name in _QUICKSTART
    if installed is None:
        health = Health.BAD if quick else needed(purpose)
        gpu = "the image of slurm/image has it, or: pip install -r slurm/image/gpu.lock (docs/cluster.md)"
        return CheckResult(name, health, "not installed", _INSTALL if quick or name in ("peft", "wandb") else gpu)
    if wanted and not satisfies(installed, wanted):
        return CheckResult(name, Health.BAD, f"{installed}, but REAL needs {wanted}", f"pip install '{name}{wanted}'")
    # A CPU build says 2.13.0+cpu.
    if purpose == Purpose.CLUSTER and locked and installed.partition("+")[0] != locked:
        fix = f"pip install '{name}=={locked}': the versions of slurm/image/gpu.lock go together"
        return CheckResult(name, Health.BAD, f"{installed}, but the locked stack has {locked}", fix)
    return CheckResult(name, Health.OK, installed)


def _wanted() -> dict[str, str]:
    """Package -> conditions, as REAL's own metadata has them."""
    found: dict[str, str] = {}
    for line in metadata.requires("real-quality-code") or [] if version("real-quality-code") else []:
        parts = re.match(r"([\w.-]+)\s*([^;]*)", line)
        if parts:
            found.setdefault(parts[1].lower(), parts[2].replace(" ", ""))
    return found


def _locked() -> dict[str, str]:
    lines = LOCK.read_text(encoding="utf-8").splitlines() if LOCK.exists() else []
    pairs = (line.partition(";")[0].strip().partition("==") for line in lines if "==" in line)
    return {name: pinned for name, _, pinned in pairs}


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text.partition("+")[0])[:4])
