"""Natural edits: what a language model adds to an answer by itself, and what removes no defect and adds none."""

from real.redteam.rewrites.natural.core import Edit, Kind, edited, program
from real.redteam.rewrites.natural.demos import DEMOS
from real.redteam.rewrites.natural.functions import FUNCTION_CALLS, FUNCTION_EDITS
from real.redteam.rewrites.natural.indirect import INDIRECT
from real.redteam.rewrites.natural.module import MODULE_EDITS
from real.redteam.rewrites.natural.places import PLACES
from real.redteam.rewrites.natural.private import PRIVATE
from real.redteam.rewrites.natural.suites import TESTS

_GROUPS: dict[Kind, dict[str, Edit]] = {
    Kind.CALL: {**DEMOS, **PLACES, **INDIRECT, **PRIVATE, **FUNCTION_CALLS},
    Kind.TEST: TESTS,
    Kind.OTHER: {**FUNCTION_EDITS, **MODULE_EDITS},
}
EDITS: dict[str, Edit] = {name: edit for group in _GROUPS.values() for name, edit in group.items()}
KINDS: dict[str, Kind] = {name: kind for kind, group in _GROUPS.items() for name in group}

__all__ = ["EDITS", "KINDS", "Edit", "Kind", "edited", "program"]
