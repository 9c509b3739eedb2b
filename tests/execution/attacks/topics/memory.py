"""Attacks on memory."""

from __future__ import annotations

from ..attack import everywhere, topic

_OUT = ("memory", "error", "timeout")

ATTACKS = topic(
    "memory",
    "no process gets more than its limit",
    [
        everywhere("one large object", "x = 'x' * (1 << 40)", "memory"),
        everywhere("doubling", "x = [0]\nwhile True: x += x", "memory", "timeout"),
        everywhere("many small objects", "x = []\nwhile True: x.append(object())", *_OUT),
        everywhere("a list of lists", "x = []\nwhile True: x = [x, x[:], [None] * 1000]", *_OUT),
        everywhere("a dictionary", "x = {}\nfor i in iter(int, 1): x[len(x)] = bytes(10000)", *_OUT),
        everywhere(
            "cycles without collector",
            "import gc\ngc.disable()\nwhile True:\n    x = [bytes(1 << 16)]; x.append(x)",
            *_OUT,
        ),
        everywhere("an anonymous mapping", "import mmap\nm = mmap.mmap(-1, 1 << 34)\nprint('escaped')", *_OUT),
        everywhere(
            "many shared mappings",
            """
            import mmap
            maps = []
            for _ in range(1000):
                maps.append(mmap.mmap(-1, 1 << 20)); maps[-1].write(bytes(1 << 20))
            print('escaped')
            """,
            *_OUT,
        ),
        everywhere(
            "a file mapped in memory",
            """
            import mmap
            with open('f', 'wb') as file: file.truncate(1 << 20)
            maps = []
            for _ in range(1000):
                with open('f', 'r+b') as file: maps.append(mmap.mmap(file.fileno(), 0, mmap.MAP_PRIVATE))
                maps[-1].write(bytes(1 << 20))
            print('escaped')
            """,
            *_OUT,
        ),
        everywhere(
            "malloc",
            """
            import ctypes
            libc = ctypes.CDLL(None); libc.malloc.restype = ctypes.c_void_p
            for _ in range(2000):
                p = libc.malloc(1 << 20)
                if not p: raise MemoryError
                ctypes.memset(p, 1, 1 << 20)
            print('escaped')
            """,
            *_OUT,
        ),
        everywhere(
            "sbrk",
            """
                import ctypes
                libc = ctypes.CDLL(None)
                libc.sbrk.restype = ctypes.c_long
                if libc.sbrk(ctypes.c_long(1 << 32)) == -1: raise MemoryError
                """,
            *_OUT,
        ),
        everywhere(
            "pipes full of data",
            """
            import fcntl, os
            for _ in range(1000):
                r, w = os.pipe(); os.set_blocking(w, False)
                try: fcntl.fcntl(w, 1031, 1 << 20)
                except OSError: pass
                os.write(w, bytes(1 << 20))
            """,
            "error",
        ),
        everywhere("locked memory", "import ctypes\nif ctypes.CDLL(None).mlockall(3) == 0: print('escaped')", "wrong"),
        everywhere(
            "a decompression bomb",
            """
                import zlib
                d = zlib.compress(bytes(1 << 20)) 
                b = zlib.decompress(zlib.compress(d * 200))
                x = [zlib.decompress(d) for _ in range(10 ** 4)]
                """,
            *_OUT,
        ),
        everywhere("a wide format", "x = '%1000000000d' % 1", "memory"),
        everywhere(
            "SQLite memory",
            "import sqlite3\nsqlite3.connect(':memory:').execute('SELECT hex(zeroblob(900000000))').fetchone()",
            *_OUT,
        ),
        everywhere("a large integer", "x = 1 << (1 << 34)", "memory", "error"),
        everywhere(
            "raised limits",
            """
            import resource
            for which in (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE):
                highest = resource.getrlimit(which)[1]  # asking for more need not raise; what counts is what one has
                for wanted in (resource.RLIM_INFINITY, highest + 1, highest * 2):
                    try: resource.setrlimit(which, (wanted, wanted))
                    except (ValueError, OSError): pass
                    if resource.getrlimit(which)[1] != highest: print('escaped')
            """,
            "wrong",
        ),
        everywhere(
            "limits raised to the hard one",
            """
            import resource
            for which in (resource.RLIMIT_AS, resource.RLIMIT_CPU):
                hard = resource.getrlimit(which)[1]; resource.setrlimit(which, (hard, hard))
            x = bytearray(240 << 20); print('escaped')
            """,
            "memory",
            "timeout",
        ),
        everywhere(
            "recursion in Python",
            "import sys\nsys.setrecursionlimit(10 ** 9)\ndef f(): return [f()].sort()\nf()",
            *_OUT,
        ),
        everywhere(
            "recursion in C",
            "import sys\nsys.setrecursionlimit(10 ** 9)\nx = []\nfor _ in range(10 ** 6): x = [x]\nrepr(x)",
            *_OUT,
        ),
    ],
)
