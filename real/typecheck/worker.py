"""The worker process: ``python -m real.typecheck.worker`` answers batches on its standard input.

Protocol (frames of ``real.typecheck.frames``): the first frame in is ``{"policy", "preamble", "advice"}``, the first
frame out ``{"ready": true}`` or ``{"failed": reason, "usage": bool}``; then each ``{"programs": [[code, starter],
...]}`` is answered by one analysis per program, in order. The worker ends when its input does.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Any

from real.errors import RealError, UsageError
from real.typecheck.analyst import Analyst, Request
from real.typecheck.findings import to_json
from real.typecheck.frames import FrameReader, StreamEndError, write_frame
from real.typecheck.isolation import Isolated


def main() -> int:
    """Serve until the input ends."""
    # What MyPy prints must not get between the frames.
    out = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    reader = FrameReader(sys.stdin.fileno())
    try:
        settings: Any = reader.read()
        analyst = Analyst(settings["policy"], settings["preamble"], with_advice=settings["advice"])
        analyst.check_preamble()
        analyst.engine.freeze()
        write_frame(out, {"ready": True})
        with contextlib.closing(Isolated(analyst)) as isolated:
            while True:
                request: Any = reader.read()
                for analysis in isolated.check([Request(*pair) for pair in request["programs"]]):
                    write_frame(out, to_json(analysis))
    except RealError as error:
        write_frame(out, {"failed": str(error), "usage": isinstance(error, UsageError)})
        return error.exit_code
    except (StreamEndError, BrokenPipeError):
        return 0


if __name__ == "__main__":
    sys.exit(main())
