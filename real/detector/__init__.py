"""The vulnerability detector: flow-sensitive taint analysis over SSA, one rule per CWE (paper, section 3.1 and A.1)."""

from __future__ import annotations

from collections.abc import Collection

from real.detector.frontend.linking.modules import Module
from real.detector.limits import OF_PROGRAM, Limits
from real.types import Analysis

VERSION = "0.9.0"  # of the verdicts: raise it when a change may alter one


def scan(
    code: str,
    *,
    select: Collection[str] | None = None,
    limits: Limits = OF_PROGRAM,
    is_imported: bool = False,
    module: Module | None = None,
) -> Analysis:
    """Analyse one Python program under all rules, or those in ``select``, within ``limits``.

    A pure, deterministic function that never raises on any ``code`` and always ends: a program that cannot be analysed
    (syntax error, NUL byte, too large, too deep) is ``UNANALYZABLE``, one of which a part could not be seen (code built
    at run time, too much to do) and in which nothing else is found is ``PARTIAL``, a failure of the detector is
    ``ERROR``, and none of them is ever clean. Suppression comments have no effect here: a policy under training could
    write them.

    ``is_imported`` says that somebody else calls the program's functions, as the tests of a function do: then it is no
    script, whatever it reads (``real.detector.analysis.exposure``).

    ``module`` is the program's place in a project: what it imports from there is part of it then, and a finding may
    stand in another file of the project (``Finding.path``).

    Raises:
        UnknownNameError: ``select`` names a rule that does not exist.
    """
    from real.detector.engine import analyse
    from real.detector.rules import select_rules

    return analyse(code, select_rules(select), limits, is_imported=is_imported, module=module)


__all__ = ["VERSION", "scan"]
