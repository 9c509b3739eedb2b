"""Verdicts of one version of the detector: ``PYTHON benchmarks/detector_worker.py``, the interpreter of its checkout.

Reads programs as JSON strings, one a line, and answers each with a line ``{"status", "rules", "reason", "seconds"}``
(CPU time). A program that takes longer than the limit given as the only argument is answered with ``timeout``.
"""

from __future__ import annotations

import json
import signal
import sys
import time
from types import FrameType

from real.detector import scan


class _TooLong(BaseException):
    """Raised by the alarm: not an ``Exception``, which the detector would report as its own failure."""


def _stop(signum: int, frame: FrameType | None) -> None:
    raise _TooLong


def main() -> None:
    """Answer until the input ends."""
    limit = int(sys.argv[1])
    signal.signal(signal.SIGALRM, _stop)
    for line in sys.stdin:
        start = time.process_time()
        signal.alarm(limit)
        try:
            analysis = scan(json.loads(line))
            answer = {
                "status": analysis.status.value,
                "rules": sorted({finding.rule for finding in analysis.findings}),
                "reason": analysis.reason or "",
            }
        except _TooLong:
            answer = {"status": "timeout", "rules": [], "reason": f"more than {limit} s"}
        finally:
            signal.alarm(0)
        print(json.dumps({**answer, "seconds": time.process_time() - start}), flush=True)


if __name__ == "__main__":
    main()
