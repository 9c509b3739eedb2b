"""Hydra: configurations."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "hydra",
    "hydra-core==1.3.2",
    (
        *sinks(Kind.CALLED_NAMES, arg(0, "config"), "hydra.utils.{instantiate,call}"),
        *sinks(Kind.MODULE_NAME, arg(0, "path"), "hydra.utils.{get_class,get_method,get_object}"),
    ),
)
