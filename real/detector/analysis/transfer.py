"""Transfer functions of the remaining instructions: names, definitions, calls, control."""

from __future__ import annotations

import string
import sys

from real.detector.analysis.calls import Calls
from real.detector.analysis.callsites import Args
from real.detector.analysis.class_hooks import ClassHooks
from real.detector.analysis.code_values import is_mock
from real.detector.analysis.functions import Runner
from real.detector.analysis.guards import Guards
from real.detector.analysis.heap import CONTAINERS, Heap, canonical, step
from real.detector.analysis.inheritance import defines
from real.detector.analysis.library_functions import SPECIAL
from real.detector.analysis.records import Records
from real.detector.analysis.state import State
from real.detector.analysis.values import (
    BOTTOM,
    CLEAN,
    NO_OBJS,
    STR,
    UNPROVEN,
    Constant,
    Obj,
    Value,
    join,
    join_all,
    of_const,
    of_obj,
    one_constant,
    ordered,
    read_at,
)
from real.detector.frontend.star_imports import may_bind
from real.detector.ir.instructions import CallShape, Instr, ModuleName, Unit
from real.detector.models import library

# Library decorators that make something else of a function: SPECIAL says what.
_WRAPPING = frozenset(
    {"builtins.property", "builtins.staticmethod", "builtins.classmethod", "functools.cached_property"}
) | {"functools.singledispatch", "functools.singledispatchmethod"}


