"""Attacks through seldom used kernel interfaces; most also need a right that no program has."""

from __future__ import annotations

from ..attack import everywhere, outward, syscall, topic

NAMESPACES = [
    syscall("a user namespace", 272, 97, "0x10000000"),
    syscall("all namespaces", 272, 97, "0x7E020000"),
    syscall("a time namespace", 272, 97, "0x80"),
    syscall("the parent's namespaces", 308, 268, "libc.syscall(434, os.getppid(), 0), 0x20000"),
    syscall("a mount", 165, 40, "b'x', b'.', b'tmpfs', 0, None"),
    syscall("a mount removed", 166, 39, "b'/proc', 2"),
    syscall("a bind mount", 165, 40, "b'/', b'.', None, 0x1000, None"),
    syscall("a mount by descriptor", 430, 430, "b'tmpfs', 0"),
    syscall("a tree of mounts", 428, 428, "-100, b'/', 0x8001"),
    syscall("attributes of a mount", 442, 442, "-100, b'/', 0, (ctypes.c_uint64 * 4)(0, 1), 32"),
    syscall("another root", 155, 41, "b'.', b'.'"),
    syscall("a changed root", 161, 51, "b'.'"),
    outward(
        "out of a changed root",
        """
        import os
        os.mkdir('jail'); os.chroot('jail')
        for _ in range(100): os.chdir('..')
        os.chroot('.'); print('escaped')
        """,
        bites=False,
    ),
    syscall("a file by handle", 304, 265, "-100, buffer, 0"),
    syscall(
        "the handle of a file",
        303,
        264,
        "-100, b'/', (ctypes.c_uint32 * 64)(128), ctypes.byref(ctypes.c_int()), 0",
        bites=True,
    ),
]

RIGHTS = [
    outward("another user", "import os\nos.setuid(0 if os.getuid() else 1); print('escaped')", bites=False),
    outward("other groups", "import os\nos.setgroups([0, 1, 2]); print('escaped')", bites=False),
    outward(
        "all users tried",
        """
            import os
            for uid in (0, 1, 1000, 65534):
                if uid != os.getuid():
                    try: os.setresuid(uid, uid, uid); print('escaped')
                    except OSError: pass
            """,
        bites=False,
    ),
    outward(
        "capabilities raised",
        """
            import ctypes
            header = (ctypes.c_uint32 * 2)(0x20080522, 0); data = (ctypes.c_uint32 * 6)(*[0xFFFFFFFF] * 3)
            if ctypes.CDLL(None).capset(header, data) == 0: print('escaped')
            """,
        bites=False,
    ),
    everywhere(
        "capabilities held",
        """
            import ctypes
            header = (ctypes.c_uint32 * 2)(0x20080522, 0); data = (ctypes.c_uint32 * 6)()
            ctypes.CDLL(None).capget(header, data)
            if any(data): print('escaped')
            """,
        "wrong",
    ),
    outward("a set-uid program", "import os\nos.execv('/bin/su', ['su', '-c', 'echo escaped'])", bites=False),
    outward(
        "set-uid by itself",
        """
            import os
            open('s', 'w').close(); os.chmod('s', 0o4755)
            print('escaped' if os.stat('s').st_uid == 0 != os.getuid() else 'no')
            """,
        bites=False,
    ),
    outward(
        "new privileges allowed again",
        "import ctypes\nif ctypes.CDLL(None).prctl(38, 0, 0, 0, 0) == 0: print('escaped')",
        bites=False,
    ),
    outward("dumpable", "import ctypes\nif ctypes.CDLL(None).prctl(4, 1, 0, 0, 0) == 0: print('escaped')"),
    outward(
        "secure bits", "import ctypes\nif ctypes.CDLL(None).prctl(28, 0, 0, 0, 0) == 0: print('escaped')", bites=False
    ),
    outward(
        "its memory map moved",
        "import ctypes\nif ctypes.CDLL(None).prctl(35, 1, 0, 0, 0) == 0: print('escaped')",
        bites=False,
    ),
    outward("a subreaper", "import ctypes\nif ctypes.CDLL(None).prctl(36, 1, 0, 0, 0) == 0: print('escaped')"),
    outward(
        "filters in strict mode",
        "import ctypes\nif ctypes.CDLL(None).prctl(22, 0, 0, 0, 0) == 0: print('escaped')",
        bites=False,
    ),
    outward(
        "a filter that asks another",
        """
        import ctypes, os
        code = ctypes.create_string_buffer(bytes([6, 0, 0, 0, 0, 0, 255, 127]), 8)
        program = (ctypes.c_uint64 * 2)(1, ctypes.addressof(code))
        number = {'x86_64': 317, 'aarch64': 277}[os.uname().machine]
        if ctypes.CDLL(None).syscall(number, 1, 8, program) >= 0: print('escaped')
        """,
    ),
    syscall("another personality", 135, 92, "0x0040000", bites=True),
]

