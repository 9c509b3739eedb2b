"""Ordinary annotated code that brushes against the escape hatches and uses none: no finding in ``hardened``."""

from __future__ import annotations

from .hatches import Trick

ORDINARY = {
    "prose about types": Trick("# type hints are nice, and so is the word ignore\nx = 1  # the type: int\n", ""),
    "text about mypy": Trick("print('# mypy: ignore-errors')\n", ""),
    "imports for annotations": Trick(
        "from __future__ import annotations\nfrom typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    from collections.abc import Sequence\n"
        "def f(xs: Sequence[int]) -> int:\n    return len(xs)\n",
        "",
    ),
    "casts that narrow": Trick(
        "from typing import cast\nclass A:\n    pass\nclass B(A):\n    size = 1\n"
        "def f(a: A, text: str | None) -> int:\n    return cast(B, a).size + len(cast(str, text))\n",
        "",
    ),
    "cast of what a library returns": Trick(
        "import json\nfrom typing import cast\ndef f(text: str) -> dict[str, int]:\n"
        "    return cast('dict[str, int]', json.loads(text))\n",
        "",
    ),
    "object in a comparison": Trick(
        "class A:\n    def __eq__(self, other: object) -> bool:\n        return isinstance(other, A)\n", ""
    ),
    "lambdas as arguments": Trick("print(sorted([(1, 'a')], key=lambda pair: pair[1]))\n", ""),
    "lambda with a declared type": Trick(
        "from collections.abc import Callable\ndouble: Callable[[int], int] = lambda x: 2 * x\nprint(double(2))\n", ""
    ),
    "lambda without parameters": Trick(
        "from collections import defaultdict\nd: defaultdict[str, int] = defaultdict(lambda: 3)\n", ""
    ),
    "decorator with a ParamSpec": Trick(
        "import functools\nfrom collections.abc import Callable\nfrom typing import TypeVar\n"
        "from typing_extensions import ParamSpec\nP = ParamSpec('P')\nR = TypeVar('R')\n"
        "def timed(f: Callable[P, R]) -> Callable[P, R]:\n    @functools.wraps(f)\n"
        "    def inner(*args: P.args, **kwargs: P.kwargs) -> R:\n        return f(*args, **kwargs)\n    return inner\n"
        "@timed\ndef total(values: list[int]) -> int:\n    return sum(values)\n",
        "",
        "def total(values):",
    ),
    "decorator of any callable": Trick(
        "from collections.abc import Callable\nfrom typing import TypeVar\n"
        "F = TypeVar('F', bound=Callable[..., object])\n"
        "Maker = Callable[..., int]\ndef named(name: str) -> Callable[[F], F]:\n    def mark(f: F) -> F:\n"
        "        f.__name__ = name\n        return f\n    return mark\n"
        "def call(make: Maker, other: Callable[..., None] | None = None) -> int:\n    return make(1)\n",
        "",
    ),
    "type of functions": Trick(
        "import types\ndef f(x: object) -> bool:\n    return isinstance(x, types.FunctionType)\n", ""
    ),
    "cached function": Trick(
        "from functools import lru_cache\n@lru_cache(maxsize=None)\ndef fib(n: int) -> int:\n"
        "    return n if n < 2 else fib(n - 1) + fib(n - 2)\n",
        "",
        "def fib(n):",
    ),
    "method with helpers": Trick(
        "from typing import List\nclass Solution:\n    def __init__(self) -> None:\n"
        "        self.seen: set[int] = set()\n"
        "    def total(self, values: List[int]) -> int:\n        return self._add(values)\n"
        "    def _add(self, values: List[int]) -> int:\n        return sum(values)\n",
        "",
        "class Solution:\n    def total(self, values: List[int]) -> int:",
    ),
    "inherited method": Trick(
        "class Base:\n    def total(self, values: list[int]) -> int:\n        return sum(values)\n"
        "class Solution(Base):\n    pass\n",
        "",
        "class Solution:\n    def total(self, values):",
    ),
    "defined in a branch": Trick(
        "import sys\nif sys.version_info >= (3, 8):\n    def total(values: list[int]) -> int:\n"
        "        return sum(values)\n",
        "",
        "def total(values):",
    ),
    "default kept": Trick(
        "def swap(text: str = '', *, twice: bool = False) -> str:\n    return text if twice else text.swapcase()\n",
        "",
        "def swap(text='', *, twice=False):",
    ),
    "last raise": Trick(
        "def f(x: int) -> int:\n    if x > 0:\n        return 1\n    else:\n        return 2\n"
        "    raise AssertionError\n",
        "",
    ),
    "empty generator": Trick(
        "from collections.abc import Iterator\ndef f() -> Iterator[int]:\n    return\n    yield\n", ""
    ),
    "loop with a break": Trick("while True:\n    if input() == '':\n        break\nprint('done')\n", ""),
    "exception that is swallowed": Trick(
        "from contextlib import suppress\nwith suppress(ValueError):\n    raise ValueError\nprint('here')\n", ""
    ),
    "exit at the end": Trick(
        "import sys\ndef main() -> int:\n    return 0\nif __name__ == '__main__':\n    sys.exit(main())\n", ""
    ),
    "re.compile": Trick("from re import compile\nprint(compile('a').match('a'))\n", ""),
    "type() of one argument": Trick("print(type(1))\n", ""),
    "getattr with a computed name": Trick("def f(name: str) -> None:\n    print(getattr(str, name, None))\n", ""),
    "getattr after hasattr": Trick(
        "def f(x: object) -> None:\n    if hasattr(x, 'close'):\n        print(getattr(x, 'close'))\n", ""
    ),
    "guard that looks": Trick(
        "from typing_extensions import TypeGuard\ndef is_text(x: object) -> TypeGuard[str]:\n"
        "    return isinstance(x, str)\n",
        "",
    ),
    "assert_never": Trick(
        "from typing import NoReturn\ndef assert_never(value: NoReturn) -> NoReturn:\n"
        "    raise AssertionError(value)\n",
        "",
    ),
    "platform": Trick("import sys\nif sys.platform == 'win32':\n    SEP = ';'\nelse:\n    SEP = ':'\nprint(SEP)\n", ""),
    "script": Trick("name = input()\nprint(f'hello {name}')\n", ""),
}
