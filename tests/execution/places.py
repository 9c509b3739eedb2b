"""Use the sandbox from a checkout, an interpreter and a virtual environment that all lie in a chosen folder.

Run as ``python places.py JSON`` (see ``Place``): in a mount namespace of its own, whose /tmp, /home and so on are
empty, it puts the three together, becomes the chosen user and has a program run at each level.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from real.execution.jail import linux

ORDINARY_UID = 61_000
CANNOT = 77  # exit status: this machine does not allow mount namespaces
_COVERED = {"/tmp": "1777", "/var/tmp": "1777", "/dev/shm": "1777", "/home": "0755", "/srv": "0755", "/root": "0700"}

_JUDGE = """
import json, sys
from real.errors import InfrastructureError
from real.execution import Pool
from real.types import ExecutionRequest, ScriptSuite, StdinCase
program = sys.argv[1]
for level in sys.argv[2:]:
    try:
        with Pool(1, level=level) as pool:
            (result,) = pool.run([ExecutionRequest("place", program, ScriptSuite((StdinCase("", "fine"),)))])
    except InfrastructureError as error:
        print(json.dumps([level, "refused", str(error)]))
    else:
        print(json.dumps([level, result.outcomes[0].status, result.outcomes[0].output + result.outcomes[0].detail]))
"""

# A module of the standard library and an installed package that are imported late, and files of its own.
PROGRAM = """
import colorsys, installed_package, json, os, subprocess, sys, tempfile
with tempfile.NamedTemporaryFile("w+") as file:
    file.write("text")
assert os.listdir() == ["program.py"], os.listdir()
assert json.__file__ and os.path.exists(json.__file__), json.__file__
print(installed_package.WORD)
"""
PROGRAM_WITH_TMP = PROGRAM + "\nopen('/tmp/own', 'w').close()\nopen('/var/tmp/other', 'w').close()\n"


@dataclass(frozen=True)
class Place:
    """A folder, who owns it and who uses it; ``mode`` is that of the folder, ``link`` another name for it.

    ``umask`` is what the virtual environment was made with. ``read_only``: nothing can be written below the folder.
    """

    path: str
    owner: int = 0
    user: int = 0
    mode: int = 0o755
    umask: int = 0o022
    link: str = ""
    read_only: bool = False


def _furnish(place: Place, real: Path, interpreter: Path) -> Path:
    """Put everything into its place; returns the name by which it is used."""
    # From here on nothing can be imported: the interpreter of this process may have been covered.
    for folder, mode in _COVERED.items():
        linux.mount("places", folder, "tmpfs", 0, f"mode={mode},size=64m")
    root = Path(place.path)
    root.mkdir(parents=True)
    used = root
    if place.link:
        used = Path(place.link)
        used.parent.mkdir(parents=True, exist_ok=True)
        used.symlink_to(root)
    for source in [*real.glob("*.py"), real / "execution"]:  # what execution may import
        target = root / "checkout" / "real" / source.name
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
    (root / "python").mkdir()
    linux.mount(str(interpreter), str(root / "python"), "", linux.MS_BIND | linux.MS_REC)
    packages = root / "venv" / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    packages.mkdir(parents=True)
    (packages / "installed_package.py").write_text("WORD = 'fine'\n", "utf-8")
    (root / "venv" / "bin").mkdir()
    executable = used / "python" / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    (root / "venv" / "bin" / "python").symlink_to(executable)
    (root / "venv" / "pyvenv.cfg").write_text(f"home = {executable.parent}\n", "utf-8")
    _hand_over(root, place)
    if place.read_only:
        linux.mount(str(root), str(root), "", linux.MS_BIND | linux.MS_REC)
        linux.remount_read_only(str(root))
    return used


def _hand_over(root: Path, place: Place) -> None:
    """Give everything to its owner, as that user's umask would have made it."""
    made = [root, *(path for top in (root / "checkout", root / "venv") for path in (top, *top.rglob("*")))]
    for path in made:
        if path.is_symlink():
            continue
        if os.geteuid() == 0:
            os.chown(path, place.owner, place.owner)
        path.chmod((0o777 if path.is_dir() else 0o666) & ~place.umask)
    root.chmod(place.mode)


def main(text: str) -> None:
    """Replace this process by the one that judges, in its place; never returns."""
    options = json.loads(text)
    place = Place(**options["place"])
    uid, gid = os.geteuid(), os.getegid()
    try:
        linux.unshare(linux.CLONE_NEWNS if uid == 0 else linux.CLONE_NEWNS | linux.CLONE_NEWUSER)
        if uid != 0:
            for name, content in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
                Path("/proc/self", name).write_text(content, "ascii")
        linux.mount("none", "/", "", linux.MS_REC | linux.MS_PRIVATE)
    except OSError as error:
        print(f"no mount namespace on this machine: {error}", file=sys.stderr)
        sys.exit(CANNOT)
    sources = [Path(__file__).resolve().parents[2] / "real", Path(sys.base_prefix).resolve()]
    real, interpreter = (Path(f"/proc/self/fd/{os.open(path, os.O_PATH)}") for path in sources)
    used = _furnish(place, real, interpreter)
    os.chdir(used / "checkout")
    if uid == 0 and place.user != 0:
        os.setgroups([])
        os.setresgid(place.user, place.user, place.user)
        os.setresuid(place.user, place.user, place.user)
    python = str(used / "venv" / "bin" / "python")
    environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONPATH": str(used / "checkout")}
    os.execve(python, [python, "-c", _JUDGE, options["program"], *options["levels"]], environment)


if __name__ == "__main__":
    main(sys.argv[1])
