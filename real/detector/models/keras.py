"""Keras: models in files."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks
from real.detector.models.when import May

LIBRARY = Library(
    "keras",
    "keras",
    (
        *sinks(
            Kind.MODEL_LAYERS,
            arg(0, "filepath"),
            "keras.models.load_model",
            "keras.saving.load_model",
            "tensorflow.keras.models.load_model",
            "tensorflow.keras.saving.load_model",
            when=May(arg(None, "safe_mode"), (False,)),
        ),
    ),
    unchecked="too large for the check",
)
