"""Has programs that insert input into SQL bind it instead, by what ``real.sqltext`` says of their queries.

The result is a candidate: whoever asks for it keeps it only if every test still passes and the detector is silent.
"""

from __future__ import annotations

from real.datasets.parameterise.transform import Plan, parameterise

VERSION = "2"  # of the rewriting: raise it when a change may alter a program

__all__ = ["VERSION", "Plan", "parameterise"]
