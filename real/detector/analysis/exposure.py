"""Who can call a function of the program: the one policy that says what its parameters are, for all rules.

A function is *open* if somebody besides the program can call it. Parameters of an open function are untrusted, whatever
the program's own calls pass: a call of the program is an example of its use and proves nothing. That holds for calls at
top level, in ``main()``, under ``if __name__ == "__main__"``, in tests, assertions and doctests, in other functions and
methods, in the function itself, for entries of a registry and for default values. A call that passes outside data adds
a trace and nothing else. A function that is not open takes what its callers pass, and nothing else.

Open are

1. functions that nothing but themselves calls: whoever does is elsewhere;
2. public functions of the module, public methods of public classes, and what public names of the module stand for
   (``find = _find``, ``find = lambda name: ...``); special methods are public. Public is what does not begin with an
   underscore, as PEP 8 has it; ``__all__`` says nothing, for ``from m import f`` does not ask it;
3. private ones whose name the program does more with than call it (``escapes``): second names, containers, wrappers,
   base classes, texts with the name;
4. functions that are given away: to a decorator, a server or any function of a library that may keep them, or to
   whoever calls an open function that returns them.

One exception to the second and third: a *script*, unless the caller says that others call the functions, as tests do. A
file that reads standard input while it is imported, outside of an ``if __name__ == "__main__"``, cannot be imported by
another, nor called by a test; so nobody but its own flow calls its functions. There, a public function takes what its
callers pass, provided that what is typed in really gets to it: some argument of some call is made from standard input,
whatever has been done to it on the way (``x = int(input())``). Where only constants get to it, the reading has nothing
to do with it, and the calls are examples again.

The other exception is an *application*, under the same condition: a file with handlers that a framework calls for
requests. Its outside is the client. A public function that such a handler hands what the client sent, whatever has been
done to it, is a step of the application and takes what its callers pass; one that only constants get to, or that
nothing calls, is open as ever.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from real.detector.analysis.declared_types import answers_requests
from real.detector.analysis.guards import Guards
from real.detector.analysis.heap import CONTAINERS, Heap
from real.detector.analysis.records import Records
from real.detector.analysis.state import State
from real.detector.analysis.values import BOTTOM, Obj, Value, ordered
from real.detector.analysis.visibility import is_public, is_public_name
from real.detector.analysis.witness import every
from real.detector.frontend.escapes import Escapes
from real.detector.ir.instructions import Block, Instr, Unit
from real.detector.models import library

_MAX_NESTED = 4  # containers in containers in which functions are looked for
_HOLDERS = CONTAINERS | {"partial", "bound", "static", "classmethod", "property", "api"}


# They make a constructor of annotated fields: dataclasses, attrs, named tuples.
_MAKERS = frozenset({"dataclass", "define", "frozen", "attrs", "NamedTuple"})


# Methods of descriptors: Python calls them where an attribute is read or stored, and hands them the object that has it.
_DESCRIBING = frozenset({"__get__", "__set__", "__set_name__"})


def is_describing(unit: Unit) -> bool:
    """Whether a method is one of a descriptor: where the program has one, only Python calls it, and for the program."""
    return unit.is_method and unit.name in _DESCRIBING


def _last_name(node: ast.expr) -> str:
    node = node.func if isinstance(node, ast.Call) else node
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


class Exposure:
    """The policy for one program. Ask when the flow from the module's top level has reached its fixed point."""

    def __init__(
        self, heap: Heap, state: State, records: Records, guards: Guards, escapes: Escapes, *, is_imported: bool
    ) -> None:
        self._heap = heap
        self._state = state
        self._records = records
        self._guards = guards
        self._giving = {unit: _giving(unit, unit is state.program.units[0]) for unit in state.program.units}
        self._looked_at: dict[Obj, int] = {}  # what has been looked into for functions, and how deep it lay
        self._escapes = escapes
        self._module = self._state.program.units[0]
        can_be_script = bool(self._records.typed_at) and not is_imported
        self.is_script = can_be_script and any(self._reads_input(unit) for unit in self._run_on_import())
        self.is_imported = is_imported
        self.handlers = {u: None for u in state.program.units if answers_requests(u) and not is_imported}

    def is_open_by_name(self, unit: Unit) -> bool:
        """Whether a function is public or its name is given away, and is no step of a script or an application."""
        if is_describing(unit):
            return False
        can_be_reached = is_public(unit) or self._is_given_away_by_name(unit)
        return can_be_reached and not self._is_step(unit)

    def _is_step(self, unit: Unit) -> bool:
        if self.is_script:
            return self._is_step_of_script(unit)
        return bool(self.handlers) and unit not in self.handlers and self._is_step_of_application(unit)

    def _is_given_away_by_name(self, unit: Unit) -> bool:
        """Whether the program does more with a private function, or with the private class it is in, than call it."""
        has, inner, outer = self._escapes.has, unit, unit.parent
        while outer is not None and outer.kind == "class":
            if not (is_public_name(inner.name) or has(inner.name)):
                return False
            inner, outer = outer, outer.parent
        return (is_public_name(inner.name) or has(inner.name)) and outer is not None and outer.kind == "module"

    def has_open_fields(self, unit: Unit) -> bool:
        """Whether a class is a public one whose fields are the parameters of its constructor, as of a dataclass."""
        if unit.kind != "class" or self.is_script or not is_public(unit) or not isinstance(unit.node, ast.ClassDef):
            return False
        return any(_last_name(part) in _MAKERS for part in (*unit.node.decorator_list, *unit.node.bases))

    def given_away(self) -> Iterator[Unit]:
        """The functions that somebody else can call for having been given to them, as far as is known by now."""
        self._looked_at = {}
        for unit in self._state.program.units:
            state = self._state.states[unit]
            if not state.reached:
                continue
            if unit in self._state.opened:
                yield from self._functions(state.result)
            for instr in self._giving[unit]:
                if instr.op == "decorate":
                    yield from self._decorated(state.env, instr)
                elif not self.is_script:
                    found = self._functions(state.env[instr.args[0]])
                    yield from (function for function in found if not self._is_step(function))
        for obj in tuple(self._state.kept):
            yield from self._functions_of(obj)

    # --- scripts -----------------------------------------------------------------------------------------------------

    def _run_on_import(self) -> dict[Unit, None]:
        """The module and the functions that run when it is imported."""
        found = {self._module: None}
        work = [self._module]
        while work:
            unit = work.pop()
            for instr in self._instructions(unit):
                for target, _ in self._state.callees.get(instr, ()):
                    if target not in found:
                        found[target] = None
                        work.append(target)
        return found

    def _instructions(self, unit: Unit) -> Iterator[Instr]:
        """Those of a unit; of the module, those that run when another program imports it."""
        guarded = guarded_blocks(unit, self._guards) if unit is self._module else frozenset()
        return (instr for block in unit.blocks if block not in guarded for instr in block.instrs)

    def _reads_input(self, unit: Unit) -> bool:
        return any(instr in self._records.typed_at for instr in self._instructions(unit))

    def _is_typed(self, value: Value) -> bool:
        """Whether a value is made from standard input or from a request."""
        return bool(self._heap.deep(value)[0] & self._heap.rules.typed)

    def _is_step_of_script(self, unit: Unit) -> bool:
        state = self._state.states[unit]
        if state.reached or not unit.inlined:
            return self._takes_input(unit)
        # Only copies of it run, in the functions that called it.
        callers = self._state.program.copied_into(unit)
        return every(self._takes_input(caller) or self._reads_input(caller) for caller in callers)

    def _is_step_of_application(self, unit: Unit) -> bool:
        state = self._state.states[unit]
        if state.reached or not unit.inlined:
            return self._takes_input(unit)
        # Only copies of it run: in handlers and steps, where what clients send has to get to each.
        return every(
            self._gets_input(caller, unit) and (caller in self.handlers or self._is_step_of_application(caller))
            for caller in self._runs_in(unit)
        )

    def _runs_in(self, unit: Unit) -> Iterator[Unit]:
        """The functions that run with the code of ``unit`` in place of its calls, or of calls of what has it."""
        for caller in self._state.program.copied_into(unit):
            if self._state.states[caller].reached or not caller.inlined:
                yield caller
            elif caller is not unit:
                yield from self._runs_in(caller)

    def _gets_input(self, caller: Unit, unit: Unit) -> bool:
        """Whether something that clients send is worked on by the copy of ``unit`` in a function that runs."""
        lines = range(unit.line, getattr(unit.node, "end_lineno", unit.line) + 1)
        values = zip(caller.defs, self._state.states[caller].env, strict=False)
        return any(instr is not None and instr.line in lines and self._is_typed(value) for instr, value in values)

    def _takes_input(self, unit: Unit) -> bool:
        params = self._state.states[unit].params
        return any(self._is_typed(params.get(name, BOTTOM)) for name in unit.params.names)

    # --- functions that are given away -------------------------------------------------------------------------------

    def _decorated(self, env: list[Value], instr: Instr) -> Iterator[Unit]:
        decorator, value = (env[arg] for arg in instr.args)
        names = {obj.name for obj in decorator.objs if obj.kind == "api"}
        if decorator.mask or not decorator.objs or any(not library.keeps_to_itself(name) for name in names):
            yield from self._functions(value)

    def _functions(self, value: Value, depth: int = 0) -> Iterator[Unit]:
        for obj in ordered(value.objs):
            yield from self._functions_of(obj, depth)

    def _functions_of(self, obj: Obj, depth: int = 0) -> Iterator[Unit]:
        """The functions that an object is or holds; each object once, be it held by many that hold one another."""
        if self._looked_at.get(obj, depth + 1) <= depth:
            return
        self._looked_at[obj] = depth
        self._heap.spend(1)
        if obj.kind == "function":
            if obj.unit is not None:
                yield obj.unit
        elif obj.kind in ("class", "instance") and obj.unit is not None:
            methods = (unit for unit in self._state.program.units if unit.parent is obj.unit)
            yield from (unit for unit in methods if unit.kind == "function" and is_public_name(unit.name))
        elif obj.kind in _HOLDERS and depth < _MAX_NESTED:
            for held in (*obj.fields.values(), obj.elements):
                if held.objs:
                    yield from self._functions(held, depth + 1)


