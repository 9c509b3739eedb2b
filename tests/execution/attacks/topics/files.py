"""Attacks through the file system."""

from __future__ import annotations

from ..attack import everywhere, outward, topic

OUTSIDE = [
    outward("a file by its path", "print('escaped', open('/tmp/attack-witness/canary').read())"),
    outward("a file by many parents", "print('escaped', open('../' * 30 + 'tmp/attack-witness/canary').read())"),
    outward(
        "a file relative to a folder",
        """
        import os
        root = os.open('/', os.O_PATH)
        fd = os.open('tmp/attack-witness/canary', os.O_RDONLY, dir_fd=root)
        print('escaped', os.read(fd, 100))
        """,
    ),
    outward(
        "a file from another working directory",
        """
        import os
        os.chdir('/tmp/attack-witness')
        print('escaped', open('canary').read())
        """,
    ),
    outward(
        "a file through a symbolic link",
        """
        import os
        os.symlink('/tmp/attack-witness/canary', 's')
        print('escaped', open('s').read())
        """,
    ),
    outward(
        "a file through a linked folder",
        """
        import os
        os.symlink('/tmp', 'tmp')
        print('escaped', open('tmp/attack-witness/canary').read())
        """,
    ),
    outward(
        "a file through a hard link",
        """
        import os
        os.link('/tmp/attack-witness/canary', '/dev/shm/attack-link')
        """,
        bites=False,
        must="no link to a file of the host is made",
    ),
    outward(
        "a file through a path-only descriptor",
        """
        import os
        fd = os.open('/tmp/attack-witness/canary', os.O_PATH)
        print('escaped', open(f'/proc/self/fd/{fd}').read())
        """,
    ),
    outward(
        "a file mapped into memory",
        """
        import mmap, os
        fd = os.open('/tmp/attack-witness/canary', os.O_RDONLY)
        print('escaped', mmap.mmap(fd, 0, prot=mmap.PROT_READ)[:20])
        """,
    ),
    outward(
        "a file sent to the output by the kernel",
        """
        import os
        fd = os.open('/tmp/attack-witness/canary', os.O_RDONLY)
        print('escaped', os.sendfile(1, fd, 0, 100))
        """,
    ),
    outward(
        "a foreign database",
        """
        import sqlite3
        connection = sqlite3.connect('mine.db')
        connection.execute("ATTACH '/tmp/attack-witness/canary.db' AS other")
        print('escaped', connection.execute('SELECT text FROM other.canary').fetchall())
        """,
    ),
    outward(
        "a folder copied",
        """
        import shutil
        shutil.copytree('/tmp/attack-witness/public', 'copy')
        print('escaped')
        """,
    ),
    outward("a folder listed", "import os\nprint('escaped', os.listdir('/tmp/attack-witness'))"),
    outward("the root listed", "import os\nprint('escaped' if 'sys' in os.listdir('/') else 'nothing')"),
    outward("the shadow file", "print('escaped', open('/etc/shadow').read())", bites=False),
    outward("the host's identity", "print('escaped', open('/etc/machine-id').read())", bites=False),
    outward("its own process in /proc", "print('escaped', open('/proc/self/status').read())"),
    outward("the list of processes", "import os\nprint('escaped', [p for p in os.listdir('/proc') if p.isdecimal()])"),
    outward(
        "command lines of other processes",
        """
        import glob
        print('escaped', [open(name).read() for name in glob.glob('/proc/[0-9]*/cmdline')] or 1 / 0)
        """,
    ),
    outward(
        "environments of other processes",
        """
        import glob, os
        for name in glob.glob('/proc/[0-9]*/environ'):
            if str(os.getpid()) not in name:
                print('escaped', open(name).read())
        """,
        bites=False,
    ),
    outward("kernel settings", "import os\nprint('escaped', os.listdir('/proc/sys/kernel'))"),
    outward("devices in /sys", "import os\nprint('escaped', os.listdir('/sys/class'))"),
    outward(
        "a disk",
        """
        import os, stat
        for entry in os.scandir('/dev'):
            if stat.S_ISBLK(entry.stat().st_mode): print('escaped', len(open(entry.path, 'rb').read(512)))
        """,
        bites=False,
    ),
    outward(
        "kernel memory and messages",
        """
        for name in ('mem', 'kmem', 'kmsg', 'port', 'fb0', 'kvm', 'fuse'):
            try: open('/dev/' + name, 'rb'); print('escaped')
            except OSError: pass
        """,
        bites=False,
    ),
    outward("the terminal", "print('escaped', open('/dev/tty'))", bites=False),
    outward("a new file outside", "open('/tmp/attack-witness/public/new', 'w').write('x'); print('escaped')"),
    outward("a file changed", "open('/tmp/attack-witness/public/file', 'a').write('x'); print('escaped')"),
    outward("a file cut", "import os\nos.truncate('/tmp/attack-witness/public/file', 0); print('escaped')"),
    outward("a file removed", "import os\nos.unlink('/tmp/attack-witness/public/other'); print('escaped')"),
    outward(
        "a file replaced",
        """
        import os
        open('/dev/shm/attack-new', 'w').close()
        os.rename('/dev/shm/attack-new', '/tmp/attack-witness/public/file')
        print('escaped')
        """,
        bites=False,
    ),
    outward(
        "a file moved out of the working directory",
        """
        import os
        open('a', 'w').close()
        os.rename('a', '../attack-moved')
        """,
        bites=False,
    ),
    outward("access rights of a file", "import os\nos.chmod('/tmp/attack-witness/public/file', 0o606); print('tried')"),
    outward(
        "access rights by descriptor",
        """
        import os
        fd = os.open(os.__file__, os.O_RDONLY)
        before = os.fstat(fd)
        os.fchmod(fd, 0o600)
        print('escaped' if os.fstat(fd).st_ctime_ns != before.st_ctime_ns else 'nothing')
        """,
        bites=False,
    ),
    outward("times of a file", "import os\nos.utime('/tmp/attack-witness/public/file', (1, 1)); print('tried')"),
    outward(
        "attributes of a file",
        "import os\nos.setxattr('/tmp/attack-witness/public/file', 'user.attack', b'x'); print('tried')",
    ),
    outward(
        "owner of a file",
        """
        import os
        name = '/tmp/attack-witness/public/file'
        before = os.stat(name).st_ctime_ns
        os.chown(name, os.getuid(), os.getgid())
        print('escaped' if os.stat(name).st_ctime_ns != before else 'nothing')
        """,
        bites=False,
    ),
    outward(
        "a file of the interpreter",
        "import os\nopen(os.path.join(os.path.dirname(os.__file__), 'attack.py'), 'w'); print('escaped')",
        bites=False,
    ),
    outward("a device made", "import os\nos.mknod('d', 0o020600, os.makedev(1, 1)); print('escaped')", bites=False),
    outward(
        "an unnamed file linked outside",
        """
        import os
        fd = os.open('/tmp/attack-witness/public', os.O_TMPFILE | os.O_RDWR)
        os.link(f'/proc/self/fd/{fd}', '/tmp/attack-witness/public/linked'); print('escaped')
        """,
        bites=False,
    ),
    outward("a FIFO outside", "import os\nos.mkfifo('/tmp/attack-witness/public/fifo'); print('escaped')"),
    outward(
        "temporary files",
        """
        import os
        for folder in ('/tmp', '/var/tmp', '/dev/shm', '/run', '/var/lock', os.path.expanduser('~')):
            try: open(folder + '/attack-left', 'w').close()
            except OSError: pass
        """,
        must="nothing is left in the folders for temporary files",
        bites=False,
    ),
]

