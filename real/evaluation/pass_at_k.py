"""pass@k: the chance that one of k samples of a task passes (Chen et al. 2021, https://arxiv.org/abs/2107.03374)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence

from real.types import Verdict
from real.verdicts import func_qual_passed, function_passed, quality_passed

PASSED: Mapping[str, Callable[[Verdict], bool | None]] = {
    "function": function_passed,
    "quality": quality_passed,
    "func_qual": func_qual_passed,  # both of one sample: the joint pass@k is no product of the other two
}
KS = (1, 5, 10, 25, 50, 100)


def pass_at_k(samples: int, passed: int, k: int) -> float:
    """The unbiased estimate from ``passed`` of ``samples`` (their equation 1): 1 - C(n - c, k) / C(n, k).

    Raises ``ValueError`` unless ``0 <= passed <= samples`` and ``1 <= k <= samples``.
    """
    if not (0 <= passed <= samples and 1 <= k <= samples):
        raise ValueError(f"pass@{k} of {passed} passed in {samples} samples")
    return 1.0 - math.comb(samples - passed, k) / math.comb(samples, k)


def pass_at_k_of(verdicts: Sequence[Verdict], missing: Collection[str] = ()) -> dict[str, dict[str, float]]:
    """For each k of ``KS`` (as text, a JSON key) that every task has samples for: the mean over tasks of each rate.

    Verdicts with the same task id are samples of that task; one that is masked has not passed. Tasks in ``missing``
    have no answer: what their one verdict says holds for every k.
    """
    samples = Counter(verdict.task_id for verdict in verdicts)
    passed = {
        name: Counter(verdict.task_id for verdict in verdicts if is_passed(verdict) is True)
        for name, is_passed in PASSED.items()
    }
    fewest = min((n for task_id, n in samples.items() if task_id not in missing), default=0)
    by_k = {}
    for k in (k for k in KS if k <= fewest):
        ks = {task_id: 1 if task_id in missing else k for task_id in samples}
        by_k[str(k)] = {
            name: sum(pass_at_k(n, counts[task_id], ks[task_id]) for task_id, n in samples.items()) / len(samples)
            for name, counts in passed.items()
        }
    return by_k
