"""Tasks built once, and a way to run generated programs quickly."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from real.datasets.build.mini.assemble import build_tasks
from real.types import ScriptSuite, StdinCase, Task


@pytest.fixture(scope="session")
def train() -> list[Task]:
    return build_tasks("train", 0)


@pytest.fixture(scope="session")
def test() -> list[Task]:
    return build_tasks("test", 0)


class Runner:
    """Runs programs in this process. Only for programs that our own generator wrote: there is no sandbox."""

    def __init__(self, root: Path, chdir) -> None:
        self.root = root
        self.chdir = chdir
        self.folders: dict[str, Path] = {}

    def enter(self, database: str) -> None:
        """Make the folder with this database the working directory."""
        if database not in self.folders:
            self.folders[database] = folder = self.root / str(len(self.folders))
            folder.mkdir()
            self.chdir(folder)
            exec(compile(database, "database", "exec"), {})
        self.chdir(self.folders[database])

    def run(self, code: str, database: str, stdins: Sequence[str]) -> Iterator[str]:
        """Standard output for each input, or ``"error: …"`` for a run that raises."""
        self.enter(database)
        compiled = compile(code, "program", "exec")
        for stdin in stdins:
            lines = iter(stdin.splitlines())
            out = io.StringIO()
            scope = {"__name__": "__main__", "input": lambda lines=lines: next(lines)}
            try:
                with contextlib.redirect_stdout(out):
                    exec(compiled, scope)
            except SystemExit:
                yield out.getvalue().removesuffix("\n")
            except Exception as error:  # any failure of the program is a result here
                yield f"error: {error!r}"
            else:
                yield out.getvalue().removesuffix("\n")
            finally:
                if "conn" in scope:
                    scope["conn"].close()

    def failures(self, code: str, suite: ScriptSuite) -> list[tuple[StdinCase, str]]:
        """The cases that a program fails, with what it printed."""
        outputs = self.run(code, suite.database or "", [case.stdin for case in suite.cases])
        return [(c, o) for c, o in zip(suite.cases, outputs, strict=True) if o != c.expected]

    def fails(self, code: str, suite: ScriptSuite) -> bool:
        """Whether a program fails some case; stops at the first."""
        outputs = self.run(code, suite.database or "", [case.stdin for case in suite.cases])
        return any(o != c.expected for c, o in zip(suite.cases, outputs, strict=False))


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runner:
    return Runner(tmp_path, monkeypatch.chdir)


@pytest.fixture(scope="session")
def released() -> Path:
    """The folder of the released data sets: ``REAL_DATA``, else ``shared/data`` beside the repository."""
    root = Path(__file__).resolve().parents[2]
    folder = Path(os.environ.get("REAL_DATA") or root.parent / "shared" / "data")
    if not (folder / "safesql").is_dir():
        pytest.skip(
            f"the released data sets are not here: {folder} has no safesql. Get them from the hub (docs/datasets.md) "
            "and let REAL_DATA name the folder that holds safesql, seccodeplt_plus and apps_plus."
        )
    return folder
