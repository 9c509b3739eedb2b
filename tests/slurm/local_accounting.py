"""The accounting of SLURM for tests: mariadbd and slurmdbd over loopback, in a folder of their own."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROGRAMS = ("mariadbd", "mariadb-install-db", "slurmdbd", "sacct", "sacctmgr")
_PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin", "/sbin"])
_CONF = """\
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort={dbd}
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
LogFile={folder}/slurmdbd.log
PidFile={folder}/slurmdbd.pid
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={sql}
StorageUser=root
StorageLoc=slurm_acct_db
"""
IN_SLURM_CONF = """\
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort={dbd}
AccountingStoragePass={folder}/munge/socket
"""


def why_no_accounting() -> str | None:
    """What this machine lacks; ``None`` where accounting can run."""
    absent = [name for name in PROGRAMS if shutil.which(name, path=_PATH) is None]
    if absent:
        return f"no accounting ({', '.join(absent)} not found): apt-get install -y slurmdbd mariadb-server"
    return None


@contextmanager
def local_accounting(folder: Path, sql: int, dbd: int) -> Iterator[None]:
    """Both daemons, beside a ``munged`` and a ``slurm.conf`` that are in ``folder`` already."""
    conf = folder / "slurmdbd.conf"
    conf.write_text(_CONF.format(folder=folder, sql=sql, dbd=dbd))
    conf.chmod(0o600)
    with _database(folder / "sql", sql):
        variables = {**os.environ, "SLURM_CONF": str(folder / "slurm.conf")}
        program = shutil.which("slurmdbd", path=_PATH)
        assert program is not None
        with (folder / "slurmdbd.out").open("w") as out:
            daemon = subprocess.Popen([program, "-D"], env=variables, stdout=out, stderr=out)
        try:
            _answers(dbd, daemon, folder / "slurmdbd.out")
            added = subprocess.run(
                ["sacctmgr", "-i", "add", "cluster", "realtest"], env=variables, capture_output=True, text=True
            )
            assert added.returncode == 0, added.stdout + added.stderr
            yield
        finally:
            _end(daemon)


@contextmanager
def _database(folder: Path, port: int) -> Iterator[None]:
    folder.mkdir()
    files = ["--no-defaults", f"--datadir={folder / 'data'}", "--user=root"]
    installer, server = (shutil.which(name, path=_PATH) for name in ("mariadb-install-db", "mariadbd"))
    assert installer is not None
    assert server is not None
    subprocess.run([installer, *files, "--skip-test-db"], capture_output=True, check=True)
    words = [server, *files, f"--port={port}", "--bind-address=127.0.0.1", f"--socket={folder / 's'}"]
    words += [f"--pid-file={folder / 'pid'}", "--skip-grant-tables", "--innodb-buffer-pool-size=64M"]
    with (folder / "out").open("w") as out:
        daemon = subprocess.Popen(words, stdout=out, stderr=out)
    try:
        _answers(port, daemon, folder / "out")
        yield
    finally:
        _end(daemon)


def _answers(port: int, daemon: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline and daemon.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=2).close()
        except OSError:
            time.sleep(0.3)
        else:
            return
    raise AssertionError(f"nothing answers at port {port}: {log.read_text()[-2000:]}")


def _end(daemon: subprocess.Popen[bytes]) -> None:
    daemon.send_signal(signal.SIGTERM)
    try:
        daemon.wait(20)
    except subprocess.TimeoutExpired:
        daemon.kill()
        daemon.wait()
