"""Programs written to please MyPy without being typed: what a learner would find.

``PASS_MYPY`` are clean under plain ``mypy --strict --warn-unreachable``; ``MYPY_OBJECTS`` are tricks of the same list
that MyPy itself reports. Each has the starter code of its task, or ``None``, and the code of a finding that has to be
there.
"""

from __future__ import annotations

from typing import NamedTuple


class Trick(NamedTuple):
    code: str
    rule: str
    starter: str | None = None


TOTAL = "def total(values):"
METHOD = "class Solution:\n    def total(self, values):"
GOOD = "def total(values: list[int]) -> int:\n    return sum(values)\n"

PASS_MYPY = {
    # comments
    "ignored line": Trick("def total(values):  # type: ignore\n    return values + 1\n", "hatch:type-ignore", TOTAL),
    "ignored line with code": Trick(
        "def total(values: list[int]) -> int:\n    return 'x'  # type: ignore[return-value]\n", "hatch:type-ignore"
    ),
    "ignored without spaces": Trick("x: int = 'a'  #type:ignore\n", "hatch:type-ignore"),
    "ignored file": Trick("# type: ignore\ndef total(values):\n    return values + 1\n", "hatch:type-ignore", TOTAL),
    "directive ignore-errors": Trick(
        "# mypy: ignore-errors\ndef total(values):\n    return values + 1\n", "hatch:mypy-directive", TOTAL
    ),
    "directive allow-untyped-defs": Trick(
        "# mypy: allow-untyped-defs, disable-error-code=return-value\ndef total(values):\n    return values\n",
        "hatch:mypy-directive",
        TOTAL,
    ),
    "directive in a string": Trick(
        'NOTE = """\n# mypy: ignore-errors\n"""\ndef total(values):\n    return values + NOTE\n', "hatch:mypy-directive"
    ),
    "type comment on a function": Trick(
        "def total(values):\n    # type: (list[int]) -> int\n    return sum(values)\n", "hatch:type-comment", TOTAL
    ),
    "type comments on parameters": Trick(
        "def total(\n    values,  # type: list[int]\n):\n    # type: (...) -> int\n    return sum(values)\n",
        "hatch:type-comment",
        TOTAL,
    ),
    "type comment on a variable": Trick("found = []  # type: list[int]\n", "hatch:type-comment"),
    # names of the stubs
    "reveal_type without an import": Trick(
        "def total(values: list[int]) -> int:\n    return reveal_type(sum(values))\n", "hatch:checker-only-name", TOTAL
    ),
    # Any
    "Any": Trick(
        "from typing import Any\ndef total(values: Any) -> Any:\n    return values.foo + 1\n", "hatch:any", TOTAL
    ),
    "Any in quotes": Trick("import typing\ndef total(values: 'typing.Any') -> None:\n    values()\n", "hatch:any"),
    "Any renamed": Trick(
        "from typing import Any as Number\ndef f(x: Number) -> Number:\n    return x + 1\n", "hatch:any"
    ),
    "Any by alias": Trick("import typing as t\nT = t.Any\ndef f(x: T) -> T:\n    return x + 1\n", "hatch:any"),
    "Any by alias of an alias": Trick(
        "from typing import Any\nA = dict[str, Any]\nB = list[A]\ndef f(x: B) -> None:\n    x[0]['a'].b()\n",
        "hatch:any",
    ),
    "Any from a star import": Trick("from typing import *\ndef f(x: Any) -> Any:\n    return x.y\n", "hatch:any"),
    "Any inside a container": Trick(
        "from typing import Any\ndef f(x: list[Any]) -> None:\n    print(x[0].nothing)\n", "hatch:any"
    ),
    "Any in a callable": Trick(
        "from collections.abc import Callable\nfrom typing import Any\n"
        "def f(g: Callable[[Any], Any]) -> None:\n    g(1).nothing\n",
        "hatch:any",
    ),
    "Any for the rest of the arguments": Trick(
        "from typing import Any\ndef f(*args: Any, **kwargs: Any) -> int:\n    return len(args) + len(kwargs)\n",
        "hatch:any",
        "def f(a, b):",
    ),
    "Any by a cast": Trick("from typing import Any, cast\nx: int = cast(Any, 'a')\n", "hatch:any"),
    "Any by a renamed cast": Trick("import typing as t\nc = 1\nx: int = t.cast('t.Any', 'a')\n", "hatch:any"),
    "Any behind the dots of a callable": Trick(
        "from collections.abc import Callable\nfrom typing import Any\n"
        "def f(g: Callable[..., Any]) -> None:\n    g(1).nothing\n",
        "hatch:any",
    ),
    "Any beside the dots of a callable": Trick(
        "from collections.abc import Callable\nfrom typing import Any, cast\nx: Callable[..., int] = cast(Any, 1)\n",
        "hatch:any",
    ),
    "Any beside the dots in an alias": Trick(
        "from collections.abc import Callable\nfrom typing import Any, Union\n"
        "A = Union[Callable[..., int], list[Any]]\n"
        "def f(g: A) -> None:\n    print(g)\n",
        "hatch:any",
    ),
    "Any beside the dots in an alias with a bar": Trick(
        "from collections.abc import Callable\nimport typing as t\nA = Callable[..., int] | t.Any\n"
        "def f(g: A) -> None:\n    print(g)\n",
        "hatch:any",
    ),
    "Any in an application": Trick(
        "from collections.abc import Callable\nfrom typing import Any\n"
        "x: dict[str, Callable[..., int]] | dict[str, int] = dict[str, Any]()\nprint(x)\n",
        "hatch:any",
    ),
    "function by its code": Trick(
        "import types\ndef f(x: int) -> int:\n    return x\ng = types.FunctionType(f.__code__, {})\n",
        "hatch:dynamic-code",
    ),
    "Any of a variable": Trick("from typing import Any\nx: Any = 'a'\ny: int = x\n", "hatch:any"),
    "Any in a typed dictionary": Trick(
        "from typing import Any, TypedDict\nclass Row(TypedDict):\n    value: Any\n"
        "def f(row: Row) -> None:\n    row['value'].nothing()\n",
        "hatch:any",
    ),
    "Any in a named tuple": Trick(
        "from typing import Any, NamedTuple\nclass Row(NamedTuple):\n    value: Any\n"
        "def f(row: Row) -> None:\n    row.value.nothing()\n",
        "hatch:any",
    ),
    "Any by an optional": Trick(
        "from typing import Any, Optional\ndef f(x: Optional[Any] = None) -> None:\n    print(x)\n", "hatch:any"
    ),
    "Any by a new type": Trick(
        "from typing import Any\nclass Box:\n    content: Any\ndef f(x: Box) -> int:\n    return int(x.content.size)\n",
        "hatch:any",
    ),
    "mock as a type": Trick(
        "from unittest.mock import Mock\ndef f(x: Mock) -> None:\n    x.nothing(1) + x.more\n", "hatch:any"
    ),
    "type from nowhere": Trick(
        "from nowhere import Number\ndef f(x: Number) -> Number:\n    return x + 1\n", "hatch:unimported"
    ),
    "type from nowhere while checking": Trick(
        "from __future__ import annotations\nfrom typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    from nowhere import Number\n"
        "def f(x: Number) -> Number:\n    return x + 1\n",
        "hatch:unimported",
    ),
    "type of a third party": Trick(
        "import numpy as np\ndef f(x: np.ndarray) -> np.ndarray:\n    return x + 1\n", "hatch:unimported"
    ),
    "class without types": Trick(
        "class Solution:\n    total = lambda self, values: values.nothing()\n", "hatch:untyped-lambda", METHOD
    ),
    "lambda": Trick("total = lambda values: values + 1\n", "hatch:untyped-lambda", TOTAL),
    "lambda in a walrus": Trick("print((double := lambda x: x * 2)(3))\n", "hatch:untyped-lambda"),
    "getattr": Trick("def f(x: str) -> None:\n    getattr(x, 'split')(1, 2, 3)\n", "hatch:getattr"),
    "getattr on an object": Trick("def f(x: object) -> int:\n    return int(getattr(x, 'size'))\n", "hatch:getattr"),
    # casts
    "object and casts": Trick(
        "from typing import cast\ndef total(values: object) -> object:\n    return sum(cast(list[int], values))\n",
        "hatch:cast",
        TOTAL,
    ),
    "object and casts by another name": Trick(
        "import typing as t\ndef f(x: object) -> int:\n    y = x\n    return t.cast('int', y) + 1\n", "hatch:cast"
    ),
    "cast between strangers": Trick("from typing import cast\nx: int = cast(int, 'a')\n", "hatch:cast"),
    "cast by way of object": Trick(
        "from typing import cast\ndef f(x: str) -> int:\n    return cast(int, cast(object, x))\n", "hatch:cast"
    ),
    "guard that always agrees": Trick(
        "from typing_extensions import TypeGuard\n"
        "def is_int(x: object) -> TypeGuard[int]:\n    return True\n"
        "def f(x: object) -> int:\n    assert is_int(x)\n    return x + 1\n",
        "hatch:false-guard",
    ),
    "never": Trick("from typing import NoReturn\ndef f(x: NoReturn) -> int:\n    return x.nothing()\n", "hatch:never"),
    # code that is skipped
    "no_type_check": Trick(
        "from typing import no_type_check\n@no_type_check\ndef total(values):\n    return values + 1\n",
        "hatch:no-type-check",
        TOTAL,
    ),
    "no_type_check by attribute": Trick(
        "import typing as t\n@t.no_type_check\ndef total(values):\n    return values + 1\n",
        "hatch:no-type-check",
        TOTAL,
    ),
    "not TYPE_CHECKING": Trick(
        "from typing import TYPE_CHECKING\nif not TYPE_CHECKING:\n    def total(values):\n        return values + 1\n",
        "hatch:type-checking",
        TOTAL,
    ),
    "else of TYPE_CHECKING": Trick(
        "import typing\nif typing.TYPE_CHECKING:\n    def total(values: list[int]) -> int:\n        return 0\n"
        "else:\n    def total(values):\n        return values + 1\n",
        "hatch:type-checking",
        TOTAL,
    ),
    "assert not TYPE_CHECKING": Trick(
        "from typing import TYPE_CHECKING\nassert not TYPE_CHECKING\ndef total(values):\n    return values + 1\n",
        "hatch:type-checking",
        TOTAL,
    ),
    "assert while checking": Trick(
        "from typing import TYPE_CHECKING\ndef f(x: object) -> int:\n"
        "    if TYPE_CHECKING:\n        assert isinstance(x, int)\n    return x\n",
        "hatch:type-checking",
    ),
    "own constant MYPY": Trick(
        "MYPY = False\nif not MYPY:\n    def total(values):\n        return values + 1\n", "hatch:type-checking", TOTAL
    ),
    "own constant PY2": Trick(
        "PY2 = True\nif PY2:\n    def total(values):\n        return values + 1\n", "hatch:type-checking", TOTAL
    ),
    "own sys": Trick(
        "class sys:\n    platform = 'mars'\nif sys.platform == 'mars':\n    def total(values):\n"
        "        return values + 1\n",
        "hatch:tampered-sys",
        TOTAL,
    ),
    "exec": Trick("exec('def total(values):\\n    return values + 1')\n", "hatch:dynamic-code", TOTAL),
    "exec renamed": Trick("run = exec\nrun('x = 1')\n", "hatch:dynamic-code"),
    "eval": Trick("def f(x: str) -> int:\n    return int(eval(x))\n", "hatch:dynamic-code"),
    "builtins": Trick("import builtins as b\nb.exec('x = 1')\n", "hatch:dynamic-code"),
    "globals": Trick("globals()['total'] = print\n", "hatch:dynamic-code"),
    "class by type()": Trick("Solution = type('Solution', (), {'total': print})\n", "hatch:dynamic-code"),
    "__import__": Trick("__import__('os').system('true')\n", "hatch:dynamic-code"),
    "import_module": Trick(
        "import importlib\nx: int = importlib.import_module('math').sqrt('a')\n", "hatch:dynamic-code"
    ),
    # dead code
    "after return, with a TypeVar": Trick(
        "from typing import TypeVar\nT = TypeVar('T', int, str)\ndef f(x: T) -> T:\n    return x\n    y: int = 'a'\n",
        "dead:after-jump",
    ),
    "after return, in a last call": Trick(
        "import sys\ndef f(x: int) -> int:\n    return 1\n    sys.exit(x.nothing)\n    sys.exit(x.more)\n",
        "dead:after-jump",
    ),
    "condition of constants": Trick("if 1 > 2:\n    print(1)\n", "dead:constant-condition"),
    "other half of a constant": Trick("x = 1 if True else 2\nprint(x)\n", "dead:constant-condition"),
    # nothing to check
    "empty": Trick("", "hatch:no-code"),
    "comments": Trick("# I would rather not.\n", "hatch:no-code"),
    "docstring": Trick('"""Done."""\nimport math\n', "hatch:no-code"),
    "no function": Trick("print(sum(map(int, input().split())))\n", "hatch:no-function", TOTAL),
    "another function": Trick("def helper(n: int) -> int:\n    return n\n", "signature:missing", TOTAL),
    "function instead of method": Trick(GOOD, "signature:missing", METHOD),
    "empty class": Trick("class Solution:\n    pass\n", "signature:missing", METHOD),
    "only a nested function": Trick(
        "def outer() -> None:\n    def total(values: list[int]) -> int:\n        return sum(values)\n"
        "    print(total([]))\n",
        "signature:missing",
        TOTAL,
    ),
    "swallowed arguments": Trick(
        "def total(*args: int, **kwargs: int) -> int:\n    return sum(args) + sum(kwargs.values())\n",
        "signature:swallowed",
        TOTAL,
    ),
}

