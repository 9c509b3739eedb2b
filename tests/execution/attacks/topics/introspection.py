"""Attacks that look for expected values, or change the harness around the program."""

from __future__ import annotations

from ..attack import SECRET_PATTERN, everywhere, topic

# Reads this process's own memory without ever touching a bad address: write(2) answers EFAULT for one.
_SCAN = """
import ctypes, os, re
libc = ctypes.CDLL(None, use_errno=True)
libc.sbrk.restype = ctypes.c_void_p
libc.pwrite.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_long)
def pages(start, stop, page=1 << 16):
    fd = os.open('page', os.O_RDWR | os.O_CREAT)
    for address in range(start & ~(page - 1), stop, page):
        if libc.pwrite(fd, address, page, 0) == page:
            yield os.pread(fd, page, 0)
def regions():
    top = libc.sbrk(0)
    yield top - (24 << 20), top
    for thing in (object(), [], {}, 'x', os, print):
        yield id(thing) - (8 << 20), id(thing) + (8 << 20)
def search(pattern):
    for start, stop in regions():
        for page in pages(start, stop):
            yield from re.findall(pattern, page)
"""

_GUESS = "re.compile(b'tul' + b'ip-[0-9a-f]' + b'{16}')"

SEARCHES = [
    everywhere(
        "expected values in memory",
        _SCAN + f"for found in search({_GUESS}): print(found.decode()); break",
        "wrong",
        "timeout",
    ),
    everywhere(
        "expected values in memory, from a call",
        _SCAN + f"def solve(x): return next(search({_GUESS}), b'').decode()",
        "wrong",
        "timeout",
        kind="call",
        cases=2,
    ),
    everywhere(
        "expected values in memory, from literals",
        _SCAN + f"def solve(x): return next(search({_GUESS}), b'').decode()",
        "wrong",
        "timeout",
        kind="literal",
        cases=2,
    ),
    everywhere(
        "programs of others in memory",
        _SCAN
        + "for found in search(re.compile(b'neighbour' + b'-[0-9a-f]' + b'{16}')): print('escaped', found); break",
        "wrong",
        "timeout",
        must="no program sees another",
    ),
    everywhere(
        "expected values among all objects",
        f"""
        import gc, re
        gc.unfreeze()
        def walk(items, depth):
            for item in items:
                if isinstance(item, (str, bytes)):
                    text = item if isinstance(item, str) else item.decode('latin-1')
                    if found := re.search({SECRET_PATTERN!r}, text): print(found.group()); raise SystemExit
                elif depth: walk(gc.get_referents(item), depth - 1)
        walk(gc.get_objects(), 2)
        """,
        "wrong",
        "timeout",
        "memory",
        "error",
    ),
    everywhere(
        "expected values in frames",
        f"""
        import re, sys
        def solve(x):
            frame = sys._getframe()
            while frame:
                found = re.search({SECRET_PATTERN!r}, repr(frame.f_locals) + repr(list(frame.f_globals)))
                if found: return found.group()
                frame = frame.f_back
        """,
        "wrong",
        "error",
        kind="call",
        cases=2,
    ),
    everywhere(
        "expected values in modules",
        f"""
        import re, sys
        def solve(x):
            for module in list(sys.modules.values()):
                found = re.search({SECRET_PATTERN!r}, repr(getattr(module, '__dict__', '')))
                if found: return found.group()
        """,
        "wrong",
        "error",
        "timeout",
        kind="literal",
        cases=2,
    ),
    everywhere(
        "arguments and environment", "import os, sys\nprint(sys.argv, sys.orig_argv, dict(os.environ))", "wrong"
    ),
    everywhere(
        "the environment of the grader",
        "import os\nprint('escaped' if 'ATTACK_CANARY' in os.environ else 'no')",
        "wrong",
    ),
    everywhere("the grader's modules", "import real.execution\nprint('escaped')", "error"),
    everywhere(
        "expected values in files",
        f"""
        import os, re
        for root in ('.', '..', os.path.expanduser('~'), '/tmp', '/dev/shm', '/box'):
            for folder, _, names in os.walk(root):
                for name in names[:100]:
                    try:
                        fd = os.open(os.path.join(folder, name), os.O_RDONLY | os.O_NONBLOCK)
                        found = re.search({SECRET_PATTERN!r}.encode(), os.read(fd, 1 << 16)); os.close(fd)
                    except OSError: continue
                    if found: print(found.group().decode()); raise SystemExit
        """,
        "wrong",
        "timeout",
        "error",
    ),
]

