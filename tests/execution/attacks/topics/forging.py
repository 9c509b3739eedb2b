"""Attacks on the comparison: results that claim to be equal, right or done."""

from __future__ import annotations

from ..attack import Attack, everywhere, topic


def _call(name: str, program: str, *ends: str) -> Attack:
    return everywhere(name, program, *(ends or ("wrong", "error")), kind="call", cases=3)


def _literal(name: str, program: str, *ends: str) -> Attack:
    return everywhere(name, program, *(ends or ("wrong", "error")), kind="literal", cases=3)


def _subclass(base: str, value: str) -> Attack:
    program = f"""
        class Fake({base}):
            __eq__ = __le__ = __ge__ = __contains__ = lambda self, other: True
            __ne__ = lambda self, other: False
            __hash__ = lambda self: 0
            __repr__ = __str__ = lambda self: 'equal'
        def solve(x): return Fake({value})
        """
    return _call(f"a subclass of {base} that equals everything", program, "wrong")


VALUES = [
    _call(
        "an object that equals everything",
        """
        class Fake:
            __eq__ = lambda self, other: True
            __ne__ = lambda self, other: False
        def solve(x): return Fake()
        """,
        "wrong",
    ),
    *(_subclass(base, value) for base, value in (("int", "0"), ("float", "0"), ("str", "''"), ("bytes", "b''"))),
    *(_subclass(base, value) for base, value in (("list", "[]"), ("tuple", "()"), ("dict", "{}"), ("set", "()"))),
    _call("unittest.mock.ANY", "from unittest import mock\ndef solve(x): return mock.ANY", "wrong"),
    _call("a mock", "from unittest import mock\ndef solve(x): return mock.MagicMock()", "wrong"),
    _call("NotImplemented", "def solve(x): return NotImplemented", "wrong"),
    _call("not a number", "def solve(x): return float('nan')", "wrong"),
    _call("a decimal that is not a number", "import decimal\ndef solve(x): return decimal.Decimal('NaN')", "wrong"),
    _call("infinity", "def solve(x): return [float('inf'), -0.0]", "wrong"),
    _call(
        "a type that lies", "class A:\n    __class__ = property(lambda self: str)\ndef solve(x): return A()", "wrong"
    ),
    _call(
        "a type named str",
        "A = type('str', (), {'__module__': 'builtins', '__qualname__': 'str', '__eq__': lambda s, o: True})\n"
        "def solve(x): return A()",
        "wrong",
    ),
    _call(
        "a false array",
        """
        class Any(list):
            __eq__ = lambda s, o: True
            __len__ = lambda s: 1 << 60
        class ndarray:
            __module__ = 'numpy'
            tolist = lambda self: Any()
        def solve(x): return ndarray()
        """,
        "wrong",
        "error",
    ),
    _call(
        "a module name that starts with everything",
        """
        class S(str):
            startswith = lambda *a: True
            __eq__ = lambda *a: True
            __hash__ = str.__hash__
        class A:
            __repr__ = lambda self: 'anything'
        A.__module__ = S('x')
        def solve(x): return A()
        """,
        "wrong",
        "error",
    ),
    _call(
        "a metaclass that answers everything",
        """
        class M(type):
            __eq__ = lambda *a: True
            __hash__ = lambda *a: hash(int)
            __instancecheck__ = __subclasscheck__ = lambda *a: True
        class A(metaclass=M): pass
        def solve(x): return A()
        """,
    ),
    _call(
        "a default dictionary",
        "from collections import defaultdict\ndef solve(x): return defaultdict(lambda: x)",
        "wrong",
    ),
    _call("a generator", "def solve(x): yield x", "wrong"),
    _call("a coroutine", "async def solve(x): return x", "wrong"),
    _call("a class", "def solve(x): return type(x)", "wrong"),
    _call("a function", "def solve(x): return solve", "wrong"),
    _call("an enumeration", "import enum\nE = enum.Enum('E', 'a')\ndef solve(x): return E.a", "wrong"),
    _call(
        "a proxy",
        "import weakref\nclass A: __eq__ = lambda s, o: True\na = A()\ndef solve(x): return weakref.proxy(a)",
        "wrong",
    ),
    _call(
        "a dictionary whose keys equal everything",
        "class A:\n    __eq__ = lambda s, o: True\n    __hash__ = lambda s: 0\ndef solve(x): return {A(): A()}",
        "wrong",
    ),
    _call(
        "a value that changes while it is read",
        """
            class A(list):
                def __iter__(s):
                    s.append(1); return list.__iter__(s)
            def solve(x): return A([1])
            """,
        "wrong",
    ),
    _call(
        "a pickle bomb",
        "import os\nclass A:\n    __reduce__ = lambda s: (os.system, ('true',))\ndef solve(x): return A()",
        "wrong",
    ),
    _call("lone surrogates returned", "def solve(x): return '\\ud800' * 100", "wrong"),
    _call("text with zero bytes", "def solve(x): return '\\0' * 1000", "wrong"),
    _call("true for every number", "def solve(x): return True", "wrong"),
    _call("nothing", "def solve(x): pass", "wrong"),
    everywhere(
        "a method that equals everything",
        "class A:\n    __eq__ = lambda s, o: True\nclass Solution:\n    def solve(self, x): return A()",
        "wrong",
        kind="method",
        cases=3,
    ),
    everywhere(
        "a method found by __getattr__",
        "class Solution:\n    def __getattr__(self, name): return lambda *a: self\n    __eq__ = lambda s, o: True",
        "wrong",
        kind="method",
        cases=3,
    ),
    everywhere(
        "a metaclass that makes something else",
        """
            class M(type):
                def __call__(c, *a): return c
            class Solution(metaclass=M):
                solve = classmethod(lambda c, x: c)
            """,
        "wrong",
        kind="method",
        cases=3,
    ),
    everywhere(
        "printing a text that equals everything",
        "class A(str):\n    __eq__ = lambda s, o: True\n    __hash__ = str.__hash__\nprint(A('x'))",
        "wrong",
    ),
]