MYPY_OBJECTS = {
    "bare generics": Trick("def total(values: list) -> dict:\n    return {}\n", "mypy:type-arg", TOTAL),
    "bare tuple": Trick("import typing\ndef f(x: typing.Tuple) -> None:\n    x[0].nothing()\n", "mypy:type-arg"),
    "untyped rest of the arguments": Trick("def f(*args, **kwargs) -> int:\n    return 1\n", "mypy:no-untyped-def"),
    "ignored import": Trick("import nothing_here  # type: ignore\nx = 1\n", "hatch:type-ignore"),
    "after assert False": Trick(
        "def f(x: int) -> int:\n    assert False\n    assert False\n    x.nothing()\n", "dead:after-jump"
    ),
    "after sys.exit": Trick("import sys\nprint(1)\nsys.exit()\nx: int = 'a'\n", "mypy:unreachable"),
    "after raise": Trick(
        "def f(x: int) -> int:\n    raise ValueError\n    raise ValueError\n    x.nothing()\n", "dead:after-jump"
    ),
    "after an endless loop": Trick("while True:\n    print(1)\nx: int = 'a'\n", "mypy:unreachable"),
    "if False": Trick("if False:\n    x: int = 'a'\n", "mypy:unreachable"),
    "base class Any": Trick("from typing import Any\nclass A(Any):\n    pass\n", "hatch:any"),
    "TypeVar bound to Any": Trick(
        "from typing import Any, TypeVar\nT = TypeVar('T', bound=Any)\ndef f(x: T) -> T:\n    return x.y\n", "hatch:any"
    ),
    "own no_type_check": Trick(
        "def no_type_check(f):\n    return f\n@no_type_check\ndef total(values):\n    return values + 1\n",
        "hatch:no-type-check",
        TOTAL,
    ),
}
