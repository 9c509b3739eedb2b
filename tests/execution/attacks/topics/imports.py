"""Attacks through imports and start-up files."""

from __future__ import annotations

from ..attack import everywhere, outward, topic

_BOTH = ("wrong", "error")

ATTACKS = topic(
    "imports",
    "no import and no start-up file of a program acts in another process",
    [
        everywhere(
            "start-up files in its folders",
            """
            import os, site, sys
            if 'attack_started' in sys.modules or os.environ.get('ATTACK'): print('escaped')
            line = "import os; os.environ['ATTACK'] = '1'"
            home = os.path.expanduser('~')
            for folder in ('.', home, home + '/.local/lib/python%d.%d/site-packages' % sys.version_info[:2]):
                os.makedirs(folder, exist_ok=True)
                for name in ('sitecustomize.py', 'usercustomize.py', 'attack.pth', '.pythonrc', 'pyvenv.cfg'):
                    open(os.path.join(folder, name), 'w').write(line)
            """,
            "wrong",
            cases=3,
        ),
        everywhere(
            "modules of the same name in its folder",
            """
            import os, sys
            if 'shadowed' in sys.modules: print('escaped')
            for name in ('json', 'os', 'sqlite3', 'random', 'numpy', 'frames', 'claims', 'jail'):
                open(name + '.py', 'w').write("import sys; sys.modules['shadowed'] = sys; print('escaped')")
            def solve(x):
                import random, json, colorsys, sqlite3
                return 'escaped' if 'shadowed' in sys.modules else x
            """,
            *_BOTH,
            kind="call",
            cases=3,
        ),
        outward(
            "start-up files of the interpreter",
            """
            import os, sys
            own = os.getcwd()  # the program's own folder is first on its path, as with python3 program.py
            for folder in (name for name in sys.path if os.path.abspath(name or '.') != own):
                try: open(os.path.join(folder, 'sitecustomize.py'), 'w').write('raise SystemExit'); print('escaped')
                except OSError: pass
            """,
            bites=False,
        ),
        outward(
            "byte code of the standard library",
            """
            import colorsys
            open(colorsys.__cached__, 'r+b').write(bytes(16)); print('escaped')
            """,
            bites=False,
        ),
        everywhere(
            "variables for later interpreters",
            """
            import os
            if os.environ.get('PYTHONSTARTUP'): print('escaped')
            os.environ.update(PYTHONSTARTUP='/box/x.py', PYTHONPATH='/box', PYTHONINSPECT='1', LD_PRELOAD='/box/x.so')
            """,
            "wrong",
            cases=2,
        ),
        everywhere(
            "a finder in front",
            """
                import sys
                class F:
                    def find_spec(self, *a): raise SystemExit(0)
                sys.meta_path.insert(0, F())
                def solve(x): return x
                """,
            *_BOTH,
            kind="literal",
            cases=3,
        ),
        everywhere(
            "no finders",
            """
                import sys
                sys.meta_path.clear(); sys.path_hooks.clear(); sys.path.clear(); sys.path_importer_cache.clear()
                def solve(x): return x
                """,
            *_BOTH,
            kind="literal",
            cases=3,
        ),
        everywhere(
            "__import__ replaced",
            """
                import builtins
                real = builtins.__import__
                class A:
                    __getattr__ = __call__ = lambda s, *a, **k: s
                    __eq__ = lambda s, o: True
                builtins.__import__ = lambda *a: A()
                def solve(x):
                    import numpy
                    return numpy.array(x)
                """,
            *_BOTH,
            kind="literal",
            cases=3,
        ),
        everywhere(
            "the harness imported anew",
            "import sys\nsys.path.insert(0, '.')\nfrom jail import harness\nprint('escaped')",
            "error",
        ),
        everywhere("the launcher's main module", "import __main__\nprint(sorted(vars(__main__)))", "wrong"),
        everywhere(
            "a module from a zip file",
            """
                import sys, zipfile
                with zipfile.ZipFile('z.zip', 'w') as z: z.writestr('inside.py', 'print(1)')
                sys.path.insert(0, 'z.zip')
                import inside
                """,
            "wrong",
        ),
        everywhere(
            "os reloaded",
            "import importlib, os, json, sys\nfor m in (json, os): importlib.reload(m)\nprint('x')",
            *_BOTH,
        ),
        everywhere(
            "a codec of its own",
            """
                import codecs
                codecs.register(lambda n: 1 / 0)
                codecs.lookup_error('strict')
                print('x')
                def solve(x): return x
                """,
            *_BOTH,
            kind="call",
            cases=2,
        ),
        everywhere(
            "a C extension of its own",
            "import ctypes\nopen('x.so', 'wb').write(b'\\x7fELF' + bytes(100))\nctypes.CDLL('./x.so')",
            "error",
        ),
        everywhere(
            "an unusable module",
            "import sys\nsys.modules['json.encoder'] = sys.modules['os'] = 7\ndef solve(x): return x",
            *_BOTH,
            kind="call",
            cases=2,
        ),
    ],
)
