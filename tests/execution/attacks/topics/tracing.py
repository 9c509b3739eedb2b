"""Attacks on the memory and the descriptors of other processes."""

from __future__ import annotations

from ..attack import everywhere, outward, syscall, topic

ATTACKS = topic(
    "other processes",
    "no process but its own is read, written or traced",
    [
        outward(
            "the parent attached to",
            "import ctypes, os\nif ctypes.CDLL(None).ptrace(16, os.getppid(), 0, 0) == 0: print('escaped')",
            disturbs=True,
            bites=False,
        ),
        outward(
            "the parent seized",
            "import ctypes, os\nif ctypes.CDLL(None).ptrace(0x4206, os.getppid(), 0, 0) == 0: print('escaped')",
            disturbs=True,
            bites=False,
        ),
        outward("itself traced", "import ctypes\nif ctypes.CDLL(None).ptrace(0, 0, 0, 0) == 0: print('escaped')"),
        outward(
            "the parent's memory as a file",
            "import os\nopen(f'/proc/{os.getppid()}/mem', 'rb'); print('escaped')",
            bites=False,
        ),
        outward(
            "the parent's descriptors as files",
            "import os\nprint('escaped', os.listdir(f'/proc/{os.getppid()}/fd'))",
            bites=False,
        ),
        outward(
            "the parent's map",
            "import os\nprint('escaped', open(f'/proc/{os.getppid()}/maps').read(100) or 1 / 0)",
            bites=False,
        ),
        syscall(
            "the parent's memory read",
            310,
            270,
            "os.getppid(), (ctypes.c_void_p * 2)(id(buffer) + 64, 8), 1, (ctypes.c_void_p * 2)(id(None), 8), 1, 0",
        ),
        syscall(
            "the parent's memory written",
            311,
            271,
            "os.getppid(), (ctypes.c_void_p * 2)(id(buffer), 0), 1, (ctypes.c_void_p * 2)(id(None), 0), 1, 0",
        ),
        syscall("the parent's descriptor taken", 438, 438, "libc.syscall(434, os.getppid(), 0), 3, 0"),
        syscall("the parent compared with", 312, 272, "os.getppid(), os.getpid(), 0, 1, 1"),
        syscall(
            "the parent's memory advised",
            440,
            440,
            "libc.syscall(434, os.getppid(), 0), (ctypes.c_void_p * 2)(id(None), 8), 1, 20, 0",
        ),
        syscall("performance counters", 298, 241, "buffer, -1, 0, -1, 0"),
        everywhere(
            "expected values in the memory of the grader",
            """
            import os, re
            pattern = re.compile(b'tul' + b'ip-[0-9a-f]' + b'{16}')
            for pid in sorted(map(int, filter(str.isdecimal, os.listdir('/proc')))):
                if pid == os.getpid(): continue
                try:
                    memory = open(f'/proc/{pid}/mem', 'rb', 0)
                    for line in open(f'/proc/{pid}/maps'):
                        start, end = (int(part, 16) for part in line.split()[0].split('-'))
                        if ' rw' not in line or end - start > 1 << 25: continue
                        memory.seek(start)
                        if found := pattern.search(memory.read(end - start)):
                            print(found.group().decode()); raise SystemExit
                except (OSError, ValueError, OverflowError): pass
            """,
            "wrong",
            "error",
            "timeout",
            "memory",
        ),
    ],
)
