"""Repairs by MyPy error code: each changes the program in place and says whether it did.

A repair is a guess. What it leads to is kept only if MyPy is silent and every test still passes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from real.datasets.annotate.program import Program
from real.datasets.annotate.repairs.arguments import key_get, narrow, widen_parameter
from real.datasets.annotate.repairs.dead_code import drop_dead, drop_function, drop_operand
from real.datasets.annotate.repairs.results import (
    convert_result,
    last_branch,
    raise_at_end,
    return_none,
    take_result,
    widen_result,
)
from real.datasets.annotate.repairs.signatures import fill_generic, retype_signature
from real.datasets.annotate.repairs.variables import (
    convert_assigned,
    declare_expected,
    declare_mentioned,
    declare_needed,
    declare_union,
    observed_loops,
    rename,
    split_tuple,
    widen_number,
)
from real.types import Finding

Repair: TypeAlias = Callable[[Program, Finding], bool]

REPAIRS: dict[str, tuple[Repair, ...]] = {
    "mypy:var-annotated": (declare_needed, declare_mentioned),
    "mypy:assignment": (widen_number, rename, declare_mentioned, declare_union, convert_assigned, split_tuple),
    "mypy:return-value": (widen_result, declare_mentioned, declare_expected, take_result, convert_result,
                          retype_signature),
    "mypy:no-any-return": (convert_result,),
    "mypy:return": (return_none, last_branch, raise_at_end),
    "mypy:arg-type": (key_get, declare_mentioned, narrow, widen_parameter, declare_expected, observed_loops,
                      retype_signature),
    "mypy:call-overload": (key_get, declare_mentioned, narrow, observed_loops, retype_signature),
    "mypy:type-var": (key_get, declare_mentioned),
    "mypy:operator": (narrow, declare_mentioned, observed_loops, retype_signature),
    "mypy:union-attr": (narrow, declare_mentioned),
    "mypy:index": (narrow, declare_mentioned, observed_loops),
    "mypy:unreachable": (drop_operand, drop_dead),
    "dead:after-jump": (drop_dead,),
    "mypy:type-arg": (fill_generic,),
    "mypy:no-untyped-def": (drop_function, fill_generic),
    "mypy:list-item": (declare_mentioned, observed_loops),
    "mypy:dict-item": (declare_mentioned, observed_loops),
    "mypy:attr-defined": (declare_mentioned, narrow, retype_signature),
    "mypy:misc": (declare_mentioned, retype_signature),
    "mypy:has-type": (observed_loops,),
}  # fmt: skip  # fmt: skip
FALLBACK: tuple[Repair, ...] = (drop_function, declare_mentioned, observed_loops)
