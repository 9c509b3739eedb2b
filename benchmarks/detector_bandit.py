"""Bandit in-process: programs as JSON on standard input, its verdicts on standard output.

Run by ``detector_pairs.py`` with the interpreter of an environment that has bandit; imports nothing of ours.
"""

from __future__ import annotations

import io
import json
import logging
import sys
import time

_LEVELS = ("MEDIUM", "HIGH")


def main() -> None:
    """``[code, ...]`` -> ``[[[cwe, ...] | null, seconds], ...]``: null where bandit cannot parse a program."""
    import bandit
    from bandit.core import config, manager

    logging.disable(logging.CRITICAL)
    results = []
    for code in json.load(sys.stdin):
        start = time.process_time()
        run = manager.BanditManager(config.BanditConfig(), "file", quiet=True)
        data = io.BytesIO(code.encode("utf-8", "replace"))
        run._parse_file("program.py", data, ["program.py"])
        seconds = time.process_time() - start
        found = None if run.skipped else [f"CWE-{i.cwe.id}" for i in run.results if i.severity in _LEVELS]
        results.append([found, seconds])
    json.dump({"version": bandit.__version__, "results": results}, sys.stdout)


main()
