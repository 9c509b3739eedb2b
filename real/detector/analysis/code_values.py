"""What a value is to code that is replaced: code, data, a namespace, memory, a text that is run."""

from __future__ import annotations

import pickletools

from real.detector.analysis.heap import CONTAINERS
from real.detector.analysis.values import BOTTOM, NUM, STR, Obj, Value
from real.detector.analysis.witness import every
from real.detector.frontend.normalise.literal_code import only_calls

OWN_MODULE = "?"  # the module that a name stands for which is not known: it may be the program's own
OWN = frozenset({OWN_MODULE, "__main__"})
_FUNCTIONS = frozenset({"function", "bound", "class", "partial", "method", "dynattr", "methodcaller", "attrgetter"})
_CODE = _FUNCTIONS | {"static", "classmethod", "property", "super"}
_NAMING = frozenset({"GLOBAL", "STACK_GLOBAL", "INST", "EXT1", "EXT2", "EXT4"})  # opcodes of a pickle


def is_mock(path: str) -> bool:
    """Whether this is something of ``unittest.mock`` that stands for another object: anything but what patches."""
    root = "unittest.mock." if path.startswith("unittest.mock.") else "mock."
    is_patched = path.startswith((f"{root}patch()", f"{root}patch.object()"))
    return is_patched or (path.startswith(root) and "patch" not in path)


def of_namespace(obj: Obj) -> str | None:
    """The module or class of a library whose ``__dict__`` this is."""
    return obj.name.removesuffix(".__dict__") if obj.kind == "api" and obj.name.endswith(".__dict__") else None


def is_own_namespace(obj: Obj) -> bool:
    """Whether this may be the program's own module, or what its names stand for."""
    return obj.kind == "namespace" or (obj.kind == "api" and (obj.name in OWN or of_namespace(obj) in OWN))


def may_be_code(value: Value) -> bool:
    """Whether a value may be something that can be called."""
    return any(
        obj.kind in _CODE or obj.kind == "instance" or (obj.kind == "api" and not obj.name.endswith("()"))
        for obj in value.objs
    )


def gives_defaults(obj: Obj, name: str | None, value: Value) -> bool:
    """``Node.__new__.__defaults__ = (None, None)`` of a named tuple, whose code is a library's."""
    is_made = obj.kind == "api" and "()" in obj.name
    return is_made and name in ("__defaults__", "__kwdefaults__") and is_data(value) and not value.mask


def is_data(value: Value) -> bool:
    """Whether a value is certainly no code: a constant, a number, a text, or a container of such."""
    if value.objs:
        return every(obj.kind in CONTAINERS or (obj.kind == "api" and obj.name.endswith("()")) for obj in value.objs)
    return value.consts is not None or value.kind in (NUM, STR) or bool(value.mask)


def is_inherited(cls: Obj, name: str) -> bool:
    """Whether what a class inherits from may have something of this name."""
    held = cls.fields.get("__bases__", BOTTOM).objs
    foreign = any(base.kind != "class" and base.name != "builtins.object" for base in held)
    return foreign or any(name in base.fields or is_inherited(base, name) for base in held if base is not cls)


def is_own_memory(value: Value) -> bool:
    """Whether an address is that of a buffer which the program has made: ``ctypes.addressof(buffer)``."""
    made = bool(value.objs) and every(
        (obj.kind == "api" and obj.name.startswith("ctypes."))
        or (obj.kind == "instance" and not {"_as_parameter_", "from_param"} & obj.fields.keys())
        for obj in value.objs
    )
    return made or bool(value.consts and every(isinstance(const, (str, bytes)) for const in value.consts))


def names_code(pickled: object) -> bool:
    """Whether a constant pickle names something that is imported, and perhaps called, when it is read."""
    try:
        for opcode, _, _ in pickletools.genops(pickled) if isinstance(pickled, bytes) else ():
            if opcode.name in _NAMING:
                return True
    except (ValueError, EOFError, UnicodeDecodeError):  # reading it raises here
        return False
    return False


def is_python(value: Value) -> bool:
    """Whether a value names the interpreter."""
    names = {obj.name for obj in value.objs} | {str(const).rpartition("/")[2] for const in value.consts or ()}
    return any(name == "sys.executable" or name.startswith("python") for name in names)


def is_seen(value: Value) -> bool:
    """Whether what is run is a function, or a constant text that only calls."""
    if value.objs:
        return every(obj.kind in _FUNCTIONS or (obj.kind == "api" and "()" not in obj.name) for obj in value.objs)
    return bool(value.consts) and every(only_calls(text) for text in value.consts or ())
