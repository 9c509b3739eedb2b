"""Whether reference solutions pass their own tests: ``python benchmarks/references_execution.py``.

SecCodePLT+ (train): patched code on capability and safety tests; SafeSQL (train and test): the released programs; APPS+
(test): the released solutions. Prints one line per suite, and each program that does not pass with its first outcome
that is not ``pass``, followed by the slowest references, which is what limits are tied to.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from real.datasets import load_path
from real.execution import Pool
from real.execution.compare import PROTOCOLS
from real.execution.limits import limits_for
from real.types import CallSuite, ExecutionRequest, ExecutionResult, Limits, OutcomeStatus, Suite, Task

_SETS = (("seccodeplt_plus", "train"), ("safesql", "train"), ("safesql", "test"), ("apps_plus", "test"))
_SLOWEST = 5
_LIMITS = Limits(cpu_s=10.0)  # as for a model's program, except for the time


def _suites(task: Task) -> Iterator[tuple[str, Suite]]:
    tests = task.tests
    yield "tests", replace(tests, prelude=True) if isinstance(tests, CallSuite) else tests
    if task.dataset == "seccodeplt_plus" and task.safety is not None:
        yield "safety", task.safety


def _first_failure(result: ExecutionResult) -> str | None:
    for index, outcome in enumerate(result.outcomes):
        if outcome.status is not OutcomeStatus.PASS:
            shown = outcome.detail or outcome.output[:80]
            return f"case {index} of {len(result.outcomes)}: {outcome.status} {shown}"
    return None if result.outcomes else "no cases"


def main() -> None:
    """Print the counts, and every exception."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the released data")
    parser.add_argument("--set", action="append", help="only this data set (may be repeated)")
    parser.add_argument("--protocol", default="strict", choices=PROTOCOLS, help="how outputs are compared")
    parser.add_argument("--limit", type=int, help="only the first tasks of each split")
    options = parser.parse_args()
    with Pool() as pool:
        print(pool.describe())
        for name, split in _SETS:
            if options.set and name not in options.set:
                continue
            tasks = load_path(str(options.data / name), split).tasks[: options.limit]
            requests = [
                ExecutionRequest(f"{task.task_id} {kind}", code, suite, limits_for(task, _LIMITS))
                for task in tasks
                if (code := task.reference or task.unsafe) is not None
                for kind, suite in _suites(task)
            ]
            began = time.perf_counter()
            results = pool.run(requests, options.protocol)
            failures = [(result.request_id, failure) for result in results if (failure := _first_failure(result))]
            cases = sum(len(result.outcomes) for result in results)
            wall = time.perf_counter() - began
            print(
                f"{name} {split}: {len(requests) - len(failures)} of {len(requests)} pass ({cases} cases, {wall:.1f} s)"
            )
            for request_id, failure in failures:
                print(f"    {request_id}: {failure}")
            slowest = sorted(
                ((max(o.seconds for o in r.outcomes), r.request_id) for r in results if r.outcomes), reverse=True
            )
            print(
                "    slowest case, CPU s: "
                + ", ".join(f"{request} {seconds:.2f}" for seconds, request in slowest[:_SLOWEST])
            )


if __name__ == "__main__":
    main()
