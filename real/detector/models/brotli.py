"""Brotli: compressed data."""

from __future__ import annotations

from real.detector.models.kinds import Role
from real.detector.models.rows import Library, calls

LIBRARY = Library("brotli", "brotli", (*calls(Role.INFLATER, (), "brotli.decompress"),), unchecked="one function of C")
