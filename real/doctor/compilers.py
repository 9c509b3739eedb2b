"""Check the compilers of the GPU stack: Triton compiles at run time, and DeepSpeed if its operators were not built."""

from __future__ import annotations

import ast
import importlib.util
import os
import shutil
from pathlib import Path

from real.doctor.check import CheckResult, Health, Purpose, needed


def compilers(purpose: Purpose) -> list[CheckResult]:
    """Check for a C compiler (Triton), and for DeepSpeed's FusedAdam or what building it takes (nvcc, g++)."""
    return [_c_compiler(purpose), _fused_adam(purpose)]


def _c_compiler(purpose: Purpose) -> CheckResult:
    found = next(
        (path for name in (os.environ.get("CC"), "gcc", "cc", "clang") if name and (path := shutil.which(name))), ""
    )
    if found:
        return CheckResult("C compiler", Health.OK, found)
    fix = "Triton compiles its kernels with one: apt-get install build-essential, or module load gcc"
    return CheckResult("C compiler", needed(purpose), "none", fix)


def _fused_adam(purpose: Purpose) -> CheckResult:
    built, accelerator = _built_operators()
    if built is None:
        return CheckResult("FusedAdam", needed(purpose), "DeepSpeed is not installed", "it comes with the GPU stack")
    if built.get("fused_adam") and accelerator == "cuda":
        return CheckResult("FusedAdam", Health.OK, "built with DeepSpeed")
    absent = [name for name in ("nvcc", "g++") if shutil.which(name) is None]
    if not absent:
        return CheckResult(
            "FusedAdam", Health.OK, "not built; nvcc and g++ are here, so each run compiles it (minutes)"
        )
    fix = "DS_BUILD_FUSED_ADAM=1 DS_ACCELERATOR=cuda when DeepSpeed is installed, as in slurm/image/install.sh"
    return CheckResult("FusedAdam", needed(purpose), f"not built, and no {' and no '.join(absent)} to build it", fix)


def _built_operators() -> tuple[dict[str, bool] | None, str]:
    """Operators that DeepSpeed compiled at installation (``None`` if it is not installed), and for which accelerator.

    At run time DeepSpeed uses them only on the same accelerator. Reads its record, and imports nothing.
    """
    spec = importlib.util.find_spec("deepspeed")
    folders = spec.submodule_search_locations if spec else None
    if not folders:
        return None, ""
    record = Path(next(iter(folders))) / "git_version_info_installed.py"
    text = record.read_text(encoding="utf-8") if record.is_file() else ""
    facts = {
        ast.unparse(statement.targets[0]): ast.literal_eval(statement.value)
        for statement in ast.parse(text).body
        if isinstance(statement, ast.Assign)
    }
    operators = {str(name): bool(built) for name, built in dict(facts.get("installed_ops", {})).items()}
    return operators, str(facts.get("accelerator_name", ""))
