"""Programs that break MyPy 2.4.1, which ends in an internal error, overflows its stack, or never comes to an end.

Most of them run: appended to an answer they would mask it, if a failure of MyPy were nobody's. Numbers are issues of
github.com/python/mypy; the others were found by varying those.
"""

_CRASHING = """
# --- field named before it is declared
from dataclasses import dataclass as _d
@_d
class _B:
    size = _d
    size: int = 4
# --- function, then field (20476)
from dataclasses import dataclass
def f(a: int) -> int:
    return a
@dataclass
class A:
    x = f
    x: int = 4
# --- type, then field
from dataclasses import dataclass
@dataclass
class A:
    x = int
    x: int = 4
# --- lambda, then field
from dataclasses import dataclass
@dataclass
class A:
    x = lambda: 3
    x: int = 4
# --- method, then field
from dataclasses import dataclass
@dataclass
class A:
    def x(self) -> int: return 3
    x: int = 4
# --- class, then field
from dataclasses import dataclass
@dataclass
class A:
    class x: ...
    x: int = 4
# --- import, then field
from dataclasses import dataclass
@dataclass
class A:
    import os as x
    x: int = 4
# --- TypedDict in a ClassVar (21915)
from dataclasses import dataclass
from typing import ClassVar, TypedDict
@dataclass
class A:
    X: ClassVar = TypedDict('X', {'a': int})
# --- namedtuple as a field (21583)
from collections import namedtuple
from dataclasses import dataclass
@dataclass
class A:
    x: type = namedtuple('x', 'a')
# --- Enum in a ClassVar
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar
@dataclass
class A:
    X: ClassVar = Enum('X', 'a b')
# --- NewType in a ClassVar
from dataclasses import dataclass
from typing import ClassVar, NewType
@dataclass
class A:
    X: ClassVar = NewType('X', int)
# --- property, then Final
from typing import Final
class A:
    @property
    def x(self) -> int: ...
    x: Final = 3
# --- overload, then staticmethod
from typing import overload
class A:
    @overload
    def f(self): ...
    @staticmethod
    def f(): ...
A.f
# --- metaclass of itself
class E(metaclass=E): ...
# --- aliases of each other
A = int | list['A'] | 'B'
B = tuple['A', 'B']
def f(a: A, b: B) -> A:
    return [a, [b, 'x']]
# --- a tuple repeated
x = (1, 2) * 100000000
"""


def _sections(text: str) -> dict[str, str]:
    parts = (part.partition("\n") for part in text.split("\n# --- ")[1:])
    return {name: f"{code.rstrip()}\n" for name, _, code in parts}


CRASHING = {
    **_sections(_CRASHING),
    "texts doubled by constant folding": "from typing import Final\nX0: Final = 'ab'\n"
    + "".join(f"X{n}: Final = X{n - 1} + X{n - 1}\n" for n in range(1, 33)),
}

# Far beyond the limit of 5 seconds of work.
ENDLESS = {
    "map of map of map": "x = " + "list(map(lambda y: " * 14 + "1" + ", [1]))" * 14 + "\n",
    "a power of a power": "from typing import Final\nX: Final = 9 ** 9 ** 9\n",
    "a union of 1,500 literals": "from typing import Literal\ndef f(x: Literal["
    + ",".join(map(str, range(1500)))
    + "]) -> None:\n"
    + "".join(f"    if x == {n}:\n        return\n" for n in range(700)),
}
