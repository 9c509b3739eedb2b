"""Attacks through output and through the channel of claims."""

from __future__ import annotations

import textwrap

from ..attack import everywhere, topic

STREAMS = [
    everywhere("a flood", "import os\nwhile True: os.write(1, b'x' * 65536)", "output_limit"),
    everywhere("a flood of lines", "while True: print('x')", "output_limit", "timeout"),
    everywhere("a flood without an end of line", "while True: print('x' * 999, end='')", "output_limit"),
    everywhere("a flood of errors", "import sys\nwhile True: sys.stderr.write('x' * 65536)", "timeout", "output_limit"),
    everywhere(
        "a flood from a thread at the end",
        "import atexit, os\n@atexit.register\ndef f():\n    while True: os.write(1, b'x' * 9999)",
        "output_limit",
    ),
    everywhere("zero bytes", "import os\nos.write(1, bytes(1000))", "wrong"),
    everywhere("invalid UTF-8", "import os\nos.write(1, bytes(range(128, 256)) * 100)", "wrong"),
    everywhere("terminal escapes", "print('\\x1b[2J\\x1b]0;x\\x07')", "wrong"),
    everywhere("lone surrogates", "print('\\ud800' * 10)", "wrong", "error"),
    everywhere("a million lines of nothing", "print('\\n' * 60000)", "wrong"),
    everywhere("closed output", "import os\nos.close(1); print('x')", "wrong", "error"),
    everywhere("closed descriptors", "import os\nos.closerange(0, 1000)", "wrong", "error"),
    everywhere("sys.stdout closed", "import sys\nsys.stdout.close(); sys.stderr.close()", "wrong", "error"),
    everywhere(
        "sys.stdout that fails",
        "import sys\nclass S:\n    def flush(self): raise SystemExit(0)\n    write = lambda s, t: 0\nsys.stdout = S()",
        "wrong",
        "error",
    ),
    everywhere(
        "sys.stdout that lies",
        """
            import sys
            class S(str):
                def __eq__(s, o): return True
                flush = write = lambda *a: 0
            sys.stdout = S()
            """,
        "wrong",
        "error",
    ),
    everywhere("output into the claims", "import os\nos.dup2(3, 1); print('x')", "wrong", "error", "output_limit"),
    everywhere("claims into the output", "import os\nos.dup2(1, 3)", "wrong", "error"),
    everywhere(
        "every descriptor written",
        "import os\nfor fd in range(3, 64):\n    try: os.write(fd, b'x' * 100)\n    except OSError: pass",
        "wrong",
        "error",
        "output_limit",
    ),
    everywhere(
        "output that does not wait",
        "import os\nos.set_blocking(1, False); os.set_blocking(3, False)\nos.write(1, b'x' * 60000)",
        "wrong",
        "error",
    ),
]

_SEND = """\
import json, os
def send(m):
    b = m if isinstance(m, bytes) else json.dumps(m).encode()
    os.write(3, len(b).to_bytes(4, 'big') + b)
"""


def _sending(program: str) -> str:
    return _SEND + textwrap.dedent(program).strip("\n")


