"""IPython: an interactive shell."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "ipython",
    "ipython==9.18.1",
    (
        *sinks(
            Kind.PYTHON_CELL,
            arg(0, "raw_cell"),
            "IPython.**.run_cell",
            of=("IPython.core.interactiveshell.InteractiveShell",),
        ),
    ),
)
