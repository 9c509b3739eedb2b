"""Hostile programs. To add one: a name, and a program that tries."""

from __future__ import annotations

# Scripts that would have to print a secret they cannot know; none may score at any level.
EVERYWHERE = {
    "infinite loop": "while True: pass",
    "loop in threads": """
import threading
for _ in range(4):
    threading.Thread(target=lambda: [0 for _ in iter(int, 1)]).start()
""",
    "memory bomb": "x = 'x' * (1 << 40)",
    "memory bomb by doubling": """
x = [0]
while True: x += x
""",
    "output flood": """
import os
while True: os.write(1, b'x' * 65536)
""",
    "flood of the claim pipe": """
import os
while True: os.write(3, b'\\0\\0\\xff\\xff' + b'x' * 65535)
""",
    "forged claims": """
import os, json
for m in ({'value': 1}, {'loaded': True}, {'error': ''}):
    b = json.dumps(m).encode(); os.write(3, len(b).to_bytes(4, 'big') + b)
""",
    "forged refusal of the jail": """
import os
os.write(3, b'!no jail'); os._exit(71)
""",
    "huge announced claim": """
import os
os.write(3, b'\\xff' * 8)
""",
    "kills itself": """
import os, signal
os.kill(os.getpid(), signal.SIGKILL)
""",
    "closes every descriptor": """
import os
os.closerange(0, 1000)
""",
    "os._exit(0)": """
import os
os._exit(0)
""",
    "sys.exit in a thread": """
import threading, sys
threading.Thread(target=sys.exit, args=(0,)).start()
""",
    "SystemExit with a strange code": """
class C:
    def __str__(self): raise MemoryError
raise SystemExit(C())
""",
    "exception that fails to print": """
class E(Exception):
    def __str__(self): raise self
raise E
""",
    "equal to everything": """
class A(str):
    __eq__ = lambda self, other: True
    __hash__ = str.__hash__
print(A('x'))
""",
    "patched builtins": """
import builtins, sys
builtins.print = lambda *a: None
builtins.str = builtins.len = builtins.open = None
sys.stdout = sys.stderr = None
sys.modules.clear()
""",
    "patched json": """
import json, os
json.dumps = json.loads = lambda *a, **k: '{}'
os._exit = lambda c: None
""",
    "patched exit": """
import atexit, os
atexit.register(os._exit, 0)
""",
    "deep recursion": """
import sys
sys.setrecursionlimit(10 ** 9)
def f(): return [f()].sort()
f()
""",
    "deep recursion in C": """
import sys
sys.setrecursionlimit(10 ** 9)
x = []
for _ in range(10 ** 6): x = [x]
repr(x)
""",
    "NUL bytes": """
import os
os.write(1, bytes(1000))
""",
    "invalid UTF-8": """
import os
os.write(1, bytes(range(128, 256)) * 100)
""",
    "terminal escapes": "print('\\x1b[2J\\x1b]0;x\\x07')",
    "no free disk": """
for i in range(100):
    open(str(i), 'wb').write(bytes(1 << 20))
""",
    "many files": "for i in range(10 ** 5): open(str(i), 'w').close()",
    "deep folders": """
import os
for i in range(300):
    os.mkdir('d'); os.chdir('d')
""",
    "unreadable folders": """
import os
os.makedirs('a/b')
open('a/b/c', 'w').close()
os.chmod('a/b', 0); os.chmod('a', 0); os.chmod('.', 0)
""",
    "symlinks": """
import os
for i, t in enumerate(('/', '/etc', '..', '.', 'nowhere')): os.symlink(t, str(i))
""",
    "FIFO": """
import os
os.mkfifo('f')
""",
    "lingering thread": """
import threading, time
threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
""",
    "looks for the secret in memory": """
import gc
wanted = 'tulip-' + str(4711)
found = [text for text in gc.get_objects() if isinstance(text, (list, tuple, dict)) and wanted in map(str, text)]
if len(found) > 1: print(wanted)
""",
    "ignores signals": """
import signal
for n in range(1, 65):
    try: signal.signal(n, signal.SIG_IGN)
    except (OSError, ValueError): pass
while True: pass
""",
    "raises its limits": """
import resource
for r in (resource.RLIMIT_CPU, resource.RLIMIT_AS):
    s, h = resource.getrlimit(r); resource.setrlimit(r, (h, h))
while True: pass
""",
    "frames of the harness": """
import sys
f = sys._getframe()
while f:
    f.f_globals.clear(); f = f.f_back
""",
    "reads its arguments": """
import sys
print(sys.argv, sys.orig_argv)
""",
}

