"""Test only: OpenRLHF, DeepSpeed and vLLM on a machine without a GPU.

Python imports this file at start-up in every process whose PYTHONPATH has its folder, Ray's workers included. Nothing
of those packages is edited: when one of the modules in ``PATCHES`` has been imported, its patch changes what would
touch a GPU. What is replaced is the transport of weights and the kernels, never the order of events.
``REAL_SHIM_BREAK_SYNC=1`` makes an engine throw away the weights it receives: a test has to notice that.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys
from collections.abc import Callable, Sequence
from types import ModuleType, SimpleNamespace
from typing import Any

PATCHES: dict[str, Callable[[Any], None]] = {}


def patches(name: str) -> Callable[[Callable[[Any], None]], Callable[[Any], None]]:
    """Register the decorated function to change module ``name`` after it has been imported."""

    def register(patch: Callable[[Any], None]) -> Callable[[Any], None]:
        PATCHES[name] = patch
        return patch

    return register


class _CpuDevice(str):
    """What ``torch.cuda.current_device()`` gives: a device for ``.to()``, and a number inside ``f"cuda:{...}"``."""

    def __format__(self, spec: str) -> str:
        return "0"


@patches("torch")
def _torch(torch: Any) -> None:
    torch.cuda.current_device = lambda: _CpuDevice("cpu")
    torch.cuda.current_stream = lambda device=None: SimpleNamespace(synchronize=lambda: None)
    for name in ("synchronize", "empty_cache", "set_device", "ipc_collect", "reset_peak_memory_stats"):
        setattr(torch.cuda, name, _nothing())
    make_empty = torch.empty

    def empty(*size: Any, **options: Any) -> Any:
        if str(options.get("device", "")).startswith("cuda"):
            options["device"] = "cpu"
        return make_empty(*size, **options)

    torch.empty = empty


@patches("torch.distributed.device_mesh")
def _device_mesh(module: Any) -> None:
    make_mesh = module.init_device_mesh

    def init_device_mesh(device_type: str, *shape: Any, **options: Any) -> Any:
        return make_mesh("cpu" if device_type == "cuda" else device_type, *shape, **options)

    module.init_device_mesh = init_device_mesh
    # torch itself is half imported here, so its attribute of this name is not there yet.
    sys.modules["torch.distributed"].init_device_mesh = init_device_mesh  # type: ignore[attr-defined]


@patches("torch.multiprocessing.reductions")
def _ipc(module: Any) -> None:
    """A CUDA IPC handle becomes the bytes themselves; OpenRLHF writes the device into the seventh argument."""

    def reduce_tensor(tensor: Any) -> tuple[Any, tuple[Any, ...]]:
        return _rebuild, (_bytes_of(tensor), tensor.dtype, tuple(tensor.shape), None, None, None, None)

    module.reduce_tensor = reduce_tensor


@patches("openrlhf.trainer.ray.utils")
def _gpu_id(module: Any) -> None:
    """Ray numbers the GPUs that it was told of: an engine and an actor with the same number share one."""
    module.get_physical_gpu_id = lambda: os.environ["CUDA_VISIBLE_DEVICES"]


@patches("openrlhf.trainer.ray.vllm_worker_wrap")
def _broken_sync(module: Any) -> None:
    if os.environ.get("REAL_SHIM_BREAK_SYNC") == "1":
        module.WorkerWrap.update_weight = _nothing()
        module.WorkerWrap.update_weight_cuda_ipc = _nothing()


@patches("deepspeed.runtime.zero.partition_parameters")
def _gathering(module: Any) -> None:
    """ZeRO 3 starts several gathers and waits for the last only: NCCL's stream keeps their order, gloo does not.

    An earlier gather that ends late would overwrite the weights that have been loaded in the meantime.
    """

    def one_after_the_other(self: Any, parameters: Any, hierarchy: int = 0, quantize: bool = False) -> None:
        assert not (quantize and parameters)
        self._allgather_params_sequential(parameters, hierarchy)

    module.Init._allgather_params_coalesced = one_after_the_other


@patches("vllm.distributed.device_communicators.pynccl")
def _nccl(module: Any) -> None:
    """NCCL between trainer and engines becomes vLLM's own TCP store."""

    class Communicator:
        def __init__(self, group: Any, device: Any = None, **_: Any) -> None:
            self.group, self.rank, self.world_size = group, group.rank, group.world_size

        def broadcast(self, tensor: Any, src: int, stream: Any = None) -> None:
            sent = self.group.broadcast_obj(_bytes_of(tensor) if self.rank == src else None, src)
            if self.rank != src:
                tensor.copy_(_rebuild(sent, tensor.dtype, tuple(tensor.shape)))

    module.PyNcclCommunicator = Communicator


@patches("vllm.model_executor.layers.utils")
def _linear(module: Any) -> None:
    """vLLM on a CPU repacks linear weights and drops the originals, which a weight sync has to write to."""

    def keep_weights(layer: Any, remove_weight: bool) -> None:
        from torch.nn.functional import linear

        layer.cpu_linear = linear

    module.dispatch_cpu_unquantized_gemm = keep_weights


@patches("vllm.platforms.interface")
def _sleep(module: Any) -> None:
    """vLLM refuses sleep mode on a CPU; its CPU worker's own sleep and wake_up do nothing."""
    module.Platform.is_sleep_mode_available = lambda self: True


@patches("transformers.modeling_utils")
def _attention(module: Any) -> None:
    """The flag for flash attention stands; torch's own attention, which masks packed sequences too, does the work."""
    model = module.PreTrainedModel
    check = model._check_and_adjust_attn_implementation

    def adjusted(self: Any, implementation: Any, *rest: Any, **options: Any) -> Any:
        return check(self, "sdpa" if implementation == "flash_attention_2" else implementation, *rest, **options)

    model._check_and_adjust_attn_implementation = adjusted


def _nothing() -> Callable[..., None]:
    """A new function each time: torch keeps rules by function, and refuses one that stands for several."""
    return lambda *args, **kwargs: None


def _bytes_of(tensor: Any) -> bytes:
    import torch

    return bytes(tensor.detach().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())


def _rebuild(raw: bytes, dtype: Any, shape: tuple[int, ...], *_: Any) -> Any:
    import torch

    return torch.frombuffer(bytearray(raw), dtype=torch.uint8).view(dtype).view(shape)


class _Finder(importlib.abc.MetaPathFinder):
    """Finds the modules of ``PATCHES`` as everybody else would, and patches them once they have run."""

    def __init__(self) -> None:
        self._looking: set[str] = set()

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name not in PATCHES or name in self._looking:
            return None
        self._looking.add(name)
        try:
            spec = importlib.util.find_spec(name)
        finally:
            self._looking.discard(name)
        if spec is None or spec.loader is None:
            return None
        run = spec.loader.exec_module

        def run_and_patch(module: ModuleType) -> None:
            run(module)
            PATCHES[name](module)

        spec.loader.exec_module = run_and_patch  # type: ignore[method-assign]
        return spec


sys.meta_path.insert(0, _Finder())
