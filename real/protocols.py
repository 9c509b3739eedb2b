"""By whose rules answers are judged: ours (``strict``), or those of the paper's released scorers (``paper``).

``paper`` takes the last Python block of an answer for the program, whatever it holds. ``strict`` passes over blocks
that only show, test or print what an earlier block defines (``real.extract``).

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


def extraction_rule(protocol: str) -> str:
    """Which of several code blocks is the program: a rule of ``real.extract``."""
    return "last" if protocol == EvaluationProtocol.paper else "answer"
