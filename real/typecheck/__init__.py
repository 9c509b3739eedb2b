"""The maintainability checker: MyPy ``--strict`` in warm worker processes (paper, section 3.1).

The verdict is both reward and metric, so in the policy ``paper`` it equals that of a cold command line of the same
MyPy; ``real.typecheck.warm_mypy`` names the flags. The policy ``hardened`` adds ``--warn-unreachable`` and what a
learner would use to get around MyPy (``real.typecheck.hardened``). Nothing here executes a program.
``python -m real.typecheck`` is the tool.
"""

from mypy.version import __version__ as _mypy_version

from real.typecheck.checker import Checker
from real.typecheck.config import Policy, TypecheckCfg
from real.typecheck.submission import Submission

VERSION = f"4+mypy{_mypy_version}"

__all__ = ["VERSION", "Checker", "Policy", "Submission", "TypecheckCfg"]
