"""What is done with a container, step by step: the items that it holds then, and what is read from it.

A step: what is done ("read", "write", "append", ...), the key, and the operand that is put in; -1 where there is none.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from real.detector.ir.instructions import Instr

Step: TypeAlias = tuple[str, Any, int]
READS = frozenset({"read", "each", "len", "rest", "cut", "key"})


class Replay:
    """Does the steps of the containers of one unit; ``uses`` and ``made`` grow by what it makes."""

    def __init__(self, defs: list[Instr | None], uses: dict[int, list[Instr]], made: list[Instr]) -> None:
        self._defs = defs
        self._uses = uses
        self._made = made

    def run(  # noqa: PLR0912
        self, steps: list[tuple[Instr, Step]], held: dict[Any, int], kind: str
    ) -> bool:
        """Do the steps; whether everything that was read is known."""
        is_changed = changes(steps)
        is_known = True
        has_others = False  # things that are not known have been put into a dict
        for use, (what, key, operand) in steps:
            if what == "merge":
                held.clear()
                has_others = True
            elif what == "default":
                if key not in held and has_others:
                    return False
                self.take(use, held.setdefault(key, operand))
            elif has_others and what in ("each", "len", "key"):
                is_known = False
            elif what == "each":
                is_known = is_known and len(held) == 1 and not is_changed
                if len(held) == 1 and not is_changed:
                    self.take(use, next(iter(held.values())))
            elif what == "len":
                use.op, use.args, use.extra = "const", [], len(held)
            elif what == "key":
                keys = list(held)
                is_known = is_known and -len(keys) <= key < len(keys)
                if -len(keys) <= key < len(keys):
                    use.op, use.args, use.extra = "const", [], keys[key]
            elif what == "read":
                found = held.get(key + len(held) if kind != "dict" and isinstance(key, int) and key < 0 else key)
                is_known = is_known and found is not None
                if found is not None:
                    self.take(use, found)
            elif what in ("rest", "cut"):
                places = range(len(held))
                taken = places[key] if isinstance(key, slice) else range(key[0], len(held) - key[1])
                items = [held.get(index, -1) for index in taken]
                is_known = is_known and -1 not in items
                if is_known:
                    self._become_list(use, items)
            elif what == "write":
                held[key] = operand
            elif kind == "dict":
                if what == "clear":
                    held.clear()
                elif key not in held:
                    return False
                elif what == "pop":
                    self.take(use, held.pop(key))
                else:
                    del held[key]
            elif not self._move(use, (what, key, operand), held):
                return False
        return is_known

    def _move(self, use: Instr, step: Step, held: dict[Any, int]) -> bool:
        """Do one step that moves the items of a list; whether it is known what it does."""
        what, key, operand = step
        if sorted(held) != list(range(len(held))):
            return False
        items = [held[index] for index in range(len(held))]
        if what == "append":
            items.append(operand)
        elif what == "insert":
            items.insert(key, operand)
        elif what == "clear":
            items.clear()
        elif what == "reverse":
            items.reverse()
        elif what == "extend":
            items += self.literal(operand) or ()
        elif not -len(items) <= key < len(items):
            return False
        elif what == "pop":
            self.take(use, items.pop(key))
        else:
            del items[key]
        held.clear()
        held.update(enumerate(items))
        return True

    def _become_list(self, use: Instr, items: list[int]) -> None:
        """What takes several parts of the container makes a new one of them, to be taken apart in its turn."""
        use.op, use.args, use.extra = "build", items, ("list", None)
        for item in set(items):
            self._uses.setdefault(item, []).append(use)
        self._made.append(use)

    def take(self, use: Instr, value: int) -> None:
        """What reads a part of the container is a copy of it, and so a use of that part."""
        become_copy(use, value)
        self._uses.setdefault(value, []).append(use)

    def forget(self, made: Instr, steps: list[tuple[Instr, tuple[str, Any, int]]]) -> None:
        """Nobody reads the container any more: what was put into it is not used by that."""
        if made.op == "build":
            made.args = []
        for use, (what, _, _) in steps:
            if what not in READS and what not in ("pop", "default"):
                use.op, use.args, use.extra = "const", [], None

    def literal(self, operand: int) -> list[int] | None:
        """The elements of a list or tuple that nothing else uses."""
        instr = self._defs[operand]
        if instr is None or instr.op != "build" or instr.extra not in (("list", None), ("tuple", None)):
            return None
        return instr.args if len(self._uses.get(operand, ())) == 1 else None


def changes(steps: list[tuple[Instr, Step]]) -> bool:
    return any(step[0] not in READS for _, step in steps)


def gains(steps: list[tuple[Instr, Step]]) -> bool:
    """Whether something was taken out, replaced or put at a place that the heap would not know."""
    written: set[Any] = set()
    for _, (what, key, _) in steps:
        if what not in READS and what != "merge" and (what != "write" or key in written):
            return True
        written.add(key)
    return False


def become_copy(instr: Instr, value: int) -> None:
    instr.op, instr.args, instr.extra = "copy", [value], None
