"""Attacks on tests with a database, and on the runs that look for changes in it."""

from __future__ import annotations

import textwrap
from dataclasses import replace

from ..attack import Attack, everywhere, outward, topic

_ALL = ("wrong", "error", "timeout", "memory", "output_limit")


def _case(name: str, program: str) -> Attack:
    """Damage in one case must not be seen by the next, which looks for the rows of a fresh database first."""
    check = """
import os, sqlite3
c = sqlite3.connect('shop.db')
if sorted(c.execute('SELECT name FROM users')) != [('anna',), ('bert',)] or os.listdir('.') != ['shop.db']:
    print('escaped')
"""
    return everywhere(name, check + textwrap.dedent(program), *_ALL, kind="database", cases=3)


def _damage(name: str, program: str) -> Attack:
    """A change that the attack run must notice: the case fails."""
    return everywhere(name, program, "wrong", "error", "timeout", kind="damage", cases=2)


CASES = [
    _case("the database removed", "os.unlink('shop.db')"),
    _case("the database as a folder", "os.unlink('shop.db'); os.mkdir('shop.db')"),
    _case("the database as a FIFO", "os.unlink('shop.db'); os.mkfifo('shop.db')"),
    _case("the database as a link", "os.unlink('shop.db'); os.symlink('/dev/zero', 'shop.db')"),
    _case("a database of garbage", "open('shop.db', 'r+b').write(os.urandom(4096))"),
    _case(
        "a transaction left open",
        "c.isolation_level = None\nc.execute('BEGIN EXCLUSIVE'); c.execute('DELETE FROM users'); os._exit(0)",
    ),
    _case(
        "a log beside the database",
        "c.execute('PRAGMA journal_mode=WAL'); c.execute('DELETE FROM users'); c.commit(); os._exit(0)",
    ),
    _case(
        "a false journal",
        "open('shop.db-journal', 'wb').write(b'\\xd9\\xd5\\x05\\xf9\\x20\\xa1\\x63\\xd7' + bytes(5000))",
    ),
    _case(
        "a database that grows",
        """
            c.execute('CREATE TABLE big (x)')
            while True: c.execute('INSERT INTO big VALUES (zeroblob(100000))'); c.commit()
            """,
    ),
    _case("a trigger", "c.execute('CREATE TRIGGER t AFTER INSERT ON users BEGIN DELETE FROM users; END'); c.commit()"),
    outward(
        "a copy outside",
        """
            import sqlite3
            sqlite3.connect('shop.db').execute("VACUUM INTO '/dev/shm/attack-copy.db'"); print('escaped')
            """,
        kind="database",
    ),
    everywhere(
        "an extension loaded",
        """
            import sqlite3
            c = sqlite3.connect('shop.db')
            c.enable_load_extension(True)
            c.load_extension('/lib/x86_64-linux-gnu/libc.so.6'); print('escaped')
            """,
        "error",
        kind="database",
    ),
]

DAMAGES = [
    _damage(
        "a row removed",
        "import sqlite3\nc = sqlite3.connect('shop.db'); c.execute('DELETE FROM users WHERE id = 1'); c.commit()",
    ),
    _damage(
        "a row added",
        "import sqlite3\nc = sqlite3.connect('shop.db'); c.execute('INSERT INTO users (name) VALUES (1)'); c.commit()",
    ),
    _damage(
        "a text made a blob",
        """
            import sqlite3
            c = sqlite3.connect('shop.db'); c.execute('UPDATE users SET name = CAST(name AS BLOB)'); c.commit()
            """,
    ),
    _damage(
        "a table renamed",
        "import sqlite3\nc = sqlite3.connect('shop.db'); c.execute('ALTER TABLE users RENAME TO people'); c.commit()",
    ),
    _damage(
        "a view in front",
        "import sqlite3\nc = sqlite3.connect('shop.db'); c.execute('CREATE VIEW v AS SELECT 1'); c.commit()",
    ),
    _damage("the database removed, in an attack run", "import os\nos.unlink('shop.db')"),
    _damage(
        "the database locked away",
        """
            import os, sqlite3
            c = sqlite3.connect('shop.db'); c.execute('DELETE FROM users'); c.commit()
            os.chmod('shop.db', 0)
            """,
    ),
    _damage(
        "the database too large to read",
        """
        import sqlite3
        c = sqlite3.connect('shop.db')
        names = [f'x{n}' for n in range(500)]
        c.execute(f"CREATE TABLE big ({', '.join(names)})")
        c.executemany(f"INSERT INTO big VALUES ({', '.join('1' * 500)})", [()] * 450); c.commit()
        """,
    ),
    _damage(
        "a row removed in the log",
        """
            import os, sqlite3
            c = sqlite3.connect('shop.db', isolation_level=None); c.execute('PRAGMA journal_mode=WAL')
            c.execute('DELETE FROM users'); os._exit(0)
            """,
    ),
    _damage(
        "a row removed, the times kept",
        """
            import os, sqlite3
            s = os.stat('shop.db')
            c = sqlite3.connect('shop.db'); c.execute('DELETE FROM users'); c.commit(); c.close()
            os.utime('shop.db', ns=(s.st_atime_ns, s.st_mtime_ns))
            """,
    ),
    replace(
        _damage(
            "a row removed in each of many cases",
            "import sqlite3\nc = sqlite3.connect('shop.db'); c.execute('DELETE FROM users WHERE id = 1'); c.commit()",
        ),
        cases=80,
        must="no program can have itself masked",
    ),
    _damage("the folder locked away", "import os\nos.unlink('shop.db'); os.chmod('.', 0)"),
    _damage("the folder removed", "import os\nos.unlink('shop.db'); os.rmdir(os.getcwd())"),
    _damage(
        "a reader that hangs",
        """
            import sqlite3
            c = sqlite3.connect('shop.db')
            c.execute('CREATE TABLE h (x, y AS (hex(zeroblob(x * 400000000))))')
            c.execute('INSERT INTO h VALUES (1)'); c.commit()
            """,
    ),
    _damage(
        "everything leaked to an attack",
        """
        import sqlite3
        # One that shows everything to everybody brings nothing to light by an attack: see ``attack_grading``.
        if "'" in input():
            for row in sqlite3.connect('shop.db').execute('SELECT secret FROM users'): print(row[0])
        """,
    ),
]

ATTACKS = topic("database", "each case finds the database as it was built", CASES) + topic(
    "attack runs", "no change and no leak goes unnoticed", DAMAGES
)
