"""The lock of the GPU stack fits what REAL and OpenRLHF ask for, and every recipe uses it."""

from __future__ import annotations

import re

from slurm_user import ROOT

from real.doctor.software import satisfies
from real.training.openrlhf.flags import PINNED

IMAGE = ROOT / "slurm" / "image"
LOCK = dict(re.findall(r"^([\w.-]+)==([\w.+]+)", (IMAGE / "gpu.lock").read_text(), re.MULTILINE))


def test_the_lock_has_what_real_asks_for() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    base, train = (
        text.partition("dependencies = [")[2].partition("]")[0],
        text.partition("train = [")[2].partition("]")[0],
    )
    asked = re.findall(r'"([\w-]+)([^"]*)"', base + train)
    assert len(asked) > 10
    for name, conditions in asked:
        assert satisfies(LOCK[name], conditions), (name, LOCK[name], conditions)


def test_the_lock_has_the_openrlhf_that_is_driven() -> None:
    assert LOCK["openrlhf"].split(".")[:2] == PINNED.split(".")[:2]
    assert {"vllm", "deepspeed", "flash-attn", "ray", "torch", "transformers"} <= LOCK.keys()


def test_both_images_are_made_alike() -> None:
    docker, apptainer = (IMAGE / "Dockerfile").read_text(), (IMAGE / "apptainer.def").read_text()
    for fact in (r"nvidia/cuda:\S+", r"uv==\S+", r"/opt/image/install\.sh /opt/real"):
        (one,), (other,) = set(re.findall(fact, docker)), set(re.findall(fact, apptainer))
        assert one == other


def test_the_optimiser_is_built_at_installation_for_the_gpus_of_the_attention_kernels() -> None:
    """Left to run time, every node compiles it, and a killed job leaves a lock that the next one waits for."""
    script = (IMAGE / "install.sh").read_text()
    assert re.search(r"\bDS_BUILD_FUSED_ADAM=1\b", script)
    assert re.search(r"\bDS_ACCELERATOR=cuda\b", script)  # an image is built without a GPU
    (attention,) = re.findall(r"FLASH_ATTN_CUDA_ARCHS:-([\d;]+)", script)
    (torch,) = re.findall(r"TORCH_CUDA_ARCH_LIST:-([\d.;]+)", script)
    assert torch.replace(".", "") == attention
