"""Estimate the host memory (main memory of a node) from the number of parameters.

While engines generate, both optimisers wait in main memory, and while the policy trains, the engines' weights do
(``model.placement.sleep``); pinned buffers are kept, so the two add up. The estimate has not been compared with a node.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from real.training.openrlhf.layout import Layout

if TYPE_CHECKING:
    from real.settings import RootCfg

_GB = 2**30
_WEIGHTS = 2  # bytes a parameter, bfloat16
_OPTIMISER = 16  # bytes a parameter: fp32 weights, both moments of Adam and fp32 gradients
_LOADING = 6  # bytes a parameter: the file in bfloat16 as it is mapped, and fp32 weights made from it
_PROCESS_GB = 1.0  # a Python process with torch and CUDA
_PROCESSES = 4  # on each GPU: policy, critic, reference, inference engine
_SCORING_GB = 8.0  # sandbox workers, MyPy, the data set


def training_gb(root: RootCfg, layout: Layout) -> float | None:
    """GB that a training needs on each node; ``None`` where ``model.placement`` has no architecture."""
    shape = root.model.placement
    if not shape.parameters:
        return None
    engines = layout.engines / layout.nodes if shape.sleep else 0.0
    optimisers = 2 / layout.nodes if shape.sleep or shape.adam_offload else 0.0  # policy and critic, sharded
    references = layout.gpus_per_node / (layout.gpus if shape.zero_stage == 3 else 1) if shape.reference_offload else 0
    per_parameter = _WEIGHTS * (engines + references) + _OPTIMISER * optimisers
    processes = _PROCESS_GB * _PROCESSES * layout.gpus_per_node
    return per_parameter * shape.parameters / _GB + processes + _SCORING_GB


def evaluation_gb(root: RootCfg) -> float | None:
    """GB that loading a model for its evaluation needs; ``None`` where ``model.placement`` has no architecture."""
    parameters = root.model.placement.parameters
    return _LOADING * parameters / _GB + _PROCESS_GB + _SCORING_GB if parameters else None


def to_request(gb: float | None) -> int:
    """Round an estimate up to a request: a tenth more, in steps of 8 GB; 0 if ``gb`` is ``None``."""
    return 0 if gb is None else 8 * math.ceil(1.1 * gb / 8)
