"""The most memory that a machine used while a training ran."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

_EVERY_S = 2.0
_GB = 2**30


@dataclass
class Peaks:
    """GB: the most of any GPU (0 where none can be asked), of main memory, and of the newest checkpoint."""

    gpu_gb: float = 0.0
    host_gb: float = 0.0
    host_total_gb: float = 0.0
    checkpoint_gb: float = 0.0


class PeakWatch:
    """A context manager whose ``peaks`` grow while its body runs."""

    def __init__(self) -> None:
        self.peaks = Peaks()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> PeakWatch:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while True:
            self.peaks.gpu_gb = max([self.peaks.gpu_gb, *_gpus_gb()])
            used, self.peaks.host_total_gb = _host_gb()
            self.peaks.host_gb = max(self.peaks.host_gb, used)
            if self._over.wait(_EVERY_S):
                return


def size_gb(folder: Path, step: int) -> float:
    """GB of the checkpoint of ``step``: policy and critic."""
    parts = [path for role in ("_actor", "_critic") for path in (folder / role / f"global_step{step}").rglob("*")]
    total = 0
    for path in parts:
        with contextlib.suppress(OSError):  # it is being replaced
            total += path.stat().st_size if path.is_file() else 0
    return total / _GB


def _gpus_gb() -> list[float]:
    smi = shutil.which("nvidia-smi")
    if smi is None:
        return []
    query = [smi, "--query-gpu=memory.used", "--format=csv,noheader,nounits"]
    try:
        told = subprocess.run(query, capture_output=True, text=True, timeout=20, check=True).stdout
        return [int(line) / 1024 for line in told.split()]
    except (OSError, ValueError, subprocess.SubprocessError):
        return []


def _host_gb() -> tuple[float, float]:
    facts = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines())
    total, free = (int(facts[key].split()[0]) / 2**20 for key in ("MemTotal", "MemAvailable"))
    return total - free, total
