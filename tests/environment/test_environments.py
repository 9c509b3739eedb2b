"""``environment.yml`` is the stack of ``slurm/image/gpu.lock``, and the extras that it installs are there.

conda's own channels cannot be reached where this was written: only the pip part is resolved.
"""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
LOCK = dict(re.findall(r"^([\w.-]+)==([\w.+]+)", (ROOT / "slurm/image/gpu.lock").read_text(), re.MULTILINE))
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
BUILT = ("flash-attn", "deepspeed", "openrlhf")  # by the second command of the file, against the torch of the first


def pip_part(name):
    (part,) = [
        entry["pip"] for entry in yaml.safe_load((ROOT / name).read_text())["dependencies"] if isinstance(entry, dict)
    ]
    return part


def pins(lines):
    found = (re.match(r"([\w.-]+)(?:\[[\w,-]+\])?==([\w.+]+)", line) for line in lines)
    return dict(match.groups() for match in found if match)


def test_every_pin_is_that_of_the_lock():
    own = pins(pip_part("environment.yml"))
    second = pins(re.findall(r"[\w-]+==[\w.]+", (ROOT / "environment.yml").read_text().partition("dependencies:")[0]))
    assert set(second) == set(BUILT)
    for name, version in {**own, **second, **pins(EXTRAS["cluster"])}.items():
        assert LOCK[name] == version, name


def test_the_stack_of_a_node_is_named():
    named = set(pins(pip_part("environment.yml"))) | set(BUILT)
    assert named >= {
        "openrlhf",
        "vllm",
        "ray",
        "deepspeed",
        "flash-attn",
        "wandb",
        "hydra-core",
        "omegaconf",
        "mypy",
        "pandas",
        "torch",
    }
    assert "-c slurm/image/gpu.lock" in pip_part("environment.yml")


def test_what_comes_without_its_dependencies_finds_them():
    """OpenRLHF, DeepSpeed and flash-attn are installed with --no-deps: what they ask for stands in the file."""
    metadata = (ROOT / "slurm/image/uv.toml").read_text()
    asked = set(re.findall(r'"([\w-]+)', " ".join(re.findall(r"requires-dist = \[(.*?)\]", metadata))))
    listed = {re.split(r"[\[=<> ]", line)[0] for line in pip_part("environment.yml")}
    with_others = {"numpy", "packaging", "psutil", "pydantic", "tqdm", "torch"}  # of vllm and REAL
    assert asked - listed <= with_others


def test_environments_install_the_extras_that_there_are():
    assert {"cluster", "train", "notebooks", "dev"} <= set(EXTRAS)
    for name in ("environment.yml", "environment-cpu.yml"):
        for line in pip_part(name):
            if match := re.fullmatch(r"-e \.\[([\w,]+)\]", line):
                assert set(match[1].split(",")) <= set(EXTRAS)


def test_the_base_and_the_notebooks_are_free_of_torch():
    base = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    heavy = {"torch", "transformers", "vllm", "openrlhf", "ray", "peft"}
    assert not heavy & {re.split(r"[\[=<> ]", line)[0] for line in [*base, *EXTRAS["notebooks"]]}


@pytest.mark.slow
def test_the_pip_part_resolves_to_the_lock(tmp_path):
    uv = shutil.which("uv")
    if uv is None:
        pytest.skip("uv is missing: pip install uv (pip itself would download every wheel to resolve)")
    lines = [line.replace("-c ", f"-c {ROOT}/").replace("-e .", f"-e {ROOT}") for line in pip_part("environment.yml")]
    (tmp_path / "in.txt").write_text("\n".join(lines))
    platform = ("--python-version", "3.11", "--python-platform", "x86_64-manylinux_2_28")
    command = [uv, "pip", "compile", "--quiet", *platform, "in.txt", "-o", "out.txt"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=1800, check=False)
    assert done.returncode == 0, done.stderr
    assert pins((tmp_path / "out.txt").read_text().splitlines()) == {k: v for k, v in LOCK.items() if k not in BUILT}
