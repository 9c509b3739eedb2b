"""Python: sockets."""

from __future__ import annotations

from real.detector.models.kinds import Role, SourceKind
from real.detector.models.rows import Library, Returns, arg, calls, handlers, modules, sources

LIBRARY = Library(
    "sockets",
    "",
    (
        *calls(Role.CONNECTS, arg(0, "address"), "socket.create_connection"),
        *calls(Role.CONNECTS, arg(0, "host"), "asyncio.open_connection", "smtplib.{SMTP,SMTP_SSL}", "ftplib.FTP"),
        *calls(Role.CONNECTS, arg(0, "host"), "imaplib.{IMAP4_SSL,IMAP4}", "poplib.POP3"),
        *calls(Role.CONNECTS, arg(0, "host"), "telnetlib.Telnet", until="Python 3.13"),
        *calls(Role.RESOLVER, (), "socket.{gethostbyname,getaddrinfo,gethostbyname_ex}"),
        *calls(Role.BROKEN_TLS, (), "ssl.{PROTOCOL_TLSv1,PROTOCOL_TLSv1_1}", "ssl.TLSVersion.{SSLv3,TLSv1,TLSv1_1}"),
        *calls(Role.BROKEN_TLS, (), "ssl.{PROTOCOL_SSLv2,PROTOCOL_SSLv3}", until="OpenSSL 3, as most build it"),
        *calls(Role.ANY_TLS, (), "ssl.PROTOCOL_SSLv23"),
        *calls(Role.LOWEST_TLS, (), "ssl.TLSVersion.MINIMUM_SUPPORTED"),
        *calls(Role.ADMITTING_TLS, (), "ssl.{OP_NO_SSLv2,OP_NO_SSLv3,OP_NO_TLSv1,OP_NO_TLSv1_1}"),
        *calls(Role.TLS_CONTEXT, (), "ssl.SSLContext"),
        *calls(Role.TLS_CONTEXT, (), "ssl.wrap_socket", until="Python 3.12"),
        *calls(Role.OLD_TLS, arg(None, "ssl_version"), "ssl.wrap_socket", until="Python 3.12"),
        *calls(Role.TLS_CIPHERS, (), "ssl.SSLContext().set_ciphers"),
        *calls(Role.CALLBACK, arg(0, "client_connected_cb"), "asyncio.{start_server,start_unix_server}"),
        *calls(Role.WRITER, arg(0), "socket.socket().sendall"),
        *handlers("RequestHandler", "socketserver.{StreamRequestHandler,BaseRequestHandler}", verbs=()),
        *modules(Role.PEER, "socket"),
        *modules(Role.LOG, "logging", "syslog"),
        *calls(Role.PEER_PICKLE, (), "multiprocessing.connection.{Client(),Listener().accept()}.recv"),
        *calls(Role.PEER_KEY, arg(2, "authkey"), "multiprocessing.connection.Client"),
        *calls(Role.PEER_KEY, arg(3, "authkey"), "multiprocessing.connection.Listener"),
        Returns("multiprocessing.connection.Client", "multiprocessing.connection.Connection"),
        Returns("multiprocessing.connection.Listener.accept", "multiprocessing.connection.Connection"),
        Returns("socket.create_connection", "socket.socket"),
        Returns("socket.create_server", "socket.socket"),
        *sources(
            SourceKind.PEER,
            "{name}() returns what the peer sent",
            "socket.socket().{recv,recvfrom}()",
            "socket.create_connection().recv()",
        ),
        *sources(
            SourceKind.PEER, "makefile() reads what the peer sent", "socket.{socket,create_connection}().makefile()"
        ),
        *sources(
            SourceKind.PEER, "accept() returns a connection to any peer", "socket.{socket,create_server}().accept()"
        ),
    ),
)
