"""PyTorch: models in files."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks
from real.detector.models.when import Unless

LIBRARY = Library(
    "torch",
    "torch",
    (*sinks(Kind.PICKLE, arg(0, "f"), "torch.load", when=Unless(arg(None, "weights_only"), (True,))),),
    unchecked="too large for the check",
)
