"""Attacks on time."""

from __future__ import annotations

from ..attack import everywhere, outward, topic

ATTACKS = topic(
    "timing",
    "the CPU limit decides, the clock on the wall is the backstop",
    [
        everywhere("a busy loop", "while True: pass", "timeout"),
        everywhere("a busy loop in C", "10 ** 10 ** 10", "timeout"),
        everywhere("a busy regular expression", "import re\nre.match('(a*)*b', 'a' * 50)", "timeout"),
        everywhere(
            "a busy query",
            """
                import sqlite3
                numbers = 'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c)'
                sqlite3.connect(':memory:').execute(numbers + ' SELECT sum(x) FROM c').fetchone()
                """,
            "timeout",
        ),
        everywhere(
            "a busy sort", "class K:\n    def __lt__(s, o):\n        while True: pass\nsorted([K(), K()])", "timeout"
        ),
        everywhere("sleep without end", "import time\ntime.sleep(10 ** 6)", "timeout"),
        everywhere("sleep in slices", "import time\nwhile True: time.sleep(0.01)", "timeout", slow=True),
        everywhere("stopping itself", "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)", "timeout"),
        everywhere("a FIFO nobody writes to", "import os\nos.mkfifo('f'); open('f')", "timeout", slow=True),
        everywhere(
            "a false clock",
            """
                import time
                time.time = time.monotonic = time.process_time = time.perf_counter = lambda: 0.0
                while True: pass
                """,
            "timeout",
        ),
        everywhere(
            "no signal heard",
            """
                import signal
                for n in range(1, 65):
                    try: signal.signal(n, signal.SIG_IGN)
                    except (OSError, ValueError): pass
                while True: pass
                """,
            "timeout",
        ),
        everywhere(
            "signals blocked",
            "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\nwhile True: pass",
            "timeout",
        ),
        everywhere(
            "an interrupt swallowed",
            "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
            "timeout",
        ),
        everywhere(
            "work in a destructor",
            "class A:\n    def __del__(self):\n        while True: pass\na = A()\ndel a",
            "timeout",
        ),
        everywhere("work at exit", "import atexit\n@atexit.register\ndef f():\n    while True: pass", "timeout"),
        everywhere(
            "work on import",
            """
                import sys
                class F:
                    def find_spec(self, *a):
                        while True: pass
                sys.meta_path.insert(0, F)
                import antigravity_of_another_kind
                """,
            "timeout",
        ),
        everywhere(
            "a case that hangs",
            "def solve(x):\n    while x < 2: pass\n    return x",
            kind="literal",
            cases=3,
            must="the cases after it are still judged",
        ),
        outward(
            "work in children, where processes are allowed",
            """
            import os
            for _ in range(4):
                if os.fork() == 0:
                    while True: pass
            for _ in range(4): os.wait()
            """,
            processes=8,
            bites=False,
            slow=True,
            must="the case ends, and its children with it",
        ),
    ],
)