ERRORS = [
    _literal("ValueError for everything", "def solve(x): raise ValueError"),
    _literal(
        "every exception in turn",
        """
            def all(c=BaseException):
                return [c] + [d for s in c.__subclasses__() for d in all(s)]
            def solve(x): raise all()[x + 1]
            """,
    ),
    _literal(
        "an exception with every name",
        """
            class N(str):
                __eq__ = lambda s, o: True
                __hash__ = str.__hash__
            class E(Exception): pass
            E.__name__ = N('E')
            def solve(x): raise E
            """,
    ),
    _literal(
        "a lying metaclass",
        """
            class N(str):
                __eq__ = lambda s, o: True
                __hash__ = str.__hash__
            class M(type):
                __name__ = property(lambda c: N('x'))
            class E(Exception, metaclass=M): pass
            def solve(x): raise E
            """,
    ),
    _literal(
        "a metaclass without a name",
        """
            class M(type):
                @property
                def __name__(c): raise SystemExit(0)
            class E(Exception, metaclass=M): pass
            def solve(x): raise E
            """,
    ),
    _literal(
        "an exception that fails to print", "class E(Exception):\n    def __str__(s): raise s\ndef solve(x): raise E"
    ),
    _literal(
        "an exception that returns no text", "class E(Exception):\n    __str__ = lambda s: 7\ndef solve(x): raise E"
    ),
    _literal("an exception as long as a book", "def solve(x): raise ValueError('x' * 10 ** 6)"),
    _literal(
        "a chain of exceptions",
        """
            def solve(x):
                e = ValueError()
                e.__context__ = e.__cause__ = KeyError()
                raise ExceptionGroup('g', [e])
            """,
    ),
    _literal("an exception class returned", "def solve(x): return ValueError"),
    _literal("SystemExit", "def solve(x): raise SystemExit(0)"),
    _literal(
        "a subclass of SystemExit",
        "class E(SystemExit):\n    code = 0\n    __eq__ = lambda s, o: True\ndef solve(x): raise E",
    ),
    _literal("KeyboardInterrupt", "def solve(x): raise KeyboardInterrupt"),
    _literal("GeneratorExit", "def solve(x): raise GeneratorExit"),
    _literal("StopIteration", "def solve(x): raise StopIteration('x')"),
    everywhere(
        "SystemExit with a strange code",
        "class C(int):\n    def __and__(s, o): raise MemoryError\nraise SystemExit(C())",
        "error",
        "memory",
        "wrong",
    ),
    everywhere("an exception hook", "import sys\nsys.excepthook = lambda *a: print('x')\n1 / 0", "error"),
    everywhere("exit functions that leave", "import atexit, os\natexit.register(os._exit, 0)", "wrong"),
    everywhere(
        "exit functions that raise", "import atexit\n@atexit.register\ndef f(): raise SystemExit(0)", "wrong", "error"
    ),
    everywhere("os._exit(0)", "import os\nos._exit(0)", "wrong"),
    everywhere("sys.exit(0)", "import sys\nsys.exit(0)", "wrong"),
    everywhere("raise SystemExit", "raise SystemExit", "wrong"),
    _call("leaving a call", "import os\ndef solve(x): os._exit(0)", "error"),
    _call("leaving a call politely", "import sys\ndef solve(x): sys.exit(0)", "error"),
    _call("leaving on load", "import os\nos._exit(0)", "error"),
    _literal("leaving on load, with literals", "import os\nos._exit(0)"),
    _literal("leaving in the first case", "import os\ndef solve(x): os._exit(0)"),
]

ATTACKS = topic("forged values", "what cannot be compared equals nothing", VALUES) + topic(
    "forged ends", "no exit and no exception stands for a right answer", ERRORS
)
