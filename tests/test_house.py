"""The rooms of the house and what each may import: the design's table, held against every import of every file.

Imports inside functions and under ``TYPE_CHECKING`` count as well: an arrow is an arrow. Two kinds of files stand
outside: ``__main__.py``, which composes a command as ``run.py`` does, and ``real/ROOM/config.py``, the types of the
settings of a room, which know the vocabulary only and may be read by everybody.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

REAL = Path(__file__).parents[1] / "real"

VOCABULARY = "types errors registry verdicts protocols signals stopping machine source_text prelude"
JUDGING = f"{VOCABULARY} io formats extract analyser_failures detector typecheck execution rewards static_checks"
LEARNING = f"{JUDGING} judge prompts runs logger settings ids sampled_tests"

# What a room may import beside itself. A room that is not here may import what its level says.
MAY_IMPORT = {
    "types": "",
    "errors": "",
    "signals": "",
    "machine": "",
    "stopping": "",
    "registry": "errors",
    "verdicts": "types",
    "protocols": "",
    "ids": "",
    "source_text": "",
    "prelude": "",
    "analyser_failures": "types",
    "io": "errors",
    "formats": "types",
    "extract": "types errors registry source_text",
    "prompts": "types",
    "sampled_tests": "types",
    "detector": "types errors registry source_text",
    "sqltext": "",
    "linter": "types errors registry source_text io formats detector sqltext",
    "redteam": f"{JUDGING} judge datasets",
    "typecheck": "types errors registry formats signals source_text prelude analyser_failures",
    "execution": "types errors registry signals source_text prelude",
    "rewards": "types errors registry source_text",
    "datasets": "types errors registry io prompts extract",
    "datasets.workshop": f"{JUDGING} judge prompts datasets sqltext",
    "static_checks": "types protocols analyser_failures detector typecheck rewards",
    "judge": f"{JUDGING} settings verdict_cache",
    "verdict_cache": "types",
    "settings": "ids",
    "runs": "types errors io verdicts",
    "logger": "errors io",
    "policy": f"{VOCABULARY} io prompts datasets",
    "generation": f"{VOCABULARY} io policy extract",
    "serving": f"{JUDGING} judge sampled_tests moments",
    "training": f"{LEARNING} datasets policy generation serving moments",
    "methods": f"{LEARNING} datasets datasets.workshop policy generation training",
    "evaluation": f"{LEARNING} datasets policy generation",
    "results": f"{VOCABULARY} io extract runs evaluation ids",
    "score": f"{JUDGING} judge datasets runs evaluation",
    "generate": f"{VOCABULARY} io prompts datasets policy generation evaluation",
    "pipeline": f"{LEARNING} datasets policy generation training methods evaluation results",
    "config": f"{LEARNING} datasets training methods evaluation results pipeline",
    "slurm": f"{LEARNING} config training results",
    "dispatch": f"{VOCABULARY} config slurm",
    "doctor": f"{JUDGING}",
    "moments": "",
}
# What makes, annotates and checks data sets with the judges' help; the generators of the embedded ones need none.
_WORKSHOP = tuple(
    f"real.datasets.{name}"
    for name in ("annotate", "build", "card", "commands", "defects", "parameterise", "targets", "validation")
)
_GENERATORS = tuple(
    f"real.datasets.build.{name}"
    for name in ("mini", "functions", "safesql.manifest", "safesql.candidate", "safesql.evolver", "safesql.grammar")
)


def room_of(module: str) -> str:
    """``real.io.disk`` is of the room ``io``; what makes and checks data sets is a room beside what reads them."""
    if module.startswith(_WORKSHOP) and not module.startswith(_GENERATORS):
        return "datasets.workshop"
    return module.split(".")[1]


def is_settings_type(module: str) -> bool:
    parts = module.split(".")
    return len(parts) == 3 and parts[2] == "config"


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            # `from real.io import disk` may name a module or a thing in the package: the room is the same
            inside = node.module == "real" or node.module == "real.datasets"
            yield from (f"{node.module}.{alias.name}" for alias in node.names) if inside else [node.module]


def module_of(path: Path) -> str:
    parts = path.relative_to(REAL.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def arrows() -> dict[tuple[str, str], set[str]]:
    """(room, imported room) to the modules that import it; entry points are left out."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for path in sorted(REAL.rglob("*.py")):
        if path.name == "__main__.py":
            continue
        module = module_of(path)
        for name in imported(path):
            if not name.startswith("real.") or is_settings_type(name) or name == "real.__version__":
                continue
            pair = (room_of(module), room_of(name))
            if pair[0] != pair[1]:
                found[pair].add(module)
    return found


ARROWS = arrows()


def test_every_room_is_in_the_table() -> None:
    assert {room for pair in ARROWS for room in pair} <= set(MAY_IMPORT)


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_imports_only_what_the_table_allows(room: str) -> None:
    allowed = set(MAY_IMPORT[room].split())
    assert {to: names for (at, to), names in ARROWS.items() if at == room and to not in allowed} == {}


def test_the_table_has_no_circle() -> None:
    """Nor, then, has the house: rooms can be put in an order in which each imports earlier ones only."""
    left = {room: set(allowed.split()) - {room} for room, allowed in MAY_IMPORT.items()}
    while left:
        free = [room for room, needs in left.items() if not needs & set(left)]
        assert free, f"a circle among {sorted(left)}"
        for room in free:
            del left[room]


def test_settings_types_know_the_vocabulary_only() -> None:
    """That is why everybody may read them."""
    known = {"real.errors", "real.registry", "real.types", "real.protocols"}
    for path in sorted(REAL.glob("*/config.py")):
        own = f"real.{path.parent.name}."
        others = {name for name in imported(path) if name.startswith("real.") and not name.startswith(own)}
        assert others <= known, f"{path}: {others - known}"


# --- the rooms of the detector ----------------------------------------------------------------------------------------

# Each room may import those before it, and itself. `limits` is what everybody may read: bounds, and how to refuse;
# `vocabulary` is words.
DETECTOR_ROOMS = ("limits", "vocabulary", "ir", "models", "frontend", "analysis", "concepts", "rule", "rules")


def detector_arrows() -> dict[str, set[str]]:
    """Module of the detector to the modules of it that it imports, wherever in the file and for whatever reason."""
    paths = {module_of(path): path for path in sorted((REAL / "detector").rglob("*.py"))}
    found = {}
    for module, path in paths.items():
        wanted = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                inner = {f"{node.module}.{alias.name}" for alias in node.names} & paths.keys()
                wanted |= inner or {node.module}
            elif isinstance(node, ast.Import):
                wanted |= {alias.name for alias in node.names}
        found[module] = wanted & paths.keys() - {module}
    return found


def test_the_rooms_of_the_detector_import_downwards_only() -> None:
    for module, wanted in detector_arrows().items():
        room = module.split(".")[2] if module.count(".") > 1 else ""
        if room in DETECTOR_ROOMS:
            allowed = DETECTOR_ROOMS[: DETECTOR_ROOMS.index(room) + 1]
            wrong = {name for name in wanted if name.count(".") < 2 or name.split(".")[2] not in allowed}
            assert not wrong, f"{module} imports {sorted(wrong)}"


def test_the_modules_of_the_detector_import_in_no_circle() -> None:
    """Whether at run time, inside a function or under ``TYPE_CHECKING``: they can be read in one order."""
    left = detector_arrows()
    while left:
        free = [module for module, wanted in left.items() if not wanted & left.keys()]
        assert free, f"a circle among {sorted(left)}"
        for module in free:
            del left[module]