def _giving(unit: Unit, is_module: bool) -> list[Instr]:
    """The instructions of a unit that may give functions away: decorators, and public names of the module."""
    return [
        instr
        for block in unit.blocks
        for instr in block.instrs
        if instr.op == "decorate" or (is_module and _is_published(instr))
    ]


def _is_published(instr: Instr) -> bool:
    if instr.op not in ("assign", "setcell"):
        return False
    name = instr.extra[1] if instr.op == "setcell" else instr.extra
    return name is not None and is_public_name(str(name))


def guarded_blocks(module: Unit, guards: Guards) -> frozenset[Block]:
    """The blocks of a module that run only if it is the main program."""
    entries = set()
    for block in module.blocks:
        last = block.instrs[-1] if block.instrs else None
        if last is not None and last.op == "branch":
            test = module.defs[last.args[0]]
            if test is not None and test.op == "compare" and _asks_for_main(module, test, guards):
                entries.add(last.extra[0] if test.extra == ("Eq",) else last.extra[1])
    entries = {block for block in entries if len(block.preds) == 1}
    free = {module.blocks[0]} if module.blocks else set()
    work = list(free)
    while work:
        for successor in work.pop().succs:
            if successor not in free and successor not in entries:
                free.add(successor)
                work.append(successor)
    return frozenset(module.blocks) - free


def _asks_for_main(module: Unit, test: Instr, guards: Guards) -> bool:
    if test.extra not in (("Eq",), ("NotEq",)):
        return False
    # Behind one such test, the name is what its two outcomes have made of it.
    parts = [module.defs[guards.root(module, arg)] for arg in test.args]
    names = {part.extra[1] for part in parts if part is not None and part.op in ("builtin", "cell")}
    texts = {part.extra for part in parts if part is not None and part.op == "const"}
    return names == {"__name__"} and texts == {"__main__"}
