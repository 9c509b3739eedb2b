"""Other detectors beside ours: each scans the same programs in the same run of a benchmark.

A peer is named on the command line as ``--peer NAME=PLACE[,PLACE]``:

=========  ==========================  ==============================================================================
bandit     PYTHON                      an interpreter that has it; findings of medium severity or higher
ruff       PROGRAM                     ``ruff check --select S``, the port of bandit that most people run today
dlint      FLAKE8                      flake8 of an environment that has dlint
opengrep   PROGRAM,RULES               rules: a folder of YAML; findings of severity WARNING and ERROR
pysa       VENV,LIBRARIES              pyre-check with the models of its own wheel; LIBRARIES: where imports are found
=========  ==========================  ==============================================================================

A finding counts under the weaknesses that its rule documents. ruff and dlint name none: a rule of ruff has the number
of bandit's rule that it ports, and so its weakness; those of dlint and Pysa follow from the rule's title, and stand
below.
A command that scans all programs at once has one CPU time, its start included: each program gets an equal share.
"""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import tempfile
from argparse import ArgumentTypeError
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

Found = frozenset[str] | None  # CWEs of the findings; ``None``: not analysable
Scan = Callable[[Sequence[str]], list[tuple[Found, float]]]
Told = dict[str, set[str] | None]  # by the name of a program's file

_HERE = Path(__file__).resolve().parent

# Of bandit's rules of medium severity or higher (bandit 1.9: `bandit.core.issue.Cwe` in plugins/ and blacklists/).
RUFF = {
    **dict.fromkeys(("S103",), "CWE-732"),
    **dict.fromkeys(("S104",), "CWE-605"),
    **dict.fromkeys(("S108", "S306"), "CWE-377"),
    **dict.fromkeys(("S113",), "CWE-400"),
    **dict.fromkeys(("S201", "S612", "S701"), "CWE-94"),
    **dict.fromkeys(("S202", "S310"), "CWE-22"),
    **dict.fromkeys(("S301", "S302"), "CWE-502"),
    **dict.fromkeys(("S303", "S304", "S305", "S324", "S502", "S503"), "CWE-327"),
    **dict.fromkeys(("S102", "S307", "S601", "S602", "S604", "S605"), "CWE-78"),
    **dict.fromkeys(("S308", "S704"), "CWE-79"),
    **dict.fromkeys(("S312", "S321", "S508", "S509"), "CWE-319"),
    **dict.fromkeys(("S313", "S314", "S315", "S316", "S317", "S318", "S319", "S506"), "CWE-20"),
    **dict.fromkeys(("S323", "S501", "S507"), "CWE-295"),
    **dict.fromkeys(("S505",), "CWE-326"),
    **dict.fromkeys(("S608", "S610", "S611"), "CWE-89"),
    **dict.fromkeys(("S609",), "CWE-155"),
    **dict.fromkeys(("S702",), "CWE-80"),
}
# By the titles of dlint's rules; DUO102 (random) is left out as bandit's rule of low severity is.
DLINT = {
    **dict.fromkeys(("DUO103", "DUO119", "DUO120"), "CWE-502"),
    **dict.fromkeys(("DUO104", "DUO105", "DUO108", "DUO110", "DUO111", "DUO117"), "CWE-95"),
    **dict.fromkeys(("DUO106", "DUO116", "DUO125", "DUO126"), "CWE-78"),
    **dict.fromkeys(("DUO107", "DUO135"), "CWE-611"),
    **dict.fromkeys(("DUO109",), "CWE-502"),
    **dict.fromkeys(("DUO112", "DUO115"), "CWE-22"),
    **dict.fromkeys(("DUO121",), "CWE-377"),
    **dict.fromkeys(("DUO122", "DUO130", "DUO133", "DUO134"), "CWE-327"),
    **dict.fromkeys(("DUO123", "DUO127", "DUO131", "DUO132"), "CWE-295"),
    **dict.fromkeys(("DUO124",), "CWE-94"),
    **dict.fromkeys(("DUO128", "DUO129", "DUO136", "DUO137"), "CWE-347"),
    **dict.fromkeys(("DUO138",), "CWE-1333"),
}
# By the names of the rules in pyre_check/taint/*/taint.config; test, demo, e-mail and Thrift rules are left out.
PYSA: Mapping[int, tuple[str, ...]] = {
    **dict.fromkeys((5001, 5041, 5301, 6809), ("CWE-78", "CWE-94")),
    **dict.fromkeys((6064, 5364), ("CWE-94",)),
    **dict.fromkeys((6065, 5365), ("CWE-88",)),
    **dict.fromkeys((5005, 5051, 5305, 5351), ("CWE-89",)),
    **dict.fromkeys((5007, 5307), ("CWE-611",)),
    **dict.fromkeys((5008, 5052, 5308, 5352), ("CWE-79",)),
    **dict.fromkeys((5011, 6060, 6108), ("CWE-22",)),
    **dict.fromkeys((5012, 5053), ("CWE-918",)),
    **dict.fromkeys((5018,), ("CWE-601",)),
    **dict.fromkeys((5027, 6302), ("CWE-200",)),
    **dict.fromkeys((5029,), ("CWE-113",)),
    **dict.fromkeys((5034,), ("CWE-134",)),
    **dict.fromkeys((5067, 5366, 5367, 6066), ("CWE-502",)),
    **dict.fromkeys((6073, 5373), ("CWE-1336",)),
    **dict.fromkeys((6074,), ("CWE-798",)),
    **dict.fromkeys((6303,), ("CWE-90",)),
}


