"""Changes of the functions themselves that decide nothing, by the names that reports give them."""

from __future__ import annotations

from real.redteam.rewrites.natural.around_the_body import (
    counted,
    in_context_manager,
    locked,
    log_lines,
    logged_and_raised,
    raised_from,
    result_named,
    timed,
)
from real.redteam.rewrites.natural.core import Edit
from real.redteam.rewrites.natural.decorated import (
    cached,
    catching_decorator,
    decorator,
    retry_decorator,
    timing_decorator,
    validating_decorator,
)
from real.redteam.rewrites.natural.existence_checks import (
    all_present,
    blank_raises,
    equal_to_empty_raises,
    falsy_raises,
    ignored_predicate,
    in_none_and_empty,
    none_asserted,
    none_raises,
    predicate,
    type_checked,
    unused_validator,
    validator,
)
from real.redteam.rewrites.natural.other_homes import (
    alias,
    asynchronous,
    dataclass_wrapper,
    delegating_class,
    documented,
    in_class,
    in_static_class,
    in_static_class_with_demo,
    inner_function,
    private_implementation,
    safe_wrapper,
)
from real.redteam.rewrites.natural.parameters import defaults, recursive

FUNCTION_EDITS: dict[str, Edit] = {
    "if x is None: raise": none_raises,
    "if not str(x).strip(): raise": blank_raises,
    "assert x is not None": none_asserted,
    "if not x: raise": falsy_raises,
    'if x == "": raise': equal_to_empty_raises,
    'if x in (None, ""): raise': in_none_and_empty,
    "any(v is None)": all_present,
    "validator tests None": validator,
    "predicate tests None": predicate,
    "predicate ignored": ignored_predicate,
    "sanitizer never called": unused_validator,
    "isinstance of the annotated type": type_checked,
    "default values": defaults,
    "log lines": log_lines,
    "timer in the body": timed,
    "try, raise from": raised_from,
    "try, log, raise": logged_and_raised,
    "lock": locked,
    "context manager": in_context_manager,
    "call counter": counted,
    "result in a variable": result_named,
    "docstring that promises": documented,
    "decorator": decorator,
    "decorator, timer": timing_decorator,
    "decorator, retries": retry_decorator,
    "decorator, 'validated'": validating_decorator,
    "decorator, log errors": catching_decorator,
    "decorator, lru_cache": cached,
    "private implementation": private_implementation,
    "inner function": inner_function,
    "static method": in_static_class,
    "async": asynchronous,
    "wrapper that catches": safe_wrapper,
    "class that delegates": delegating_class,
    "dataclass that delegates": dataclass_wrapper,
    "second name": alias,
}

FUNCTION_CALLS: dict[str, Edit] = {
    "recursive call with a constant": recursive,
    "in a class, called": in_class,
    "static method, called": in_static_class_with_demo,
}
