"""Pillow: images."""

from __future__ import annotations

from real.detector.models.kinds import Role
from real.detector.models.rows import Library, arg, calls

LIBRARY = Library(
    "pillow",
    "pillow==13.0.0",
    (
        *calls(Role.SIZE, arg(0, "size"), "**.resize"),
        *calls(Role.SIZE, arg(1, "size"), "PIL.Image.new"),
        *calls(Role.SIDES, arg(1, "size"), "PIL.Image.new"),
    ),
)