CLAIMS = [
    everywhere(
        "a flood of claims",
        "import os\nwhile True: os.write(3, b'\\0\\0\\xff\\xff' + b'x' * 65535)",
        "output_limit",
        "timeout",
    ),
    everywhere(
        "a flood of tiny claims",
        "import os\nwhile True: os.write(3, b'\\0\\0\\0\\2{}' * 10000)",
        "output_limit",
        "timeout",
        must="what watches the case does not grow",
    ),
    everywhere(
        "a flood of empty claims",
        "import os\nwhile True: os.write(3, bytes(65536))",
        "output_limit",
        "timeout",
        must="what watches the case does not grow",
    ),
    everywhere("a huge claim announced", "import os\nos.write(3, b'\\xff' * 8)", "output_limit"),
    everywhere("half a claim", "import os\nos.write(3, b'\\0\\0\\1\\0{'); os._exit(0)", "wrong", "error"),
    everywhere(
        "forged messages",
        _SEND + "for m in ({'value': 1}, {'loaded': True}, {'error': ''}): send(m)",
        "wrong",
        "error",
        "output_limit",
    ),
    everywhere(
        "a forged refusal of the jail",
        "import os\nos.write(3, b'!no jail'); os._exit(71)",
        "error",
        "output_limit",
        must="no program can have itself masked",
    ),
    everywhere(
        "a forged failure of the machine",
        _SEND + "for m in ({'kind': 'failed', 'reason': 'x'}, {'kind': 'end'}, {'how': 'jail'}): send(m)\nos._exit(1)",
        "error",
        "output_limit",
        must="no program can have itself masked",
    ),
    everywhere(
        "a forged lack of space",
        "import os\nopen('f', 'w').close(); raise OSError(28, 'No space left on device')",
        "error",
        "output_limit",
        must="no program can have itself masked",
    ),
    everywhere(
        "forged numbers of errors",
        _SEND + "send({'error': 'x', 'errno': 28, 'type': 'OSError'}); os._exit(1)",
        "error",
        "output_limit",
        must="no program can have itself masked",
    ),
    everywhere("a deep claim", _SEND + "send(b'[' * 60000)", "wrong", "error"),
    everywhere(
        "a deep value",
        _SEND + "def solve(x):\n    send(b'{\"value\":' + b'[\"l\",[' * 9000 + b']]' * 9000 + b'}'); os._exit(0)",
        "error",
        kind="call",
        cases=2,
    ),
    everywhere(
        "a long number",
        _SEND + "def solve(x):\n    send(b'{\"value\": ' + b'9' * 50000 + b'}'); os._exit(0)",
        "error",
        kind="call",
        cases=2,
    ),
    everywhere("an integer too long to print", "def solve(x): return 1 << 100000", "wrong", kind="call", cases=2),
    everywhere(
        "claims of wrong types",
        _SEND + "def solve(x):\n    send({'value': {'a': 1}, 'error': [], 'raised': {}, 'type': 7}); os._exit(0)",
        "error",
        kind="call",
        cases=2,
    ),
    everywhere(
        "tags of wrong types",
        _sending("""
            def solve(x):
                for v in (['i', 7], ['d', [[1]]], ['s', [['l', []]]], ['f', 'x'], ['zz', '']): send({'value': v})
                os._exit(0)
            """),
        "error",
        "output_limit",
        kind="call",
        cases=2,
    ),
    everywhere(
        "claims twice",
        _SEND + "def solve(x):\n    for n in range(100): send({'value': ['i', hex(n)]})",
        "wrong",
        "error",
        "output_limit",
        kind="call",
        cases=3,
    ),
    everywhere(
        "claims for later cases",
        _SEND + "send({'loaded': True})\nfor n in range(9): send({'value': 'x'})\ndef solve(x): return 0",
        kind="literal",
        cases=3,
    ),
    everywhere(
        "claims that it raised everything",
        _sending("""
            send({'loaded': True})
            for n in range(9): send({'raised': True, 'error': '', 'type': ['ValueError', 'KeyError']})
            def solve(x): return 0
            """),
        kind="literal",
        cases=3,
    ),
    everywhere(
        "endless claims of cases",
        _SEND + "while True: send({'loaded': True})\ndef solve(x): return 0",
        kind="literal",
        cases=3,
    ),
    everywhere(
        "a claim of colliding keys",
        """
        from itertools import islice, product
        def solve(x):
            return set(islice(product((-1, -2), repeat=13), 2000))
        """,
        "wrong",
        "error",
        "output_limit",
        "timeout",
        kind="call",
        cases=3,
        costly=True,
        must="the grader spends no more time on it than on any other claim",
    ),
    everywhere(
        "a forged claim of colliding keys",
        _SEND
        + """
from itertools import product
def solve(x):
    items = ','.join('["t",[%s]]' % ','.join('["i","%d"]' % n for n in t) for t in product((-1, -2), repeat=10))
    b = ('{"value":["s",[' + items + ']]}').encode()[:250000]
    send(b); os._exit(0)
""",
        "wrong",
        "error",
        "output_limit",
        "timeout",
        kind="call",
        cases=3,
        costly=True,
        must="the grader spends no more time on it than on any other claim",
    ),
    everywhere(
        "a giant value", "def solve(x): return [0] * 10 ** 7", "error", "memory", "output_limit", kind="call", cases=2
    ),
    everywhere(
        "a value that contains itself",
        "def solve(x):\n    a = [x]\n    a.append(a)\n    return a",
        "error",
        kind="call",
        cases=2,
    ),
    everywhere(
        "a value shared a million times",
        "def solve(x):\n    a = []\n    for _ in range(60): a = [a, a]\n    return a",
        "error",
        "timeout",
        kind="call",
        cases=2,
    ),
]

ATTACKS = topic("output", "output is bounded and means nothing but text", STREAMS) + topic(
    "claims", "a claim is worth as much as a wrong answer, whatever its form", CLAIMS
)
