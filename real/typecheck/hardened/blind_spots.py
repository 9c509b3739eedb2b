"""Code that runs but that MyPy skips in silence: its special constants, ``no_type_check``, a tampered ``sys``."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from real.typecheck.hardened.program_tree import ProgramTree
from real.typecheck.hardened.rule import Rule
from real.types import Finding

NO_TYPE_CHECK = Rule(
    "hatch:no-type-check",
    "a decorator that turns the type checker off",
    "MyPy does not check a function or class decorated with `no_type_check`, "
    "not even when the name is the program's own.",
    "Remove the decorator and annotate the function.",
)
TYPE_CHECKING = Rule(
    "hatch:type-checking",
    "code that the type checker and the interpreter see differently",
    "`TYPE_CHECKING`, `MYPY`, `PY2` and `PY3` are constants to MyPy, by name alone: what stands under `not "
    "TYPE_CHECKING`, in an `else` of it, or after `assert not TYPE_CHECKING`, runs unchecked. The one use that "
    "hides nothing is `if TYPE_CHECKING:` around imports and type aliases.",
    "Keep only imports under `if TYPE_CHECKING:`, without an else; let the rest run as it is checked.",
)
TAMPERED_SYS = Rule(
    "hatch:tampered-sys",
    "a changed sys.platform or sys.version_info",
    "MyPy skips branches for other platforms and versions by the text of the condition. A program that binds "
    "`sys` to something of its own, or assigns to these attributes, decides what is skipped.",
    "Import sys as it is and leave its attributes alone.",
)

CHECKER_ONLY = Rule(
    "hatch:checker-only-name",
    "a name that the type checker knows and Python does not",
    "`reveal_type` and `reveal_locals` are for the person who runs MyPy, `function` and `ellipsis` are names of its "
    "stubs. MyPy accepts them without an import; a program that comes to them ends in a NameError.",
    "Remove it; import reveal_type from typing, write Callable for function and EllipsisType for ellipsis.",
)

RULES = (NO_TYPE_CHECK, TYPE_CHECKING, TAMPERED_SYS, CHECKER_ONLY)

# Public names of the builtins stub that no interpreter has.
CHECKER_ONLY_NAMES = frozenset({"ellipsis", "function", "reveal_locals", "reveal_type"})

# mypy.reachability.infer_condition_value goes by these names, whatever they are bound to.
_CONSTANTS = frozenset({"TYPE_CHECKING", "MYPY", "PY2", "PY3"})
_FACTS = frozenset({"platform", "version_info"})
_HARMLESS = (ast.Import, ast.ImportFrom, ast.Assign, ast.Pass)


def check(program: ProgramTree) -> Iterator[Finding]:
    """The findings of the rules of this module, in no particular order."""
    allowed = {
        id(node.test)
        for node in program.nodes
        if isinstance(node, ast.If) and not node.orelse and all(isinstance(part, _HARMLESS) for part in node.body)
    }
    compares_system = any(isinstance(node, ast.Attribute) and node.attr in _FACTS for node in program.nodes)
    for node in program.nodes:
        name = _name(node)
        if name in ("no_type_check", "no_type_check_decorator"):
            yield NO_TYPE_CHECK.on(node, f"{name} turns the type checker off")
        if name in _CONSTANTS and id(node) not in allowed:
            yield TYPE_CHECKING.on(node, f"{name} separates what is checked from what runs")
        if isinstance(node, ast.Name) and node.id in CHECKER_ONLY_NAMES and program.is_unbound(node.id):
            yield CHECKER_ONLY.on(node, f"{node.id} exists for the type checker only")
        if compares_system and _is_tampered(program, node):
            yield TAMPERED_SYS.on(node, "sys is changed in a program that branches on sys.platform or sys.version_info")


def _name(node: ast.AST) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return node.name
    if isinstance(node, ast.alias) and node.name in ("no_type_check", "no_type_check_decorator"):
        return node.name
    return None


def _is_tampered(program: ProgramTree, node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute) and isinstance(node.ctx, (ast.Store, ast.Del)):
        return node.attr in _FACTS and program.dotted(node.value) == "sys"
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        return node.id == "sys"
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return node.name == "sys"
    if isinstance(node, ast.alias):
        return node.asname == "sys" and node.name != "sys"
    return isinstance(node, ast.arg) and node.arg == "sys"