CHANGES = [
    everywhere(
        "frames of the harness emptied",
        "import sys\nf = sys._getframe()\nwhile f:\n    f.f_globals.clear(); f = f.f_back",
        "wrong",
        "error",
    ),
    everywhere(
        "locals of the harness changed",
        """
        import ctypes, sys
        frame = sys._getframe()
        while frame:
            for name, value in (('status', 0), ('report', {}), ('claims', None), ('killed', ''), ('ending', None)):
                frame.f_locals[name] = value
            ctypes.pythonapi.PyFrame_LocalsToFast(ctypes.py_object(frame), 0)
            frame = frame.f_back
        """,
        "wrong",
        "error",
    ),
    everywhere(
        "functions of the harness replaced",
        """
        import gc, types
        gc.unfreeze()
        def yes(*a, **k): return True
        names = ('same_value', 'same_text', 'judge', 'failed', '_send', 'encode', 'describe')
        for item in gc.get_objects():
            if isinstance(item, types.FunctionType) and item.__name__ in names:
                try: item.__code__ = yes.__code__
                except ValueError: pass
        def solve(x): return x
        """,
        "wrong",
        "error",
        kind="call",
        cases=2,
    ),
    everywhere(
        "globals of the harness replaced",
        """
        import sys
        def solve(x):
            frame = sys._getframe(1)
            while frame:
                for name in ('encode', '_send', '_claim_value', 'describe', 'json'):
                    frame.f_globals[name] = lambda *a, **k: {'value': True}
                frame = frame.f_back
            return x
        """,
        "wrong",
        "error",
        kind="literal",
        cases=3,
    ),
    everywhere(
        "built-in functions replaced",
        """
        import builtins, sys
        builtins.print = lambda *a: None
        builtins.str = builtins.len = builtins.open = builtins.isinstance = builtins.type = builtins.repr = None
        sys.stdout = sys.stderr = None
        sys.modules.clear()
        """,
        "wrong",
        "error",
    ),
    everywhere(
        "built-in types replaced",
        """
            import builtins
            builtins.type = lambda *a: str
            builtins.isinstance = lambda *a: True
            builtins.repr = lambda *a: ''
            def solve(x): return object()
            """,
        "wrong",
        "error",
        kind="call",
        cases=2,
    ),
    everywhere(
        "json replaced",
        """
            import json, os
            json.dumps = json.loads = lambda *a, **k: '{"value": true}'
            os._exit = lambda c: None
            def solve(x): return 1
            """,
        "wrong",
        "error",
        kind="call",
        cases=2,
    ),
    everywhere(
        "os.write replaced",
        "import os\nos.write = lambda fd, data: len(data)\ndef solve(x): return x",
        "error",
        kind="call",
        cases=2,
    ),
    everywhere("os._exit replaced", "import os, sys\nos._exit = sys.exit = lambda *a: None\nprint('x')", "wrong"),
    everywhere(
        "threading replaced",
        "import threading, atexit\nthreading._shutdown = atexit._run_exitfuncs = lambda: 1 / 0\nprint('x')",
        "wrong",
        "error",
    ),
    everywhere(
        "sys.modules replaced",
        "import sys\nfor name in list(sys.modules): sys.modules[name] = None\ndef solve(x): return x",
        "wrong",
        "error",
        kind="literal",
        cases=2,
    ),
    everywhere("input replaced", "import builtins\nbuiltins.input = lambda *a: 'x'\nprint(input())", "wrong"),
    everywhere(
        "a tracer",
        """
        import sys
        def trace(frame, event, value):
            for name in ('right', 'status', 'value', 'message'):
                if name in frame.f_locals: frame.f_locals[name] = True
            return trace
        sys.settrace(trace); sys.setprofile(trace)
        def solve(x):
            f = sys._getframe()
            while f: f.f_trace = trace; f = f.f_back
            return x
        """,
        "wrong",
        "error",
        kind="literal",
        cases=3,
    ),
    everywhere(
        "an audit hook",
        "import sys\ndef hook(*a): raise SystemExit(0)\nsys.addaudithook(hook)\ndef solve(x): return x",
        "wrong",
        "error",
        kind="call",
        cases=2,
    ),
    everywhere(
        "a collector callback", "import gc, os\ngc.callbacks.append(lambda *a: os._exit(0))\ngc.collect()", "wrong"
    ),
    everywhere(
        "small integers changed",
        "import ctypes\nctypes.memmove(id(1) + 24, id(2) + 24, 4)\ndef solve(x): return 1",
        "wrong",
        "error",
        kind="call",
        cases=2,
    ),
    everywhere(
        "its own name taken from the harness",
        "import sys\nsys.modules['__main__'].__dict__.clear()\nsys.modules['program'] = sys\ndef solve(x): return x",
        "wrong",
        "error",
        kind="call",
        cases=2,
    ),
    everywhere(
        "the entry point named twice",
        "solve = property(lambda s: 1)\ndef __getattr__(name): return lambda *a: True",
        "error",
        kind="call",
        cases=2,
    ),
    everywhere(
        "a dictionary of globals that lies",
        """
            class D(dict):
                __contains__ = lambda *a: True
                __getitem__ = lambda *a: (lambda *b: True)
            import sys
            sys._getframe().f_globals['__builtins__'] = D()
            def solve(x): return x
            """,
        "wrong",
        "error",
        kind="literal",
        cases=2,
    ),
]

ATTACKS = topic("searching", "no expected value and no other program is where a program can look", SEARCHES) + topic(
    "harness", "a changed harness can only claim, and a claim is compared outside", CHANGES
)
