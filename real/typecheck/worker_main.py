"""The worker process: ``python -m real.typecheck.worker_main`` answers batches on its standard input.

Protocol (``real.typecheck.json_frames``): the first frame in is ``{"policy", "advice"}``, the first frame
out ``{"ready": true}`` or ``{"failed": reason, "usage": bool}``; then each ``{"programs": [submission, ...]}`` is
answered by one analysis per program, in order. The worker ends when its input does.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Any

from real.errors import RealError, UsageError
from real.typecheck.config import Policy
from real.typecheck.diagnostics import to_json
from real.typecheck.forked_checker import ForkedChecker
from real.typecheck.json_frames import FrameReader, StreamEndError, write_frame
from real.typecheck.program_checker import ProgramChecker
from real.typecheck.submission import Submission


def main() -> int:
    """Serve until the input ends."""
    # What MyPy prints must not get between the frames.
    out = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    reader = FrameReader(sys.stdin.fileno())
    try:
        settings: Any = reader.read()
        checker = ProgramChecker(Policy(settings["policy"]), with_advice=settings["advice"])
        checker.mypy.freeze()
        write_frame(out, {"ready": True})
        with contextlib.closing(ForkedChecker(checker)) as forked:
            while True:
                request: Any = reader.read()
                for analysis in forked.check([Submission(*pair) for pair in request["programs"]]):
                    write_frame(out, to_json(analysis))
    except RealError as error:
        write_frame(out, {"failed": str(error), "usage": isinstance(error, UsageError)})
        return error.exit_code
    except (StreamEndError, BrokenPipeError):
        return 0


if __name__ == "__main__":
    sys.exit(main())
