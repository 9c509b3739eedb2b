"""The worker process: ``python -m real.typecheck.worker`` answers batches on its standard input.

Protocol (frames of ``real.typecheck.frames``): the first frame in is ``{"preamble": text}``, the first frame out
``{"ready": true}`` or ``{"failed": reason, "usage": bool}``; then each ``{"programs": [...]}`` is answered by one
analysis per program, in order. The worker ends when its input does.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from real.errors import RealError, UsageError
from real.typecheck.engine import Engine
from real.typecheck.findings import to_json
from real.typecheck.frames import FrameReader, StreamEndError, write_frame
from real.typecheck.isolation import IsolatedEngine
from real.types import AnalysisStatus


def main() -> int:
    """Serve until the input ends."""
    # What MyPy prints must not get between the frames.
    out = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    reader = FrameReader(sys.stdin.fileno())
    try:
        settings: Any = reader.read()
        engine = Engine()
        isolated = IsolatedEngine(engine, settings["preamble"])
        _require_clean_preamble(isolated)
        engine.freeze()
        write_frame(out, {"ready": True})
        while True:
            request: Any = reader.read()
            for analysis in isolated.check(request["programs"]):
                write_frame(out, to_json(analysis))
    except RealError as error:
        write_frame(out, {"failed": str(error), "usage": isinstance(error, UsageError)})
        return error.exit_code
    except (StreamEndError, BrokenPipeError):
        return 0


def _require_clean_preamble(isolated: IsolatedEngine) -> None:
    """A finding in the preamble would be held against every program."""
    (analysis,) = isolated.check([""])
    if analysis.status is not AnalysisStatus.CLEAN:
        reason = analysis.findings[0].message if analysis.findings else analysis.reason
        raise UsageError(f"the preamble of the type checker does not pass by itself: {reason}")


if __name__ == "__main__":
    sys.exit(main())
