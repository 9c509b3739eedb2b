"""Generated references are clean for MyPy and the detector; unsafe twins and type-error variants are not."""

from __future__ import annotations

import pytest
from mypy import api

from real import detector
from real.datasets.build.mini.programs import IDIOMS, UNSAFE_STYLES, Style, program
from real.datasets.build.mini.query import decode
from real.types import AnalysisStatus


def one_of_each(tasks):
    """One task for each pattern and way to read a number."""
    found = {}
    for task in tasks:
        kinds = tuple(item.kind for item in decode(task.tags["query"]).inputs)
        found.setdefault((task.tags["pattern"], kinds), task)
    return list(found.values())


@pytest.fixture(scope="module")
def checked(test, tmp_path_factory):
    """Module name to MyPy's messages, for references and type-error variants, from a single strict run."""
    folder = tmp_path_factory.mktemp("programs")
    for task in one_of_each(test):
        query = decode(task.tags["query"])
        name = task.task_id.replace("-", "_")
        (folder / f"{name}_ref.py").write_text(task.reference)
        for idiom in IDIOMS:
            for splice in ("bind", "fstring"):
                for error in (False, True):
                    code = program(query, Style(idiom, splice, error))
                    (folder / f"{name}_{idiom}_{splice}_{'error' if error else 'fine'}.py").write_text(code)
    files = sorted(map(str, folder.glob("*.py")))
    report, _, _ = api.run(["--strict", "--config-file=", f"--cache-dir={folder / 'cache'}", *files])
    return {file: [line for line in report.splitlines() if line.startswith(f"{file}:")] for file in files}


def test_programs_are_clean_for_mypy_strict_unless_made_not_to_be(checked):
    assert len(checked) > 100
    for file, messages in checked.items():
        assert bool(messages) == file.endswith("_error.py"), (file, messages)


def test_the_detector_passes_every_reference_and_finds_every_twin(train, test):
    for task in [*train, *test]:
        clean, found = detector.scan(task.reference), detector.scan(task.unsafe)
        assert clean.status == AnalysisStatus.CLEAN, (task.task_id, clean, task.reference)
        assert "CWE-89" in {finding.rule for finding in found.findings}, (task.task_id, task.unsafe)


def test_the_detector_finds_every_unsafe_style(test):
    for task in one_of_each(test):
        for splice in UNSAFE_STYLES:
            code = program(decode(task.tags["query"]), Style("query", splice))
            assert detector.scan(code).findings, code
