#!/bin/sh
# The locked GPU environment into a virtual environment: install.sh FOLDER (needs uv, nvcc for flash-attn, a compiler).
# The same steps on a node without containers, in the Dockerfile, and in apptainer.def.
set -eu
venv=$1
here=$(cd "$(dirname "$0")" && pwd)
rest=$(mktemp)
built=$(mktemp)
trap 'rm -f "$rest" "$built"' EXIT
[ -x "$venv/bin/python" ] || uv venv --python 3.11 "$venv"
export VIRTUAL_ENV="$venv" UV_LINK_MODE=copy
# What is built against torch comes last, and sees the torch that is there instead of one of its own.
grep -E '^(flash-attn|deepspeed)==' "$here/gpu.lock" >"$built"
grep -vE '^(flash-attn|deepspeed)==' "$here/gpu.lock" >"$rest"
uv pip install --no-deps -r "$rest"
uv pip install setuptools wheel
# Hopper and Ampere; more architectures take longer. Each compiler process wants about 8 GB of memory.
export FLASH_ATTN_CUDA_ARCHS="${FLASH_ATTN_CUDA_ARCHS:-80;90}" TORCH_CUDA_ARCH_LIST="${TORCH_CUDA_ARCH_LIST:-8.0;9.0}"
# The one operator of DeepSpeed that a training uses. Built here, and not by the first job on every node. Where there is
# no GPU (docker build), DeepSpeed would build the operator of a CPU, which no GPU takes.
export MAX_JOBS="${MAX_JOBS:-4}" DS_BUILD_OPS=0 DS_BUILD_FUSED_ADAM=1 DS_ACCELERATOR=cuda
uv pip install --no-deps --no-build-isolation -r "$built"