_FULL = ("error", "timeout", "output_limit")

OWN_FOLDER = [
    everywhere("deep folders", "import os\nfor i in range(300):\n    os.mkdir('d'); os.chdir('d')", "wrong"),
    everywhere("many files", "for i in range(10 ** 5): open(str(i), 'w').close()", *_FULL),
    everywhere("folders without end", "import os\nwhile True:\n    os.mkdir('d'); os.chdir('d')", *_FULL),
    everywhere(
        "unreadable folders",
        """
        import os
        os.makedirs('a/b')
        open('a/b/c', 'w').close()
        os.chmod('a/b', 0); os.chmod('a', 0); os.chmod('.', 0)
        """,
        "wrong",
    ),
    everywhere(
        "strange names",
        """
        import os
        for name in (b'\\xff\\xfe', b'-rf', b'new\\nline', b'\\x1b[2J', b'x' * 255): open(name, 'w').close()
        """,
        "wrong",
    ),
    everywhere(
        "links to everywhere",
        """
        import os
        for i, t in enumerate(('/', '/etc', '..', '.', 'nowhere', '/tmp/attack-witness/public')): os.symlink(t, str(i))
        """,
        "wrong",
        must="what the links point to is not removed with them",
    ),
    outward(
        "the working directory replaced by a link",
        """
        import os
        here = os.getcwd()
        os.chdir('/')
        os.rename(here, here + '-away')
        os.symlink('/tmp/attack-witness/public', here)
        """,
        bites=False,
        must="what the link points to is not removed with it",
        disturbs=True,
    ),
    everywhere("its own folder removed", "import os\nos.rmdir(os.getcwd())", "wrong", "error"),
    everywhere(
        "a FIFO and a device in its folder", "import os\nos.mkfifo('f'); os.mknod('n', 0o600)", "wrong", "error"
    ),
    everywhere("a file of a tebibyte", "open('f', 'wb').truncate(1 << 40); print('escaped')", "output_limit", "error"),
    everywhere(
        "a file beyond its limit",
        """
        with open('f', 'wb') as file:
            for _ in range(64): file.write(bytes(1 << 20)); file.flush()
        print('escaped')
        """,
        "output_limit",
        "error",
    ),
    everywhere(
        "space reserved", "import os\nos.posix_fallocate(os.open('f', 66), 0, 1 << 33)", "output_limit", "error"
    ),
    outward(
        "a full disk in a closed folder",
        """
        import os
        os.mkdir('d', 0o300)
        for i in range(300):
            open(f'd/{i}', 'wb').write(bytes(1 << 20))
        print('escaped')
        """,
        must="the files of a case are bounded together",
        bites=False,
    ),
    outward(
        "a full disk far down",
        """
        import os
        for i in range(30):
            os.mkdir('d' * 200); os.chdir('d' * 200)
        for i in range(300):
            open(f'{i}', 'wb').write(bytes(1 << 20))
        print('escaped')
        """,
        must="the files of a case are bounded together",
        bites=False,
    ),
    outward(
        "a full disk in pieces",
        """
        for i in range(300):
            open(str(i), 'wb').write(bytes(1 << 20))
        print('escaped')
        """,
        must="the files of a case are bounded together",
        bites=False,
    ),
    everywhere(
        "a memory of files through standard input",
        "import os\nfor _ in range(64): os.write(0, bytes(1 << 20))\nprint('escaped')",
        "output_limit",
        "error",
    ),
    everywhere(
        "descriptors without end", "import os\nfds = [os.dup(1) for _ in range(5000)]\nprint('escaped')", "error"
    ),
    everywhere(
        "descriptors of others",
        """
        import os
        found = []
        for fd in range(4, 1024):
            try: os.fstat(fd); found.append(fd)
            except OSError: pass
        print('escaped' if found else 'none')
        """,
        "wrong",
        must="a case has descriptors 0 to 3 and no other",
    ),
]

ATTACKS = topic("files", "nothing of the host is read or changed", OUTSIDE) + topic(
    "own folder", "the working directory is bounded, and gone with the case", OWN_FOLDER
)
