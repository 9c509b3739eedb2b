"""Attacks with processes and threads."""

from __future__ import annotations

from ..attack import everywhere, outward, syscall, topic

STARTING = [
    outward("fork", "import os, time\nif os.fork() == 0: time.sleep(60)\nprint('escaped')"),
    outward(
        "a daemon",
        """
        import os, signal, time
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                for number in range(1, 65):
                    try: signal.signal(number, signal.SIG_IGN)
                    except (OSError, ValueError): pass
                time.sleep(60)
            os._exit(0)
        print('escaped')
        """,
    ),
    outward(
        "a fork bomb",
        """
        import os, time
        for _ in range(7): os.fork()
        print('escaped', flush=True); time.sleep(60)
        """,
    ),
    outward("a command", "import subprocess\nprint('escaped', subprocess.run(['/bin/true']))"),
    outward("a shell", "import os\nif os.system('true') == 0: print('escaped')"),
    outward("a pipe from a shell", "import os\nprint(os.popen('echo esc''aped').read())"),
    outward("exec", "import os\nos.execv('/bin/echo', ['echo', 'escaped'])"),
    outward(
        "exec of its own file",
        """
        import os
        open('tool', 'w').write('#!/bin/sh\\necho escaped\\n'); os.chmod('tool', 0o755)
        os.execv('./tool', ['tool'])
        """,
    ),
    outward("posix_spawn", "import os\nos.posix_spawn('/bin/echo', ['echo', 'x'], {}); print('escaped')"),
    outward(
        "multiprocessing",
        """
        import multiprocessing
        p = multiprocessing.get_context('fork').Process(target=print); p.start(); print('escaped')
        """,
    ),
    outward(
        "a pool of processes",
        """
        import concurrent.futures as f
        print('escaped', f.ProcessPoolExecutor(1).submit(abs, -1).result())
        """,
    ),
    outward("a pseudo-terminal", "import pty\npid, fd = pty.fork()\nprint('escaped')", bites=False),
    outward("a browser", "import webbrowser\nif webbrowser.get('true'): print('tried')", bites=False),
    syscall("raw fork", 57, 220, "17, 0, 0, 0, 0", bites=True),
    syscall("raw clone", 56, 220, "17, 0, 0, 0, 0", bites=True),
    syscall("clone as a sibling", 56, 220, "0x8000 | 17, 0, 0, 0, 0", bites=True),
    syscall("clone into a user namespace", 56, 220, "0x10000000 | 17, 0, 0, 0, 0"),
    syscall("clone into all namespaces", 56, 220, "0x7E020000 | 17, 0, 0, 0, 0"),
    outward(
        "clone3",
        """
        import ctypes
        arguments = (ctypes.c_uint64 * 11)(0, 0, 0, 0, 17)
        if ctypes.CDLL(None).syscall(435, arguments, 88) >= 0: print('escaped')
        """,
    ),
    outward(
        "clone with shared memory",
        """
        import ctypes, mmap
        stack = ctypes.create_string_buffer(1 << 16)
        function = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)(lambda _: 0)
        top = ctypes.c_void_p((ctypes.addressof(stack) + (1 << 16)) & ~15)
        if ctypes.CDLL(None).clone(function, top, 0x100 | 0x4000 | 17, None) > 0: print('escaped', flush=True)
        """,
        bites=False,
    ),
    syscall("a program from memory", 322, 281, "libc.memfd_create(b'x', 0), b'', None, None, 0x1000"),
    outward("a file in memory", "import os\nos.memfd_create('x'); print('escaped')"),
]

ALLOWED = [
    everywhere(
        "a daemon, where processes are allowed",
        """
        import os, time
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0: time.sleep(60)
            os._exit(0)
        """,
        "wrong",
        processes=8,
    ),
    everywhere(
        "a sibling by clone, where processes are allowed",
        """
        import ctypes, os, time
        if os.uname().machine == 'x86_64' and ctypes.CDLL(None).syscall(56, 0x8000 | 17, 0, 0, 0, 0) == 0:
            os.setsid(); time.sleep(60)
        """,
        "wrong",
        processes=8,
    ),
    outward(
        "a fork bomb, where processes are allowed",
        """
        import os, time
        for _ in range(7):
            try: os.fork()
            except OSError: pass
        """,
        processes=8,
        bites=False,
        must="there are never more processes than the limit, and none is left",
    ),
    outward(
        "a process that hops, where processes are allowed",
        """
        import os
        if os.fork() == 0:
            os.setsid()
            for _ in range(20000):
                if os.fork(): os._exit(0)
        """,
        processes=8,
        held_from="strong",
        bites=False,
        must="a process that changes its id all the time is caught",
    ),
    everywhere(
        "the supervisor interrupted, where processes are allowed",
        """
        import os, signal
        for number in range(1, 65):
            if number not in (signal.SIGKILL, signal.SIGSTOP):
                try: os.kill(os.getppid(), number)
                except OSError: pass
        """,
        processes=8,
        disturbs=True,
        must="no program can have itself masked",
    ),
    everywhere(
        "a child that holds the output open",
        """
        import os, time
        if os.fork() == 0: time.sleep(60)
        print('parent')
        """,
        "wrong",
        processes=8,
    ),
    everywhere(
        "a stopped child, where processes are allowed",
        """
        import os, signal
        pid = os.fork()
        if pid == 0: os.kill(os.getpid(), signal.SIGSTOP)
        """,
        "wrong",
        "error",
        processes=8,
    ),
]

THREADS = [
    outward(
        "a thread bomb",
        """
        import threading, time
        threading.stack_size(1 << 15)
        for _ in range(400):
            threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
        print('escaped')
        """,
        held_from="strong",
    ),
    everywhere(
        "threads that loop",
        """
        import threading
        threading.stack_size(1 << 16)
        for _ in range(4):
            threading.Thread(target=lambda: [0 for _ in iter(int, 1)]).start()
        """,
        "timeout",
    ),
    everywhere(
        "a lingering thread",
        "import threading, time\nthreading.Thread(target=time.sleep, args=(1000,), daemon=True).start()",
        "wrong",
    ),
    everywhere("sys.exit in a thread", "import threading, sys\nthreading.Thread(target=sys.exit).start()", "wrong"),
]

ATTACKS = (
    topic("processes", "no process is started", STARTING)
    + topic("allowed processes", "no process outlives its case", ALLOWED)
    + topic("threads", "threads are bounded and end with the case", THREADS)
)