@dataclass(frozen=True, slots=True)
class Peer:
    """A scanner that is not ours: its name, its version, and what it finds in each program with the CPU seconds."""

    name: str
    version: str
    scan: Scan


def peer(text: str) -> Peer:
    """The scanner that ``NAME=PLACE[,PLACE]`` means; raises ``ArgumentTypeError`` where it is none of those above."""
    name, _, places = text.partition("=")
    if name not in _PEERS:
        raise ArgumentTypeError(f"{name!r} is none of {', '.join(_PEERS)}")
    needed, make = _PEERS[name]
    paths = [Path(place).expanduser() for place in places.split(",") if place]
    if len(paths) != needed or not all(path.exists() for path in paths):
        raise ArgumentTypeError(f"{text}: {needed} existing place(s) expected after the name")
    return make(*[path.absolute() for path in paths])  # not resolved: a virtual environment's interpreter is a link


def _bandit(python: Path) -> Peer:
    def scan(programs: Sequence[str]) -> list[tuple[Found, float]]:
        """One process for all programs, the CPU time of each measured in it."""
        command = [str(python), str(_HERE / "detector_bandit.py")]
        done = subprocess.run(command, input=json.dumps(list(programs)), capture_output=True, text=True, check=True)
        results = json.loads(done.stdout)["results"]
        return [(None if found is None else frozenset(found), seconds) for found, seconds in results]

    return Peer("bandit", _output([str(python), "-c", "import bandit; print(bandit.__version__)"]).strip(), scan)


def _ruff(program: Path) -> Peer:
    command = [str(program), "check", "--isolated", "--no-cache", "--select", "S", "--output-format", "json", "--quiet"]
    version = _output([str(program), "--version"]).split()[1]
    return Peer("ruff S", version, _folder(lambda folder: ruff_findings(_output([*command, "."], folder))))


def ruff_findings(text: str) -> Told:
    """What ``ruff check --output-format json`` says; a rule that is not in ``RUFF`` counts as low severity."""
    told: Told = {}
    for one in json.loads(text):
        cwe = RUFF.get(str(one["code"]))
        _add(told, one["filename"], None if one["code"] in (None, "invalid-syntax") else {cwe} if cwe else set())
    return told


def _dlint(flake8: Path) -> Peer:
    command = [str(flake8), "--isolated", "--select", "DUO,E9", "--jobs", "1", "--format", "%(path)s %(code)s", "."]
    version = _output([str(flake8.with_name("python")), "-c", _VERSION_OF.format("dlint")]).strip()
    return Peer("dlint", version, _folder(lambda folder: dlint_findings(_output(command, folder))))


def dlint_findings(text: str) -> Told:
    """What flake8 says of each file: ``PATH CODE`` a line; E9 is a program that it cannot parse."""
    told: Told = {}
    for path, code in (line.split() for line in text.splitlines()):
        _add(told, path, None if code.startswith("E9") else {DLINT[code]} if code in DLINT else set())
    return told


def _opengrep(program: Path, rules: Path) -> Peer:
    command = [str(program), "scan", "--no-git-ignore", "--jobs", "1", "--quiet", "--json", "--config", str(rules), "."]
    version = _output([str(program), "--version"]).strip()
    return Peer("opengrep", version, _folder(lambda folder: opengrep_findings(_output(command, folder))))


