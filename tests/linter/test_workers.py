"""Many files in several processes: the same output in the same order, whatever happens to a process."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from real.formats.files import Source
from real.linter import command, scanning
from real.linter.command import main
from real.linter.scanning import Scanner
from real.linter.workers import scan_all
from real.types import AnalysisStatus

BAD = "import os\nos.system(input())\n"


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Twenty files, and every run of two files is worth processes."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "_WORTH_PROCESSES", 1)
    for number in range(20):
        Path(f"f{number:02}.py").write_text(BAD if number % 3 == 0 else "x = 1\n" if number % 3 == 1 else "x = (\n")
    return tmp_path


@pytest.mark.parametrize("form", ["text", "json", "sarif", "github"])
def test_the_output_is_the_same_in_any_number_of_processes(
    tree: Path, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = []
    for jobs in ("1", "2", "5"):
        assert main(["--format", form, "--jobs", jobs, "."]) == 1
        seen.append(capsys.readouterr())
    assert seen[0] == seen[1] == seen[2]
    assert seen[0].out.count("CWE-77") >= 7


def test_a_process_that_dies_costs_its_own_file_only(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = scanning.read

    def deadly(path: str) -> Any:
        if path == "f03.py":
            os.kill(os.getpid(), signal.SIGKILL)
        return real(path)

    monkeypatch.setattr(scanning, "read", deadly)
    sources = [Source(f"f{number:02}.py") for number in range(20)]
    found = [scanned.program for scanned in scan_all(sources, Scanner(("CWE-77",)), 2)]
    assert [program.path for program in found] == [source.path for source in sources]
    assert found[3].status is AnalysisStatus.ERROR
    assert "the process that analysed it ended" in found[3].reason
    assert [program.status for program in found[:3]] == [
        *(AnalysisStatus.FINDINGS, AnalysisStatus.CLEAN, AnalysisStatus.UNANALYZABLE)
    ]
    assert sum(program.status is AnalysisStatus.FINDINGS for program in found) == 6


SLOW = """\
import sys, time
from pathlib import Path
from real.linter import command, scanning
command._WORTH_PROCESSES = 1
real = scanning.read
def slow(path):
    if path.endswith("f10.py"):
        Path("reached").touch()
        time.sleep(600)
    return real(path)
scanning.read = slow
sys.exit(command.command())
"""


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("form", ["text", "json"])
def test_what_there_is_so_far_is_shown_on_interruption(tree: Path, jobs: str, form: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW, "--jobs", jobs, "--format", form, "."],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while not Path("reached").exists():
        time.sleep(0.05)
        assert process.poll() is None
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the processes of the command all together
    out, _ = process.communicate()
    assert process.returncode == 130
    if form == "json":
        paths = [entry["path"] for entry in json.loads(out)]
        assert paths == [f"./f{number:02}.py" for number in range(len(paths))]
        assert len(paths) <= 10
    else:
        assert out.splitlines()[-1].endswith("of 20 files not scanned")


def test_findings_come_as_they_are_found(tree: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW, "--jobs", "1", "."],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("./f00.py:2:1: CWE-77")  # while f10.py is waited for
    os.killpg(process.pid, signal.SIGINT)
    process.communicate()


def test_progress_is_for_terminals() -> None:
    from real.linter.output import Output

    assert sys.stderr.isatty() is False
    assert Output("text", 5)._shows_progress is False