# Scripts that print "escaped" where they manage what medium and strong forbid.
FORBIDDEN = {
    "fork bomb": """
import os
while True:
    os.fork(); print('escaped', flush=True)
""",
    "double fork": """
import os, time
if os.fork() == 0:
    os.setsid()
    os.fork(); time.sleep(1000)
print('escaped')
""",
    "subprocess": """
import subprocess
print('escaped', subprocess.run(['/bin/true']))
""",
    "os.system": """
import os
if os.system('true') == 0: print('escaped')
""",
    "exec": """
import os
os.execv('/bin/echo', ['echo', 'escaped'])
""",
    "posix_spawn": """
import os
os.posix_spawn('/bin/echo', ['echo', 'escaped'], {})
""",
    "multiprocessing": """
import multiprocessing
p = multiprocessing.Process(target=print); p.start(); print('escaped')
""",
    "clone by ctypes": """
import ctypes
if ctypes.CDLL(None).syscall(56, 17, 0, 0, 0, 0) >= 0: print('escaped')
""",
    "network": """
import socket
socket.create_connection(('127.0.0.1', 80), timeout=1); print('escaped')
""",
    "UDP": """
import socket
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9)); print('escaped')
""",
    "unix socket": """
import socket
socket.socket(socket.AF_UNIX).bind('s'); print('escaped')
""",
    "raw io_uring": """
import ctypes
if ctypes.CDLL(None).syscall(425, 8, ctypes.create_string_buffer(120)) >= 0: print('escaped')
""",
    "ptrace": """
import ctypes
if ctypes.CDLL(None).ptrace(16, __import__('os').getppid(), 0, 0) == 0: print('escaped')
""",
    "process memory": """
import os
open(f'/proc/{os.getppid()}/mem', 'rb'); print('escaped')
""",
    "kill the parent": """
import os, signal
os.kill(os.getppid(), signal.SIGKILL); print('escaped')
""",
    "kill everything": """
import os, signal
os.kill(-1, signal.SIGKILL); print('escaped')
""",
    "limits of the parent": """
import os, resource
resource.prlimit(os.getppid(), resource.RLIMIT_CPU, (0, 0)); print('escaped')
""",
    "pidfd": """
import os, signal
signal.pidfd_send_signal(os.pidfd_open(os.getppid()), 9); print('escaped')
""",
    "signals by SIGIO": """
import fcntl, os
r, w = os.pipe(); fcntl.fcntl(r, fcntl.F_SETOWN, os.getppid()); print('escaped')
""",
    "write outside": "open('../outside', 'w'); print('escaped')",
    "write to the host's /tmp": "open('/var/tmp/../../var/outside', 'w'); print('escaped')",
    "write into the interpreter": """
import os
open(os.path.join(os.path.dirname(os.__file__), 'x.py'), 'w'); print('escaped')
""",
    "rename over": """
import os
open('a', 'w').close(); os.rename('a', '../a'); print('escaped')
""",
    "link to outside": """
import os
os.link('/usr/bin/env', 'env'); print('escaped')
""",
    "symlink to outside": """
import os
os.symlink('/etc/shadow', 's'); print('escaped', open('s').read())
""",
    "password file": "print('escaped', len(open('/etc/passwd').read().splitlines()) > 5 or 1 / 0)",
    "home": """
import os
print('escaped', os.listdir('/home'))
""",
    "root's home": """
import os
print('escaped', [n for n in os.listdir('/root') if n != '.pyenv'] or 1 / 0)
""",
    "proc": """
import os
print('escaped', os.listdir('/proc/1'))
""",
    "environment of the parent": """
import os
print('escaped', open(f'/proc/{os.getppid()}/environ', 'rb').read())
""",
    "memfd": """
import os
os.memfd_create('x'); print('escaped')
""",
    "shared memory": """
from multiprocessing import shared_memory
shared_memory.SharedMemory(create=True, size=10); print('escaped')
""",
    "mount": """
import ctypes
if ctypes.CDLL(None).mount(b'x', b'.', b'tmpfs', 0, None) == 0: print('escaped')
""",
    "new user namespace": """
import ctypes
if ctypes.CDLL(None).unshare(0x10000000) == 0: print('escaped')
""",
    "set-uid": """
import os
os.setuid(0) if os.getuid() else os.setuid(1); print('escaped')
""",
    "chroot": """
import os
os.chroot('.'); print('escaped')
""",
    "device": """
import os
os.mknod('d', 0o020600, os.makedev(1, 1)); print('escaped')
""",
}

# Functions f(x) that try to equal a value they cannot know.
CALLS = {
    "equal to everything": """
class A:
    __eq__ = lambda s, o: True
def f(x): return A()
""",
    "equal int": """
class A(int):
    __eq__ = lambda s, o: True
    __hash__ = int.__hash__
def f(x): return A(0)
""",
    "raises SystemExit": "def f(x): raise SystemExit(0)",
    "exits": """
import os
def f(x): os._exit(0)
""",
    "returns nothing": "def f(x): pass",
    "patched encoder": """
import sys, json
json.dumps = lambda *a, **k: '{"value": true}'
def f(x): return 1
""",
    "lying type": """
class A:
    @property
    def __class__(self): return int
def f(x): return A()
""",
    "claims twice": """
import os
def f(x):
    for n in range(100):
        b = b'{"value": ["i", "0x%x"]}' % n; os.write(3, len(b).to_bytes(4, 'big') + b)
""",
    "returns itself": """
def f(x):
    a = [x]
    a.append(a)
    return a
""",
    "returns a giant": "def f(x): return [0] * 10 ** 7",
}
