"""Attacks on the compiler: programs that never get to run."""

from __future__ import annotations

from ..attack import Attack, everywhere, topic


def _source(name: str, program: str, *ends: str) -> Attack:
    return everywhere(name, program, *(ends or ("compile_error",)))


def _finally(depth: int) -> str:
    """Each level of ``finally`` doubles the byte code."""
    lines = []
    for level in range(depth):
        lines += [" " * level + "try: print()", " " * level + "finally:"]
    return "\n".join([*lines, " " * depth + "pass"])


_ANY = ("compile_error", "wrong", "error", "timeout", "memory")

ATTACKS = topic(
    "parsing",
    "the compiler is as bounded as the program",
    [
        _source("deep parentheses", "(" * 5000 + ")" * 5000),
        _source("deep lists", "x = " + "[" * 150 + "]" * 150, *_ANY),
        _source("deep signs", "-" * 200_000 + "1", *_ANY),
        _source("deep calls", "f" + "(" * 190 + ")" * 190, *_ANY),
        _source("deep attributes", "x" + ".a" * 100_000, *_ANY),
        _source("a long sum", "+".join(["1"] * 100_000), *_ANY),
        _source("a long comparison", "<".join(["1"] * 100_000), *_ANY),
        _source("deep blocks", "\n".join(" " * n + "if 1:" for n in range(99)) + "\n" + " " * 99 + "pass", *_ANY),
        _source(
            "deep functions", "\n".join(" " * n + f"def f{n}():" for n in range(99)) + "\n" + " " * 99 + "pass", *_ANY
        ),
        _source("deep lambdas", "lambda: " * 50_000 + "0", *_ANY),
        _source("deep comprehensions", "[" * 60 + "x" + " for x in y]" * 60, *_ANY),
        _source("finally that doubles", _finally(19), *_ANY),
        _source("many equal functions", "lambda:0\n" * 40_000, *_ANY),
        _source("many functions", "\n".join(f"def f{n}(a, b=1, *c): return a + {n}" for n in range(20_000)), *_ANY),
        _source("many constants", "x = (" + ",".join(f"{n}." for n in range(100_000)) + ")", *_ANY),
        _source("the names of large modules", "if 0: numpy; sympy; requests; asyncio; ssl", *_ANY),
        _source("many statements", "x = 1\n" * 150_000, *_ANY),
        _source("many names", "\n".join(f"x{n} = {n}" for n in range(60_000)), *_ANY),
        _source("a long name", "x" * 500_000 + " = 1", *_ANY),
        _source("a long decimal number", "x = " + "9" * 500_000, *_ANY),
        _source("a long hexadecimal number", "x = 0x" + "f" * 500_000, *_ANY),
        _source("a large constant", "x = 'a' * 4000 * 4000 * 4000", *_ANY),
        _source("a constant power", "x = 9 ** 9 ** 9 ** 9", *_ANY),
        _source("many f-strings", "x = " + "f'{1}'" * 20_000, *_ANY),
        _source("many strings in one", "x = " + "'a' " * 100_000, *_ANY),
        _source("a dictionary of constants", "x = {" + ",".join(f"{n}: 1" for n in range(50_000)) + "}", *_ANY),
        _source("a star in every place", "f(" + "*a, " * 50_000 + ")", *_ANY),
        _source(
            "a pattern of many choices", "match 1:\n case " + "|".join(str(n) for n in range(50_000)) + ": pass", *_ANY
        ),
        _source("zero bytes in the program", "print(1)\0"),
        _source("lone surrogates in the program", "print('\ud800')"),
        _source("a byte order mark", "\ufeffprint(1)", "wrong", "compile_error"),
        _source("a coding that hides code", "# coding: utf-7\n+AAo-print('escaped')", "compile_error", "error"),
        _source("a coding that is none", "# coding: rot13\nprint(1)", "wrong", "compile_error"),
        _source("form feeds and strange spaces", "\x0c\u3000print(1)", "compile_error", "wrong"),
        _source("letters that look alike", "\u0440rint = print\n\u0440rint(1)", "wrong", "error"),
        _source("text that reads backwards", "x = '\u202e' #\u2066 'x\nprint(1)", "wrong", "compile_error"),
        _source("10 MB", "#" * 10_000_000),
        _source("10 MB of code", "x = 1\n" * 1_700_000),
        _source("an unfinished text", "x = '''" + "y\n" * 10_000),
        _source("only open brackets", "[({" * 60),
        _source("nothing at all", "", "wrong"),
        _source("tabs and spaces", "if 1:\n\tx = 1\n        y = 2"),
        _source("a future of its own", "from __future__ import braces"),
        _source("a return outside", "return 'escaped'"),
        everywhere(
            "parsed at run time",
            "import ast\nast.parse('(' * 90 + ')' * 90)\neval('-' * 100000 + '1')",
            "error",
            "memory",
        ),
        everywhere(
            "compiled in a thread",
            """
                import threading
                def f(): eval('[' * 199 + ']' * 199); eval('-' * 300000 + '1')
                t = threading.Thread(target=f); t.start(); t.join()
                """,
            "wrong",
            "error",
            "memory",
        ),
    ],
)
