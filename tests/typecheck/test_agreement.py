"""The verdict of the warm checker is that of a cold command line of the same MyPy."""

import itertools
import re
import subprocess
import sys
from collections.abc import Callable

import pytest

from real.typecheck import Checker
from real.typecheck.warm_mypy import FLAGS
from real.types import Analysis, AnalysisStatus

from .samples import SAMPLES

Found = list[tuple[int, str]]
Cold = Callable[[str], Found]
_ERROR = re.compile(r"^sample_\d+\.py:(\d+): error: .*?(?:  \[([a-z0-9-]+)\])?$")


@pytest.fixture(scope="module")
def cold(tmp_path_factory: pytest.TempPathFactory) -> Cold:
    """Line and error code of every error that a new ``python -m mypy`` prints.

    The runs share a cache of the standard library's stubs, which makes them three times faster; each program has a file
    name of its own, so that its own result is never an old one.
    """
    folder = tmp_path_factory.mktemp("cold")
    count = itertools.count()
    flags = [flag for flag in FLAGS if flag != "--no-incremental"]

    def run(code: str) -> Found:
        path = folder / f"sample_{next(count)}.py"
        path.write_text(code, encoding="utf-8", newline="")
        command = [sys.executable, "-m", "mypy", *flags, "--no-error-summary", path.name]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env={}, check=False)
        path.unlink()
        errors = [line for line in done.stdout.splitlines() if ": error: " in line]
        assert done.stderr == "" and done.returncode in (0, 1, 2)
        assert (done.returncode != 0) == bool(errors)
        matches = [_ERROR.match(line) for line in errors]
        return sorted((int(match[1]), match[2] or "misc") for match in matches if match)

    return run


def warm(analysis: Analysis) -> Found:
    return sorted((finding.line, finding.rule.removeprefix("mypy:")) for finding in analysis.findings)


@pytest.fixture(scope="module")
def batch(checker: Checker) -> dict[str, Analysis]:
    """All samples in one batch, so that they have every chance to disturb each other."""
    return dict(zip(SAMPLES, checker.check(list(SAMPLES.values())), strict=True))


@pytest.mark.parametrize("name", SAMPLES)
def test_a_batch_agrees_with_cold_runs(name: str, batch: dict[str, Analysis], cold: Cold) -> None:
    expected = cold(SAMPLES[name])
    analysis = batch[name]
    if analysis.status is AnalysisStatus.UNANALYZABLE:
        assert {code for _, code in expected} == {"syntax"}
    else:
        assert warm(analysis) == expected
        assert analysis.status is (AnalysisStatus.FINDINGS if expected else AnalysisStatus.CLEAN)


def test_the_order_of_a_batch_does_not_matter(checker: Checker, batch: dict[str, Analysis]) -> None:
    backwards = list(reversed(SAMPLES))
    again = checker.check([SAMPLES[name] for name in backwards])
    assert dict(zip(backwards, again, strict=True)) == batch


def test_alone_is_as_in_a_batch(checker: Checker, batch: dict[str, Analysis]) -> None:
    for name in ("submodule without import", "classes", "third party", "only a note"):
        assert checker.check([SAMPLES[name]]) == [batch[name]]
