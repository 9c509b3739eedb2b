"""Printing cannot end a command: any encoding, a reader that leaves, a full disk behind a redirection."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Programs of their own inside the sandbox and behind pipes: what they print is a protocol, not text for people.
_NOT_COMMANDS = {
    "real/execution/backends/fusion_driver.py",
    "real/training/openrlhf/child_process.py",
    "real/typecheck/worker_main.py",
}
_ODD = "é 漢 \N{PARTY POPPER} \ud83d"


def commands():
    """Every file that is run as a program."""
    files = [ROOT / "run.py", *(ROOT / "slurm").glob("*.py"), *(ROOT / "real").rglob("*.py")]
    for path in files:
        if "__main__" in path.read_text() and re.search(r'^if __name__ == "__main__":', path.read_text(), re.MULTILINE):
            yield path.relative_to(ROOT)


@pytest.mark.parametrize("path", [p for p in commands() if str(p) not in _NOT_COMMANDS], ids=str)
def test_every_command_goes_through_the_door(path):
    source = (ROOT / path).read_text()
    imported = re.findall(r"^ *from (real\.(?:slurm|linter)\.[\w.]+) import (?:command, )?main\b", source, re.MULTILINE)
    sources = [source, *((ROOT / f"{name.replace('.', '/')}.py").read_text() for name in imported)]
    assert any("console.protect(" in text for text in sources)


def run(code, **environment):
    settings = {**os.environ, "PYTHONUTF8": "0", **environment}
    return subprocess.run([sys.executable, "-c", code], capture_output=True, env=settings, cwd=ROOT, timeout=60)


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "latin-1:strict"},
        {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"},
    ],
    ids=str,
)
def test_any_encoding_will_do(environment):
    code = (
        "import sys\nfrom real.io import console\nconsole.protect()\n"
        f"for stream in (sys.stdout, sys.stderr): print({_ODD!a}, file=stream)"
    )
    done = run(code, **environment)
    assert done.returncode == 0, done.stderr
    assert b"\\ud83d" in done.stdout
    assert b"\\ud83d" in done.stderr


def test_a_run_outlives_its_reader():
    code = (
        "import sys\nfrom real.io import console\nconsole.protect(outlive=True)\nconsole.protect(outlive=True)\n"
        "for _ in range(100_000): print('a step')\nsys.stdout.flush()\nprint('done', file=sys.stderr)"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT)
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == b"done\n"
    process.stderr.close()
    assert process.wait(timeout=60) == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, which Linux has")
def test_a_run_outlives_a_full_disk_behind_its_output():
    code = "from real.io import console\nconsole.protect(outlive=True)\nprint('a step', flush=True)\nprint('another')"
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([sys.executable, "-c", code], stdout=full, stderr=subprocess.PIPE, cwd=ROOT, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_filter_is_told_that_its_reader_has_gone():
    code = "from real.io import console\nconsole.protect()\nfor _ in range(100_000): print('a line')"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT)
    process.stdout.readline()
    process.stdout.close()
    assert b"BrokenPipeError" in process.stderr.read()
    process.stderr.close()
    process.wait(timeout=60)