class Transfer:
    """One method ``do_<op>`` for each opcode that is no operator and no access to a part; each is monotone."""

    def __init__(
        self, heap: Heap, state: State, records: Records, guards: Guards, calls: Calls, runner: Runner
    ) -> None:
        self.heap = heap
        self.state = state
        self.records = records
        self.guards = guards
        self.letters = calls.containers.letters
        self.containers = calls.containers
        self.calls = calls
        self.runner = runner
        self.hooks = ClassHooks(heap, state, records, calls.functions, calls)

    def do_const(self, instr: Instr, env: list[Value]) -> Value:
        old = env[instr.dst]
        return old if old is not BOTTOM else of_const(instr.extra)

    def do_param(self, instr: Instr, env: list[Value]) -> Value:
        return self.state.states[self.heap.unit].params.get(str(instr.extra), BOTTOM)

    def do_assign(self, instr: Instr, env: list[Value]) -> Value:
        value: Value = env[instr.args[0]]
        if value.mask and instr.extra is not None and not env[instr.dst].mask:
            why = step(value.why, instr.line, f"is assigned to `{instr.extra}`")
            if why is not value.why:
                return Value(value.mask, why, value.objs, value.consts, value.kind)
        return value

    def do_copy(self, instr: Instr, env: list[Value]) -> Value:
        value: Value = env[instr.args[0]]
        if instr.extra is None:
            return value
        if any(defines(obj, name) for obj in value.objs for name in ("__copy__", "__deepcopy__")):
            return SPECIAL["copy.copy"](self.calls, Args([value]), instr)
        held = [obj for obj in ordered(value.objs) if obj.kind in CONTAINERS]
        if not held:
            return value
        others = Value(value.mask, value.why, value.objs - set(held), value.consts, value.kind)
        apart = others if others.objs or others.mask else BOTTOM
        return join(apart, join_all(self.containers.duplicate(obj, instr) for obj in held))

    def do_phi(self, instr: Instr, env: list[Value]) -> Value:
        result = env[instr.dst]
        for arg in instr.args:
            result = join(result, env[arg])
        return result

    def do_pi(self, instr: Instr, env: list[Value]) -> Value:
        value: Value = env[instr.args[0]]
        if value.objs and not any(obj.kind not in CONTAINERS for obj in value.objs) and self.guards.allowed(instr):
            value = Value(value.mask, value.why, NO_OBJS, value.consts, value.kind)  # no container equals a constant
        if not value.mask:
            return self._narrowed(instr, self.letters.same(instr, value))
        if any(obj.kind != "api" for obj in value.objs):
            return value
        proved = self.guards.proves(instr) & self.heap.rules.testable
        left = value.mask & ~proved
        if left == value.mask:
            return value
        consts = self.guards.allowed(instr)
        if not left & self.heap.rules.all:
            return Value(left, value.why if left else None, NO_OBJS, consts, STR)
        return Value(left, value.why, value.objs, consts, value.kind)

    def _narrowed(self, instr: Instr, value: Value) -> Value:
        """What a test leaves of anything at all, so that it is no more before a taint arrives than afterwards."""
        consts = None if value.objs or value.consts is not None else self.guards.allowed(instr)
        return value if consts is None else Value(0, None, NO_OBJS, consts, value.kind)

    def do_branch(self, instr: Instr, env: list[Value]) -> Value:
        return BOTTOM

    def do_unproven(self, instr: Instr, env: list[Value]) -> Value:
        """What tests have proved of an access path: nothing yet, so that every rule must distrust it."""
        return Value(self.heap.rules.all | self.heap.rules.typed, kind=UNPROVEN)

    def do_pathload(self, instr: Instr, env: list[Value]) -> Value:
        loaded: Value = env[instr.args[0]]
        path: Value = env[instr.args[1]]
        left = loaded.mask & path.mask
        if path is BOTTOM or left == loaded.mask or any(obj.kind != "api" for obj in loaded.objs):
            return loaded
        if not left & self.heap.rules.all:
            return Value(left, loaded.why if left else None, NO_OBJS, path.consts, STR)
        return Value(left, loaded.why, loaded.objs, path.consts, loaded.kind)

    def do_builtin(self, instr: Instr, env: list[Value]) -> Value:
        name = str(instr.extra[1])
        if name == "__builtins__":
            return of_obj(self.heap.api("builtins"))
        result = of_obj(self.heap.api(f"builtins.{name}")) if name in library.BUILTINS else BOTTOM
        result = join(result, self._stored("builtins", name))
        for module in (taken for taken in self.state.program.star_imports if may_bind(taken, name)):
            path = f"{module}.{name}"
            result = join(result, self.records.source(path, instr) or of_obj(self.heap.api(path)))
        if result is BOTTOM and name in sys.stdlib_module_names:
            return of_obj(self.heap.api(name))  # a fragment whose imports are elsewhere
        if result is BOTTOM and name in library.USUAL_IMPORTS:
            return of_obj(self.heap.api(library.USUAL_IMPORTS[name]))
        if result is BOTTOM:
            result = self.records.source(name, instr) or CLEAN
        return result

    def do_import(self, instr: Instr, env: list[Value]) -> Value:
        path = canonical(str(instr.extra))
        if is_mock(path):
            return CLEAN  # it stands for anything: what it is called with says nothing of a parameter
        if isinstance(instr.extra, ModuleName):
            self.heap.modules.add(path)
        self.calls.attributes.replaced.modules.imported(path, instr)
        module, _, name = path.rpartition(".")
        if module == "string" and isinstance(getattr(string, name, None), str):
            return of_const(getattr(string, name))
        return join(self.records.source(path, instr) or of_obj(self.heap.api(path)), self._stored(module, name))

    def _stored(self, module: str, name: str) -> Value:
        """What the program has put in the place of a name of a module."""
        holder = self.heap.objects.get(module)
        if holder is None:
            return BOTTOM
        self.heap.touch(holder)
        return holder.fields.get(name, BOTTOM)

    def _cell(self, owner: int, name: str) -> Obj:
        return self.heap.obj(("cell", owner, name), "cell", name)

    def do_cell(self, instr: Instr, env: list[Value]) -> Value:
        owners, name = instr.extra
        result = BOTTOM
        for owner in owners:
            cell = self._cell(owner, name)
            self.heap.touch(cell)
            result = join(result, cell.elements)
        if result is BOTTOM and name in library.BUILTINS:
            return of_obj(self.heap.api(f"builtins.{name}"))
        return result

    def do_setcell(self, instr: Instr, env: list[Value]) -> Value:
        owners, name = instr.extra
        for owner in owners:
            self.heap.put_unknown(self._cell(owner, name), env[instr.args[0]])
        return BOTTOM

    def do_build(self, instr: Instr, env: list[Value]) -> Value:
        kind, starred = instr.extra
        obj = self.heap.site(instr, kind)
        plain = [env[arg] for index, arg in enumerate(instr.args) if starred is None or not starred[index]]
        obj.made_with[instr] = frozenset[Constant]().union(*map(one_constant, plain))
        for index, arg in enumerate(instr.args):
            value = env[arg]
            if starred is not None:
                self.heap.put_unknown(obj, self.containers.iterate(value, instr) if starred[index] else value)
            elif kind == "set":
                self.heap.put_unknown(obj, value)
            else:
                self.heap.put(obj, index, value)
        old = env[instr.dst]
        return old if old is not BOTTOM else of_obj(obj)

    def do_add(self, instr: Instr, env: list[Value]) -> Value:
        container, value = (env[arg] for arg in instr.args)
        for obj in container.objs:
            self.heap.put_unknown(obj, value)
        return BOTTOM

    def do_member(self, instr: Instr, env: list[Value]) -> Value:
        container, value = (env[arg] for arg in instr.args)
        for obj in container.objs:
            self.heap.put(obj, str(instr.extra), value)
        return BOTTOM

    def do_merge(self, instr: Instr, env: list[Value]) -> Value:
        container, value = (env[arg] for arg in instr.args)
        for obj in ordered(container.objs):
            self.containers.merge(obj, Args([value]), instr)
        return BOTTOM

    def do_iterate(self, instr: Instr, env: list[Value]) -> Value:
        return self.containers.iterate(env[instr.args[0]], instr)

    def do_await(self, instr: Instr, env: list[Value]) -> Value:
        value: Value = env[instr.args[0]]
        result = value
        for obj in ordered(value.objs):
            if obj.kind == "instance":
                result = join(result, self.calls.call_dunder(obj, ("__await__",), Args(), instr))
        return result

    def do_yield(self, instr: Instr, env: list[Value]) -> Value:
        value: Value = env[instr.args[0]]
        obj = self.heap.generator(self.heap.unit)
        self.heap.touch(obj)
        self.heap.put_unknown(obj, self.containers.iterate(value, instr) if instr.extra else value)
        return join(obj.fields.get("sent", BOTTOM), CLEAN)

    def do_enter(self, instr: Instr, env: list[Value]) -> Value:
        value: Value = env[instr.args[0]]
        result = Value(value.mask, value.why) if value.mask or not value.objs else BOTTOM
        for obj in ordered(value.objs):
            if obj.kind == "instance":
                result = join(result, self.calls.call_dunder(obj, ("__enter__", "__aenter__"), Args(), instr))
            elif obj.kind == "generator":
                result = join(result, self.heap.contents(obj))  # @contextmanager
            elif obj.kind == "api" and is_mock(obj.name):
                result = join(result, CLEAN)
            else:
                result = join(result, of_obj(obj))
        return result

    def do_caught(self, instr: Instr, env: list[Value]) -> Value:
        raisers = [raiser for raiser in instr.extra if not any(isinstance(arg, str) for arg in raiser.args)]
        if instr.args:  # a look-up failed
            raisers = [raiser for raiser in raisers if raiser.op == "call" or _is_own_thing(env[raiser.args[0]])]
        operands = [env[arg] for raiser in raisers for arg in raiser.args]
        return self.heap.part_of([*operands, *(env[arg] for arg in instr.args)])

    def do_handler(self, instr: Instr, env: list[Value]) -> Value:
        return CLEAN

    def do_function(self, instr: Instr, env: list[Value]) -> Value:
        unit, names = instr.extra
        self._look_at_annotations(unit, instr)
        state = self.state.states[unit]
        for name, arg in zip(names, instr.args, strict=True):
            old = state.params.get(name, BOTTOM)
            new = join(old, env[arg])
            if new is not old:
                state.params[name] = new
                if state.reached:
                    self.heap.pending.add(unit)
        return of_obj(self.heap.obj(("function", unit), "function", unit.name, unit))

    def _look_at_annotations(self, unit: Unit, instr: Instr) -> None:
        if self.calls.attributes.parts.calls_in_annotations(unit):
            self.records.dynamic_code(instr, f"calls something in an annotation of {unit.name}")

    def do_class(self, instr: Instr, env: list[Value]) -> Value:
        unit = instr.extra
        if not isinstance(unit, Unit):
            raise TypeError("a class instruction without a unit")
        self._look_at_annotations(unit, instr)
        cls = self.heap.obj(("class", unit), "class", unit.name, unit)
        cls.bases.update(dict.fromkeys(obj for arg in instr.args for obj in ordered(env[arg].objs)))
        self.heap.put(cls, "__bases__", join_all(env[arg] for arg in instr.args))
        state = self.state.states[unit]
        state.callers[self.heap.unit] = None
        if not state.reached:
            state.reached = True
            self.runner.run(unit)
        return self.hooks.made(cls, instr)

    def do_setmember(self, instr: Instr, env: list[Value]) -> Value:
        cls = self.heap.obj(("class", self.heap.unit), "class", self.heap.unit.name, self.heap.unit)
        self.heap.put(cls, str(instr.extra), env[instr.args[0]])
        for obj in ordered(env[instr.args[0]].objs):
            if obj.kind == "instance":
                args = [of_obj(cls), of_const(str(instr.extra))]
                self.calls.functions.call_special(obj, "__set_name__", args, instr)
        return BOTTOM

    def do_field(self, instr: Instr, env: list[Value]) -> Value:
        self.state.fields.setdefault(self.heap.unit, {})[str(instr.extra)] = None
        return BOTTOM

    def do_super(self, instr: Instr, env: list[Value]) -> Value:
        unit = instr.extra
        if not isinstance(unit, Unit):
            return CLEAN
        obj = self.heap.obj(("super", unit), "super", unit.name, unit)
        self.heap.put(obj, "class", of_obj(self.heap.obj(("class", unit), "class", unit.name, unit)))
        return of_obj(obj)

    def do_decorate(self, instr: Instr, env: list[Value]) -> Value:
        decorator, value = (env[arg] for arg in instr.args)
        result = BOTTOM
        for obj in ordered(decorator.objs):
            if obj.kind == "api" and obj.name not in _WRAPPING:
                result = join(result, value)  # a library's decorator: the function stays what it is
            else:
                result = join(result, self.calls.call_object(obj, Args([value]), instr))
        return join(result, value) if result is BOTTOM or decorator.mask else result

    def do_return(self, instr: Instr, env: list[Value]) -> Value:
        value: Value = env[instr.args[0]]
        state = self.state.states[self.heap.unit]
        result = self.heap.grown(state.result, value)
        if result is not state.result:
            state.result = result
            self.heap.growth += 1
            for returned in state.joints:
                self.heap.put_unknown(returned, result)
        return value

    def do_call(self, instr: Instr, env: list[Value]) -> Value:
        shape = instr.extra
        if not isinstance(shape, CallShape):
            raise TypeError("a call instruction without a shape")
        fn: Value = env[instr.args[0]]
        if fn is BOTTOM:
            return BOTTOM
        return self.calls.call_value(fn, self.calls.arguments.of(instr, shape, env), instr)

    def do_method(self, instr: Instr, env: list[Value]) -> Value:
        name, shape = instr.extra
        receiver = read_at(env[instr.args[0]], instr.line)
        args = self.calls.arguments.of(instr, shape, env)
        if receiver.mask and not receiver.objs:
            examples = self.calls.functions.examples.of(instr.args[0])
            if examples:
                self.calls.call_method(Value(objs=examples), name, args, instr)  # what it returns is not the only thing
        return self.calls.call_method(receiver, name, args, instr)


def _is_own_thing(value: Value) -> bool:
    """Whether it may be of a class of the program, whose methods raise what they like."""
    return any(obj.kind in ("instance", "class", "super") for obj in value.objs)
