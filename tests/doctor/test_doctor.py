"""The doctor: what is red for which purpose, a fix beside each, no secret, nothing heavy imported."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from real.doctor import __main__ as doctor
from real.doctor import compilers, machine, software
from real.doctor.check import CheckResult, Health, Purpose


def test_every_red_line_has_a_fix_and_the_code_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("WANDB_API_KEY", "s3cr3t")
    code = doctor.main(["--for", "cluster", "--json"])
    out = capsys.readouterr().out
    record = json.loads(out)
    bad = [f for f in record["findings"] if f["health"] == "bad"]
    assert code == int(bool(bad)) == int(not record["ok"])
    assert all(f["fix"] for f in bad)
    names = {f["name"] for f in record["findings"]}
    assert {
        "python",
        "torch",
        "vllm",
        "openrlhf",
        "ray",
        "mypy",
        "GPUs",
        "NCCL",
        "sandbox",
        "disk",
        "SLURM",
        "hub",
    } <= names
    assert "s3cr3t" not in out
    assert "set in WANDB_API_KEY" in out


def test_one_check_that_crashes_hides_no_other(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def crash(purpose: Purpose) -> list[CheckResult]:
        raise RuntimeError("odd")

    monkeypatch.setattr(doctor, "CHECKS", (crash, lambda purpose: [CheckResult("other", Health.OK, "here")]))
    assert doctor.main([]) == 1
    out = capsys.readouterr().out
    assert "!!  crash" in out
    assert "ok  other" in out


@pytest.mark.parametrize(
    ("version", "conditions", "holds"),
    [
        ("5.15.0", ">=5.15,<6", True), ("6.0", ">=5.15,<6", False), ("5.9", ">=5.15", False),
        ("2.4.1", "==2.4.1", True), ("2.4.10", "==2.4.1", False), ("2.13.0+cpu", ">=2.6", True), ("1.3.8", "", True),
    ],
)  # fmt: skip
def test_versions(version: str, conditions: str, holds: bool) -> None:
    assert software.satisfies(version, conditions) == holds


def test_packages_of_the_locked_stack_are_compared_for_the_cluster_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(software, "version", lambda name: "0.1" if name == "vllm" else None)
    found = {f.name: f for f in software.look(Purpose.CLUSTER)}
    assert found["vllm"].health == Health.BAD
    assert "the locked stack has" in found["vllm"].value
    assert {f.name: f for f in software.look(Purpose.QUICKSTART)}["vllm"].health == Health.OK


@pytest.mark.parametrize(
    ("operators", "programs", "health", "said"),
    [
        ("{'fused_adam': True}\naccelerator_name='cpu'", [], Health.BAD, "no nvcc"),  # built where there was no GPU
        ("{'fused_adam': True}", [], Health.OK, "built"),
        ("{'fused_adam': False}", ["nvcc", "g++"], Health.OK, "each run compiles it"),
        ("{'fused_adam': False}", ["nvcc"], Health.BAD, "no g++"),
        ("{}", [], Health.BAD, "no nvcc and no g++"),
        (None, ["nvcc", "g++"], Health.BAD, "not installed"),
    ],
)
def test_what_compiles_the_optimiser(
    operators: str | None,
    programs: list[str],
    health: Health,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if operators is not None:
        package = tmp_path / "deepspeed"
        package.mkdir()
        (package / "__init__.py").write_text("raise AssertionError('the doctor must not import it')")
        (package / "git_version_info_installed.py").write_text(
            f"version='0.19.6'\naccelerator_name='cuda'\ninstalled_ops={operators}\n"
        )
        monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}" if name in programs else None)
    monkeypatch.delenv("CC", raising=False)
    c_compiler, fused_adam = compilers.compilers(Purpose.CLUSTER)
    assert fused_adam.health == health
    assert said in fused_adam.value
    assert bool(fused_adam.fix) == (health == Health.BAD)
    assert c_compiler.health == Health.BAD  # Triton takes gcc, cc or clang


def test_gpus_and_an_old_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    line = "NVIDIA H100 80GB HBM3, 81559, 550.54"
    monkeypatch.setattr(machine, "_lines", lambda *_: [line] * 8)
    cards, driver = machine.gpus(Purpose.CLUSTER)
    assert cards.value == "8: NVIDIA H100 80GB HBM3 (79 GB)"
    assert driver.health == Health.BAD
    monkeypatch.setattr(machine, "_lines", lambda *_: [])
    assert machine.gpus(Purpose.CLUSTER)[0].health == Health.BAD
    assert machine.gpus(Purpose.QUICKSTART)[0].health == Health.ABSENT


def test_a_ray_that_is_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    (found,) = machine.ray(Purpose.QUICKSTART)
    assert found.health == Health.BAD
    assert "unset RAY_ADDRESS" in found.fix


def test_it_imports_nothing_heavy() -> None:
    heavy = ("torch", "ray", "vllm", "transformers", "hydra", "wandb")
    code = f"import sys, real.doctor.__main__; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
