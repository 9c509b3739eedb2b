"""Attacks with signals, priorities and limits of other processes."""

from __future__ import annotations

from ..attack import everywhere, outward, syscall, topic

ATTACKS = topic(
    "signals",
    "no process but its own is signalled or slowed down",
    [
        outward("the parent asked", "import os\nos.kill(os.getppid(), 0); print('escaped')"),
        outward(
            "the parent killed",
            "import os, signal\nos.kill(os.getppid(), signal.SIGKILL); print('escaped')",
            disturbs=True,
            bites=False,
        ),
        outward(
            "everything killed",
            "import os, signal\nos.kill(-1, signal.SIGKILL); print('escaped')",
            disturbs=True,
            bites=False,
        ),
        outward(
            "its group killed",
            "import os, signal\nos.killpg(os.getpgid(os.getppid()), signal.SIGKILL); print('escaped')",
            disturbs=True,
            bites=False,
        ),
        outward(
            "every process id killed",
            """
            import os, signal
            for pid in range(1, 3000):
                if pid != os.getpid():
                    try: os.kill(pid, signal.SIGKILL); print('escaped')
                    except OSError: pass
            """,
            disturbs=True,
            bites=False,
        ),
        outward("the parent continued", "import os, signal\nos.kill(os.getppid(), signal.SIGCONT); print('escaped')"),
        outward(
            "the parent's threads signalled",
            """
                import ctypes, os
                if ctypes.CDLL(None).syscall(234, os.getppid(), os.getppid(), 0) == 0: print('escaped')
                """,
            bites=False,
        ),
        outward(
            "a queued signal",
            """
                import ctypes, os
                b = ctypes.create_string_buffer(128)
                b[8] = b'\\xff'
                if ctypes.CDLL(None).syscall(129, os.getppid(), 0, b) == 0: print('escaped')
                """,
            bites=False,
        ),
        outward("a process descriptor", "import os\nos.pidfd_open(os.getppid()); print('escaped')"),
        outward(
            "a signal by descriptor",
            "import os, signal\nsignal.pidfd_send_signal(os.pidfd_open(os.getppid()), 0); print('escaped')",
        ),
        outward(
            "signals by SIGIO",
            "import fcntl, os\nr, w = os.pipe(); fcntl.fcntl(r, fcntl.F_SETOWN, os.getppid()); print('escaped')",
        ),
        outward(
            "limits of the parent read",
            "import os, resource\nprint('escaped', resource.prlimit(os.getppid(), resource.RLIMIT_CPU))",
            bites=False,
        ),
        outward(
            "limits of the parent set",
            "import os, resource\nresource.prlimit(os.getppid(), resource.RLIMIT_CPU, (1, 1)); print('escaped')",
            disturbs=True,
            bites=False,
        ),
        outward(
            "priority of the parent",
            "import os\nos.setpriority(os.PRIO_PROCESS, os.getppid(), 19); print('escaped')",
            bites=False,
        ),
        outward(
            "processors of the parent",
            "import os\nos.sched_setaffinity(os.getppid(), {0}); print('escaped')",
            bites=False,
        ),
        outward(
            "schedule of the parent",
            "import os\nos.sched_setscheduler(os.getppid(), os.SCHED_IDLE, os.sched_param(0)); print('escaped')",
            bites=False,
        ),
        outward(
            "a real-time schedule",
            "import os\nos.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50)); print('escaped')",
            bites=False,
        ),
        outward("a higher priority", "import os\nos.nice(-10); print('escaped')", bites=False),
        syscall("a higher disk priority", 251, 30, "1, 0, (1 << 13) | 0"),
        outward(
            "no death with the parent",
            "import ctypes\nif ctypes.CDLL(None).prctl(1, 0, 0, 0, 0) == 0: print('escaped')",
        ),
        outward(
            "typing into the terminal", "import fcntl\nfcntl.ioctl(0, 0x5412, b'x'); print('escaped')", bites=False
        ),
        everywhere(
            "an alarm",
            "import signal, time\nsignal.alarm(1); signal.setitimer(signal.ITIMER_REAL, 0.001)\ntime.sleep(1)",
            "error",
        ),
        everywhere(
            "timers that fire for ever",
            """
                import signal
                signal.signal(signal.SIGALRM, lambda *a: None)
                signal.setitimer(signal.ITIMER_REAL, 1e-5, 1e-5)
                while True: pass
                """,
            "timeout",
        ),
        everywhere(
            "the limit's own signal handled",
            "import signal\nsignal.signal(signal.SIGXCPU, lambda *a: None)\nwhile True: pass",
            "timeout",
        ),
    ],
)
