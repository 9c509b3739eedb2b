"""Attacks that end their own process in every way there is."""

from __future__ import annotations

from ..attack import everywhere, topic

ATTACKS = topic(
    "crashes",
    "a crash is the program's error, and the worker serves on",
    [
        everywhere("a null pointer", "import ctypes\nctypes.string_at(0)", "error"),
        everywhere("a jump to nowhere", "import ctypes\nctypes.CFUNCTYPE(None)(1)()", "error"),
        everywhere("abort", "import os\nos.abort()", "error"),
        everywhere(
            "abort in a thread",
            "import os, threading\nt = threading.Thread(target=os.abort); t.start(); t.join()",
            "error",
        ),
        everywhere("stack overflow in C", "import faulthandler\nfaulthandler._stack_overflow()", "error"),
        everywhere("a fatal error", "import faulthandler\nfaulthandler._fatal_error_c_thread()", "error"),
        everywhere(
            "a bus error",
            "import mmap\nf = open('f', 'w+b'); f.truncate(4096)\nm = mmap.mmap(f.fileno(), 4096); f.truncate(0); m[0]",
            "error",
        ),
        everywhere(
            "a corrupt None",
            "import ctypes\nctypes.memset(id(None), 0, 16)\nx = [None] * 10; del x",
            "error",
            "wrong",
            "timeout",
            "memory",
        ),
        everywhere(
            "corrupt byte code",
            "c = (lambda: 0).__code__\nexec(c.replace(co_code=bytes([100, 255] * 50), co_stacksize=1))",
            "error",
            "wrong",
            "timeout",
            "memory",
        ),
        everywhere(
            "a corrupt heap",
            """
                import ctypes
                libc = ctypes.CDLL(None); libc.malloc.restype = ctypes.c_void_p
                p = libc.malloc(2000)
                ctypes.memset(p - 16, 255, 2064); libc.free(ctypes.c_void_p(p)); libc.free(ctypes.c_void_p(p))
                x = [bytes(n) for n in range(9999)]
                """,
            "error",
            "wrong",
            "memory",
            "timeout",
        ),
        everywhere(
            "a foreign system call", "import ctypes\nctypes.CDLL(None).syscall(0x40000000 | 39)", "error", "wrong"
        ),
        everywhere(
            "an unknown system call",
            "import ctypes\nif ctypes.CDLL(None).syscall(100000) >= 0: print('escaped')",
            "wrong",
        ),
        everywhere(
            "exit by raw call",
            "import ctypes, os\nctypes.CDLL(None).syscall({'x86_64': 231, 'aarch64': 94}[os.uname().machine], 0)",
            "wrong",
        ),
        everywhere("the interpreter ended", "import ctypes\nctypes.pythonapi.Py_FinalizeEx()", "error", "wrong"),
        everywhere("killing itself", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "memory", "error"),
        *(
            everywhere(
                f"killing itself with signal {number}",
                f"import os\nos.kill(os.getpid(), {number})",
                "error",
                "timeout",
                "wrong",
            )
            for number in (1, 4, 8, 13, 24, 25, 31, 64)
        ),
        *(everywhere(f"exit code {code}", f"import os\nos._exit({code})", "error") for code in (71, 77, 137, 255)),
        everywhere(
            "a function that crashes",
            "import ctypes\ndef solve(x): return ctypes.string_at(0)",
            "error",
            kind="call",
            cases=2,
        ),
        everywhere(
            "a second case that crashes",
            "import os\ndef solve(x):\n    if x: os.abort()",
            "wrong",
            "error",
            kind="literal",
            cases=3,
        ),
    ],
)