INTERFACES = [
    syscall("BPF", 321, 280, "0, (ctypes.c_uint32 * 32)(2, 4, 4, 1), 128"),
    syscall("faults handled by itself", 323, 282, "1", bites=True),
    syscall("notices of all files", 300, 262, "0x200, 0"),
    syscall("notices of files", 294, 26, "0", bites=True),
    syscall("a key ring", 250, 219, "1, None, 0, 0, 0"),
    syscall("a requested key", 249, 218, "b'user', b'attack', b'x', -4"),
    syscall("secret memory", 447, 447, "0"),
    syscall("a queue of messages", 240, 180, "b'attack', 0o102, 0o600, None"),
    syscall("a queue removed", 241, 181, "b'attack'"),
    syscall(
        "the table of mounts", 457, 457, "(ctypes.c_uint64 * 3)(24, 0xFFFFFFFFFFFFFFFF, 0), buffer, 4, 0", bites=False
    ),
    syscall("the kernel's log", 103, 116, "10, None, 0"),
    syscall("the clock set", 227, 112, "0, (ctypes.c_long * 2)(1, 0)"),
    syscall("the clock adjusted", 159, 171, "(ctypes.c_long * 40)(1)"),
    syscall("the host renamed", 170, 161, "b'attack', 6"),
    syscall("ports", 172, None, "3"),
    syscall("a table of segments", 154, None, "1, (ctypes.c_uint32 * 4)(0, 0, 0xFFFFF, 0x51), 16"),
    syscall("a disk quota", 179, 60, "0x80000100, b'/dev/vda', 0, buffer"),
    syscall("pages moved", 279, 239, "os.getppid(), 0, None, None, None, 0"),
    outward(
        "objects of others listed",
        """
            import ctypes
            b = ctypes.create_string_buffer(256)
            if ctypes.CDLL(None).shmctl(0, 13, b) >= 0: print('escaped')
            """,
    ),
    outward(
        "shared memory of others removed",
        """
        import ctypes
        libc = ctypes.CDLL(None)
        for identity in range(64):
            if libc.shmctl(identity, 0, None) == 0: print('escaped')
        """,
    ),
    outward(
        "messages of others read",
        """
        import ctypes
        libc = ctypes.CDLL(None); buffer = ctypes.create_string_buffer(4096)
        for identity in range(64):
            if libc.msgrcv(identity, buffer, 4000, 0, 0o4000 | 0o10000) >= 0: print('escaped')
        """,
    ),
    outward(
        "messages to others",
        """
        import ctypes
        libc = ctypes.CDLL(None)
        for identity in range(64):
            if libc.msgsnd(identity, (ctypes.c_long * 2)(1, 1), 8, 0o4000) == 0: print('escaped')
        """,
    ),
    outward(
        "semaphores of others changed",
        """
        import ctypes, struct
        libc = ctypes.CDLL(None)
        for identity in range(64):
            if libc.semop(identity, struct.pack('=HhH', 0, 1, 0o4000), 1) == 0: print('escaped')
        """,
    ),
]

ATTACKS = (
    topic("namespaces", "no namespace, mount or root is made, joined or changed", NAMESPACES)
    + topic("rights", "no right is won", RIGHTS)
    + topic("kernel", "the interface is denied", INTERFACES)
)
