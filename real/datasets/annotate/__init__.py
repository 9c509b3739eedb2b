"""Typed references: annotations inferred from the values that a program's functions see while its tests run.

``tracer`` (in the sandbox) → ``observations`` → ``normalise`` → ``initial`` → ``repairs`` by what MyPy reports, as
long as that gets better → ``annotator`` keeps what the hardened type checker and every test pass.
"""

from __future__ import annotations

VERSION = "2"  # of the annotations: raise it when a change may alter one
