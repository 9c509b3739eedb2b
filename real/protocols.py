"""By whose rules answers are judged: ours (``strict``), or those of the paper's released scorers (``paper``).

What the two say about an answer that holds no program: the released scorers judge the text ``None`` on SafeSQL and the
empty text on APPS+ in its place, which the detector and MyPy find nothing in, so the task fails Function and passes
Quality; on SecCodePLT+ it fails both. Under ``strict`` it fails both everywhere. How outputs are compared is told in
``real.execution.compare``.
"""

from __future__ import annotations

from enum import StrEnum

_PASSING = frozenset({"safesql", "apps_plus"})


class EvaluationProtocol(StrEnum):
    """Members are named as their values, because OmegaConf reads an Enum by its names."""

    strict = "strict"
    paper = "paper"


PROTOCOLS = tuple(protocol.value for protocol in EvaluationProtocol)


def absent_passes_quality(protocol: str, dataset: str) -> bool:
    """Whether a missing answer to a task of this data set counts as free of defects."""
    return protocol == EvaluationProtocol.paper and dataset in _PASSING
