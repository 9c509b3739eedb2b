"""zstandard: compressed data."""

from __future__ import annotations

from real.detector.models.kinds import Role
from real.detector.models.rows import Library, calls

LIBRARY = Library(
    "zstandard", "zstandard", (*calls(Role.INFLATER, (), "zstandard.decompress"),), unchecked="one function of C"
)
