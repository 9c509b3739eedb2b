"""Targets for supervised fine-tuning, where a data set's own programs are not what a model should learn.

``makers`` propose programs for a task, ``gate`` keeps the first that earns the whole reward; each target says how it
was made. ``python -m real.datasets targets NAME --out FILE`` runs both, ``method=sft method.sft.targets=FILE`` learns.
"""

from __future__ import annotations

from real.datasets.targets.gate import Gate, Target
from real.datasets.targets.makers import Maker, makers_for

__all__ = ["Gate", "Maker", "Target", "makers_for"]
