"""Attacks through sockets."""

from __future__ import annotations

from ..attack import TCP_PORT, UDP_PORT, outward, syscall, topic

ATTACKS = topic(
    "network",
    "nobody outside is reached, and nothing can be reached from outside",
    [
        outward(
            "TCP",
            f"""
            import socket
            socket.create_connection(('127.0.0.1', {TCP_PORT}), timeout=1); print('escaped')
            """,
        ),
        outward(
            "UDP",
            f"""
            import socket
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', {UDP_PORT})); print('escaped')
            """,
        ),
        outward(
            "UDP with its address in a raw call",
            f"""
            import ctypes, os, socket, struct
            fd = socket.socket(socket.AF_INET, socket.SOCK_DGRAM).detach()
            address = struct.pack('=HHI8x', 2, socket.htons({UDP_PORT}), 0x0100007F)
            if ctypes.CDLL(None).sendto(fd, b'x', 1, 0, address, 16) == 1: print('escaped')
            """,
        ),
        outward(
            "IPv6",
            "import socket\nsocket.socket(socket.AF_INET6, socket.SOCK_STREAM).bind(('::1', 0)); print('escaped')",
            bites=False,
        ),
        outward(
            "a unix socket",
            """
            import socket
            socket.socket(socket.AF_UNIX).connect('/tmp/attack-witness/socket'); print('escaped')
            """,
        ),
        outward(
            "an abstract unix socket",
            "import socket\nsocket.socket(socket.AF_UNIX).connect('\\0attack-witness'); print('escaped')",
        ),
        outward(
            "a unix socket of its own",
            "import socket\nsocket.socket(socket.AF_UNIX).bind('s'); print('escaped')",
        ),
        outward(
            "listening",
            """
            import socket
            server = socket.socket(); server.bind(('0.0.0.0', 0)); server.listen(); print('escaped')
            """,
        ),
        outward(
            "a web server",
            """
            import http.server
            http.server.HTTPServer(('127.0.0.1', 0), http.server.BaseHTTPRequestHandler); print('escaped')
            """,
        ),
        outward(
            "HTTP",
            f"""
            import http.client
            http.client.HTTPConnection('127.0.0.1', {TCP_PORT}, timeout=1).request('GET', '/'); print('escaped')
            """,
        ),
        outward(
            "asyncio",
            f"""
            import asyncio
            asyncio.run(asyncio.open_connection('127.0.0.1', {TCP_PORT})); print('escaped')
            """,
        ),
        outward(
            "names resolved",
            "import socket\nprint('escaped', socket.getaddrinfo('example.com', 80))",
            bites=False,
        ),
        outward(
            "raw packets",
            "import socket\nsocket.socket(socket.AF_PACKET, socket.SOCK_RAW); print('escaped')",
            bites=False,
        ),
        outward("raw IP", "import socket\nsocket.socket(2, 3, 1); print('escaped')", bites=False),
        outward("netlink", "import socket\nsocket.socket(socket.AF_NETLINK, 3, 0).bind((0, 0)); print('escaped')"),
        outward("interfaces", "import socket\nprint('escaped', socket.if_nameindex())"),
        outward(
            "the kernel's cryptography",
            "import socket\nsocket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET); print('escaped')",
            bites=False,
        ),
        outward(
            "the host of a virtual machine",
            "import socket\nsocket.socket(socket.AF_VSOCK, socket.SOCK_STREAM); print('escaped')",
            bites=False,
        ),
        syscall("a raw socket call", 41, 198, "2, 1, 0", bites=True),
        syscall("raw io_uring", 425, 425, "8, buffer"),
        syscall("raw asynchronous reading", 206, 0, "1, ctypes.byref(ctypes.c_ulong())", bites=True),
        outward(
            "inherited sockets",
            """
            import os, stat
            for fd in range(64):
                try:
                    if stat.S_ISSOCK(os.fstat(fd).st_mode): print('escaped')
                except OSError: pass
            """,
            held_from="weak",
            bites=False,
        ),
    ],
)
