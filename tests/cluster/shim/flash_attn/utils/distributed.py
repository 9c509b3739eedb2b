"""Gathering a tensor over ranks, with gradients."""

from __future__ import annotations

from typing import Any

import torch
from torch.distributed.nn.functional import all_gather as gather


def all_gather(tensor: Any, group: Any = None) -> Any:
    """The ranks' tensors, one after the other along the first axis."""
    return torch.cat(list(gather(tensor.contiguous(), group=group)), dim=0)
