"""Read the command line flags of OpenRLHF from its source, without importing it.

The parser is built below ``if __name__ == "__main__"`` of ``openrlhf/cli/train_ppo_ray.py``, behind imports of Ray,
vLLM and DeepSpeed. So its ``add_argument`` calls are read from the syntax tree; f-strings in a loop are unrolled.
"""

from __future__ import annotations

import ast
import importlib.metadata
import importlib.util
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from real.errors import InfrastructureError
from real.io import disk

ENTRY = "openrlhf.cli.train_ppo_ray"
PINNED = "0.11.2"
SNAPSHOT = Path(__file__).with_name("flags.json")


@dataclass(frozen=True, slots=True)
class Flag:
    """One flag: ``kind`` is str, int, float or flag (takes no value); ``nargs`` as argparse has it."""

    name: str
    kind: str
    nargs: int | str | None = None
    choices: tuple[str, ...] = ()

    def problem(self, values: tuple[str, ...]) -> str | None:
        """Return why argparse would refuse ``values`` for this flag, or ``None``."""
        wanted = 0 if self.kind == "flag" else self.nargs if isinstance(self.nargs, int) else None
        if wanted is None and self.nargs is None:
            wanted = 1
        if wanted is not None and len(values) != wanted:
            return f"takes {wanted} values, not {len(values)}"
        for value in values:
            if self.choices and value not in self.choices:
                return f"knows {', '.join(self.choices)}, not {value!r}"
            try:
                {"int": int, "float": float}.get(self.kind, str)(value)
            except ValueError:
                return f"takes {self.kind} values, not {value!r}"
        return None


def installed_version() -> str | None:
    """The version of the installed OpenRLHF, or ``None``."""
    try:
        return importlib.metadata.version("openrlhf")
    except importlib.metadata.PackageNotFoundError:
        return None


def installed_source() -> Path | None:
    """The training entry of the installed OpenRLHF, or ``None``; imports nothing of it."""
    spec = importlib.util.find_spec("openrlhf")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / "cli" / "train_ppo_ray.py"
        if path.is_file():
            return path
    return None


def known_flags() -> tuple[str, dict[str, Flag]]:
    """Return version and flags of the installed package, else of the pinned one as recorded in ``flags.json``."""
    source = installed_source()
    if source is not None:
        return installed_version() or "unknown", read_flags(source.read_text(encoding="utf-8"))
    return read_snapshot()


def read_snapshot() -> tuple[str, dict[str, Flag]]:
    """Return version and flags as recorded in ``flags.json``."""
    record = disk.read_json(SNAPSHOT)
    entries = record["flags"]
    assert isinstance(entries, list)
    flags = [Flag(e["name"], e["kind"], e["nargs"], tuple(e["choices"])) for e in entries]
    return str(record["version"]), {flag.name: flag for flag in flags}


def snapshot(version: str, flags: Mapping[str, Flag]) -> dict[str, object]:
    """Return the content of ``flags.json`` for one version."""
    return {"version": version, "entry": ENTRY, "flags": [asdict(flags[name]) for name in sorted(flags)]}


def read_flags(source: str) -> dict[str, Flag]:
    """Return every flag that ``source`` adds to a parser; raises ``InfrastructureError`` if it adds none."""
    try:
        found = {flag.name: flag for flag in _flags(ast.parse(source).body, {})}
    except SyntaxError as error:
        raise InfrastructureError(f"the installed OpenRLHF cannot be read: {error}") from error
    if not found:
        raise InfrastructureError(
            f"the installed OpenRLHF has no flags in {ENTRY}", hint=f"Install the pinned version: openrlhf=={PINNED}."
        )
    return found


def _flags(body: list[ast.stmt], names: Mapping[str, str]) -> Iterator[Flag]:
    for statement in body:
        if isinstance(statement, ast.For) and isinstance(statement.target, ast.Name):
            for value in _constants(statement.iter):
                yield from _flags(statement.body, {**names, statement.target.id: value})
        elif isinstance(statement, ast.If):
            yield from _flags([*statement.body, *statement.orelse], names)
        elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            call = statement.value
            if isinstance(call.func, ast.Attribute) and call.func.attr == "add_argument" and call.args:
                yield _flag(_text(call.args[0], names), call)


def _flag(name: str, call: ast.Call) -> Flag:
    options = {keyword.arg: keyword.value for keyword in call.keywords}
    action = options.get("action")
    if isinstance(action, ast.Constant) and str(action.value).startswith("store_"):
        return Flag(name, "flag")
    kind = options.get("type")
    nargs = options.get("nargs")
    return Flag(
        name,
        kind.id if isinstance(kind, ast.Name) else "str",
        nargs.value if isinstance(nargs, ast.Constant) and isinstance(nargs.value, int | str) else None,
        tuple(_constants(options["choices"])) if "choices" in options else (),
    )


def _constants(node: ast.expr) -> list[str]:
    if not isinstance(node, ast.List | ast.Tuple | ast.Set):
        return []
    return [str(item.value) for item in node.elts if isinstance(item, ast.Constant)]


def _text(node: ast.expr, names: Mapping[str, str]) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part, names) for part in node.values)
    if isinstance(node, ast.FormattedValue) and isinstance(node.value, ast.Name):
        return names.get(node.value.id, "?")
    return "?"
