"""Attacks that carry something from one case to the next: each looks for it first, then leaves it."""

from __future__ import annotations

from ..attack import Attack, everywhere, outward, topic


def _file(where: str, path: str, *, held_from: str) -> Attack:
    program = f"""
        import os
        path = os.path.expanduser({path!r})
        if os.path.exists(path): print('escaped')
        open(path, 'w').write('left')
        """
    make = everywhere if held_from == "weak" else outward
    return make(f"a file in {where}", program, cases=3)


ATTACKS = topic(
    "state",
    "a case finds nothing of the case before",
    [
        _file("the working directory", "attack-left", held_from="weak"),
        _file("the home directory", "~/attack-left", held_from="weak"),
        _file("/tmp", "/tmp/attack-left", held_from="medium"),
        _file("/var/tmp", "/var/tmp/attack-left", held_from="medium"),
        _file("/dev/shm", "/dev/shm/attack-left", held_from="medium"),
        everywhere(
            "a row in the database",
            """
            import sqlite3
            c = sqlite3.connect('shop.db')
            if c.execute("SELECT count(*) FROM users WHERE name = 'attack'").fetchone()[0]: print('escaped')
            c.execute("INSERT INTO users (name) VALUES ('attack')"); c.commit()
            """,
            "wrong",
            kind="database",
            cases=3,
        ),
        everywhere(
            "a variable of the module",
            "seen = []\ndef solve(x):\n    seen.append(x)\n    return 'escaped' if len(seen) > 1 else x",
            "wrong",
            kind="call",
            cases=3,
        ),
        everywhere(
            "a variable of the class",
            """
                class Solution:
                    seen = []
                    def solve(self, x):
                        self.seen.append(x)
                        return 'escaped' if len(self.seen) > 1 else x
                """,
            "wrong",
            kind="method",
            cases=3,
        ),
        everywhere(
            "an environment variable",
            """
                import os
                if os.environ.get('ATTACK'): print('escaped')
                os.environ['ATTACK'] = '1'; os.putenv('ATTACK', '1')
                """,
            "wrong",
            cases=3,
        ),
        everywhere(
            "a built-in function",
            "import builtins\nif hasattr(builtins, 'attack'): print('escaped')\nbuiltins.attack = 1",
            "wrong",
            cases=3,
        ),
        everywhere(
            "a module",
            "import sys\nif 'attack' in sys.modules: print('escaped')\nsys.modules['attack'] = sys",
            "wrong",
            cases=3,
        ),
        everywhere("the umask", "import os\nif os.umask(0o7) == 0o7: print('escaped')", "wrong", cases=3),
        everywhere(
            "the locale",
            """
                import locale
                if locale.setlocale(locale.LC_ALL) == 'C': print('escaped')
                locale.setlocale(locale.LC_ALL, 'C')
                """,
            "wrong",
            cases=2,
        ),
        everywhere(
            "attributes of the working directory",
            """
            import os
            if 'user.attack' in os.listxattr('.'): print('escaped')
            os.setxattr('.', 'user.attack', b'x')
            """,
            "wrong",
            "error",
            cases=3,
        ),
        everywhere(
            "the working directory itself",
            "import os\nif os.getcwd() == '/': print('escaped')\nos.chdir('/')",
            "wrong",
            cases=3,
        ),
        everywhere(
            "a timer",
            """
                import signal, time
                if signal.getitimer(signal.ITIMER_REAL) != (0, 0): print('escaped')
                signal.setitimer(signal.ITIMER_REAL, 0.2)
                """,
            "wrong",
            "error",
            cases=3,
        ),
        everywhere(
            "a signal mask",
            "import signal\nif signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1]): print('escaped')",
            "wrong",
            cases=3,
        ),
        everywhere(
            "a lower limit",
            """
                import resource
                if resource.getrlimit(resource.RLIMIT_NOFILE)[1] < 20: print('escaped')
                resource.setrlimit(resource.RLIMIT_NOFILE, (10, 10))
                """,
            "wrong",
            cases=3,
        ),
        everywhere(
            "one processor only",
            """
                import os
                if os.cpu_count() > 1 and len(os.sched_getaffinity(0)) == 1: print('escaped')
                os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
                """,
            "wrong",
            cases=3,
        ),
        everywhere(
            "a place in standard input",
            "import os\nif not os.read(0, 1 << 20): print('escaped')\nos.ftruncate(0, 0)",
            "wrong",
            "error",
            cases=3,
        ),
        everywhere(
            "a lock on the output",
            """
                import fcntl
                for fd in (0, 1, 2, 3):
                    try: fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    except OSError: pass
                """,
            "wrong",
            cases=3,
        ),
        everywhere(
            "flags of the streams",
            """
                import os
                if not os.get_blocking(0) or not os.get_blocking(2): print('escaped')
                for fd in (0, 1, 2, 3): os.set_blocking(fd, False)
                """,
            "wrong",
            cases=3,
        ),
        everywhere(
            "a name of the process",
            """
                import ctypes
                b = ctypes.create_string_buffer(16)
                ctypes.CDLL(None).prctl(16, b, 0, 0, 0)
                if b.value == b'attack': print('escaped')
                ctypes.CDLL(None).prctl(15, b'attack', 0, 0, 0)
                """,
            "wrong",
            cases=3,
        ),
        outward(
            "System V shared memory",
            """
                import ctypes
                libc = ctypes.CDLL(None)
                if libc.shmget(99, 10, 0o600) >= 0: print('escaped')
                libc.shmget(99, 10, 0o1600)
                """,
            cases=2,
        ),
        outward(
            "a System V semaphore",
            """
                import ctypes
                libc = ctypes.CDLL(None)
                if libc.semget(99, 1, 0o600) >= 0: print('escaped')
                libc.semget(99, 1, 0o1600)
                """,
            cases=2,
        ),
        outward(
            "a System V queue",
            """
                import ctypes
                libc = ctypes.CDLL(None)
                if libc.msgget(99, 0o600) >= 0: print('escaped')
                libc.msgget(99, 0o1600)
                """,
            cases=2,
        ),
        outward(
            "POSIX shared memory",
            """
                from multiprocessing import shared_memory as s
                try: s.SharedMemory('attack'); print('escaped')
                except FileNotFoundError: s.SharedMemory('attack', True, 10)
                """,
            cases=2,
            bites=False,
        ),
        outward(
            "a POSIX semaphore",
            "import ctypes\nif ctypes.CDLL(None).sem_open(b'/attack', 0o100 | 0o200, 0o600, 1) != 0: print('escaped')",
        ),
        outward(
            "a POSIX queue",
            """
                import ctypes
                libc = ctypes.CDLL('librt.so.1')
                if libc.mq_open(b'/attack', 0, 0, None) >= 0: print('escaped')
                libc.mq_open(b'/attack', 0o102, 0o600, None)
                """,
            cases=2,
            bites=False,
        ),
        outward(
            "a key",
            "import ctypes\nif ctypes.CDLL(None).syscall(248, b'user', b'attack', b'x', 1, -4) > 0: print('escaped')",
            bites=False,
        ),
        everywhere(
            "literals answered ahead",
            "import json, os\nanswers = iter(range(10 ** 6))\ndef solve(x): return next(answers)",
            "wrong",
            kind="literal",
            cases=3,
        ),
    ],
)