def opengrep_findings(text: str) -> Told:
    """What ``opengrep scan --json`` says: weaknesses as the rule's metadata has them, ``CWE-89: …`` or a number."""
    record = json.loads(text)
    told: Told = {}
    for one in record["results"]:
        extra = one["extra"]
        if extra["severity"] in ("WARNING", "ERROR"):
            named = extra.get("metadata", {}).get("cwe", [])
            named = named if isinstance(named, list) else [named]
            numbers = {found.group() for name in named if (found := re.search(r"\d+", str(name)))}
            _add(told, one["path"], {f"CWE-{int(number)}" for number in numbers} or {""})
    for error in record["errors"]:
        if error.get("type") == "Syntax error" and "path" in error:
            _add(told, error["path"], None)
    return told


def _pysa(venv: Path, libraries: Path) -> Peer:
    pyre = venv / "bin" / "pyre"
    wheel = venv / "lib" / "pyre_check"

    def scan(folder: Path) -> Told:
        sources = f'project-includes = ["**/*.py"]\nsearch-path = ["."]\nsite-package-path = ["{libraries}"]\n'
        (folder / "pyrefly.toml").write_text(f"{sources}skip-interpreter-query = true\n")
        settings = {
            "source_directories": ["."],
            "search_path": [str(libraries)],
            "taint_models_path": [str(wheel / "taint"), str(wheel / "third_party_taint")],
        }
        (folder / ".pyre_configuration").write_text(json.dumps(settings))
        path = os.pathsep.join((str(venv / "bin"), os.environ.get("PATH", "")))
        command = [str(pyre), "-n", "analyze", "--no-verify", "--save-results-to", "results"]
        _output(command, folder, {**os.environ, "PATH": path})
        return pysa_findings((folder / "results" / "errors.json").read_text(encoding="utf-8"))

    version = _output([str(venv / "bin" / "python"), "-c", _VERSION_OF.format("pyre-check")]).strip()
    return Peer("Pysa", version, _folder(scan))


def pysa_findings(text: str) -> Told:
    """What Pysa's ``errors.json`` says; a rule that names no weakness of a program is left out."""
    told: Told = {}
    for one in json.loads(text):
        _add(told, one["path"], set(PYSA.get(one["code"], ())))
    return told


_PEERS: dict[str, tuple[int, Callable[..., Peer]]] = {
    "bandit": (1, _bandit),
    "ruff": (1, _ruff),
    "dlint": (1, _dlint),
    "opengrep": (2, _opengrep),
    "pysa": (2, _pysa),
}
_VERSION_OF = "import importlib.metadata as m; print(m.version('{}'))"


def _folder(findings: Callable[[Path], Told]) -> Scan:
    """A scan by a command that is given a folder with a file for each program."""

    def scan(programs: Sequence[str]) -> list[tuple[Found, float]]:
        with tempfile.TemporaryDirectory(prefix="peer_") as place:
            folder = Path(place)
            names = [f"program_{number:05d}.py" for number in range(len(programs))]
            for name, code in zip(names, programs, strict=True):
                (folder / name).write_text(code, encoding="utf-8", errors="replace")
            before = _children()
            told = findings(folder)
            share = (_children() - before) / max(1, len(programs))
        if strange := sorted(told.keys() - set(names)):
            raise ValueError(f"findings in {strange[0]}, which is none of the programs")
        return [(_frozen(told.get(name, set())), share) for name in names]

    return scan


def _frozen(found: set[str] | None) -> Found:
    return None if found is None else frozenset(found)


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _add(told: Told, path: str, found: set[str] | None) -> None:
    """Of one program's file, whichever way its path is written; what cannot be analysed stays so."""
    name = Path(path).name
    before = told.get(name, set())
    told[name] = None if found is None or before is None else before | found


def _output(command: Sequence[str], folder: Path | None = None, environment: Mapping[str, str] | None = None) -> str:
    """Standard output; linters end with 1 where they find something. ``RuntimeError`` where a command failed."""
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{' '.join(command[:3])} ended with {done.returncode}: {_last(done.stderr)}")
    return done.stdout


def _last(text: str) -> str:
    lines: Iterator[str] = (line for line in reversed(text.splitlines()) if line.strip())
    return next(lines, "it said nothing")[:300]
