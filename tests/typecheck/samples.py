"""Programs of varied kind, each a trap for a checker that keeps MyPy warm. The reference is MyPy's own command line."""

SAMPLES = {
    "clean": "def double(x: int) -> int:\n    return 2 * x\n\n\nprint(double(21))\n",
    "no annotations": "def double(x):\n    return 2 * x\n\nprint(double(21))\n",
    "sqlite script": """\
import sqlite3

connection = sqlite3.connect("shop.db")
cursor = connection.cursor()
cursor.execute("SELECT name FROM item WHERE price < ?", (input(),))
for row in cursor.fetchall():
    print(row.nothing, row[0])
cursor.fetch_all()
""",
    "unreachable": """\
import sys

def after_return() -> int:
    return 1
    print("never")

def narrowed(x: int) -> str:
    if isinstance(x, int):
        return "int"
    return "other"

def after_exit() -> None:
    sys.exit(1)
    print("never")
""",
    "submodule without import": "import xml\nimport logging\nprint(xml.etree.ElementTree, logging.handlers)\n",
    "submodule with import": "import xml.etree.ElementTree as t\nimport logging.handlers\nx: int = t.parse('a')\n",
    "rare modules": """\
import asyncio, email.message, tkinter
async def main() -> int:
    await asyncio.sleep("1")
    return tkinter.Tk().nothing() + email.message.Message()
""",
    "third party": """\
import numpy as np
import yaml
from torch import nn
class Net(nn.Module):
    pass
x: int = np.zeros(3)
yaml.safe_load("a").b
""",
    "imports the neighbours": "import program\nfrom sample_1 import x\nprint(program.a, x)\n",
    "shadows typing": """\
class List:
    pass
from typing import List
typing = 3
int = str
def f(x: int, y: typing.Any) -> List[int]: return x
""",
    "ignored": "# mypy: disable-error-code=no-untyped-def\ndef f(x): return x\nx = 1  # type: ignore\n",
    "classes": """\
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from enum import Enum
from typing import Generic, NamedTuple, Protocol, TypedDict, TypeVar, overload
T = TypeVar("T")
class Shape(ABC):
    @abstractmethod
    def area(self) -> float: ...
Shape()
@dataclass
class Box(Generic[T]):
    content: T
    rest: list[T] = field(default_factory=list)
Box[int]("a")
class Color(Enum):
    RED = 1
    BLUE = 2
def name(color: Color) -> str:
    if color is Color.RED:
        return "red"
    elif color is Color.BLUE:
        return "blue"
    return "none"
class Point(NamedTuple):
    x: int
    y: str = 3
class Options(TypedDict, total=False):
    depth: int
options: Options = {"depth": "a", "width": 1}
class Sized(Protocol):
    def size(self, unit: int) -> str: ...
class File:
    def size(self, unit: str) -> str:
        return unit
sized: Sized = File()
@overload
def half(x: int) -> int: ...
@overload
def half(x: str) -> str: ...
def half(x): return x
half(1.5)
""",
    "recursive alias": "import typing\nA = typing.Union[int, list['A']]\ndef f(a: A) -> A: return [a, [a, 'x']]\n",
    "return at top level": "x: int = 'a'\nreturn x\n",
    "relative import": "from . import sibling\nfrom .cousin import y\n",
    "Python 2": "print 'hello'\n",
    "only a note": "reveal_type(1)\n",
    "two parameters of one name": "x: int = 'a'\ndef f(a, a): pass\n",
    "empty": "",
    "line ends": "x = 1\r\n\r\ndef f(y):\r\n\treturn y\r\n",
    "deferred": """\
import collections
counts = collections.defaultdict(list)
total = None
def add(x: int = None) -> None:
    global total
    total = x
    counts["a"].append(x)
class Node:
    def __init__(self): self.children = []
    def first(self) -> "Node": return self.children[0]
Node().first().missing
""",
}
