"""Which files a command line means."""

import os
from pathlib import Path

import pytest

from real.formats.files import find, is_excluded

TREE = (
    *("b.py", "a/z.py", "a/b/c.py", "a.py", "notes.txt", "script", "a/gen/x_pb2.py", ".hidden.py"),
    *(".git/hook.py", ".venv/lib/x.py", "env/pyvenv.cfg", "env/lib/y.py", "node_modules/n.py", "a/__pycache__/p.py"),
    *("lib/site-packages/s.py", "dir.py/inner.py"),
)


@pytest.fixture(autouse=True)
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in TREE:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).touch()


def found(*paths: str, exclude: tuple[str, ...] = ()) -> list[str]:
    return [source.path for source in find(paths, exclude)]


def test_folders_stand_for_their_python_files_in_order() -> None:
    below = ["./.hidden.py", "./a/b/c.py", "./a/gen/x_pb2.py", "./a/z.py", "./a.py", "./b.py", "./dir.py/inner.py"]
    assert found(".") == below
    assert found("a") == ["a/b/c.py", "a/gen/x_pb2.py", "a/z.py"]


def test_what_is_named_is_meant() -> None:
    assert found("script", ".git", "env", "notes.txt") == ["script", ".git/hook.py", "env/lib/y.py", "notes.txt"]


def test_each_file_once_whatever_its_spelling() -> None:
    assert found("a/z.py", "./a/../a/z.py", str(Path("a/z.py").absolute()), "-", "-", "a/b", "a") == [
        *("a/z.py", "-", "a/b/c.py", "a/gen/x_pb2.py")
    ]


@pytest.mark.parametrize(
    ("pattern", "left"),
    [
        ("gen", ["a/b/c.py", "a/z.py"]),
        ("gen/", ["a/b/c.py", "a/z.py"]),
        ("*_pb2.py", ["a/b/c.py", "a/z.py"]),
        ("a/gen", ["a/b/c.py", "a/z.py"]),
        ("./a/gen/", ["a/b/c.py", "a/z.py"]),
        ("gen/*", ["a/b/c.py", "a/z.py"]),
        ("a/[bz]*", ["a/gen/x_pb2.py"]),
        ("a", []),
        ("*", []),
        ("e", ["a/b/c.py", "a/gen/x_pb2.py", "a/z.py"]),
        ("", ["a/b/c.py", "a/gen/x_pb2.py", "a/z.py"]),
        ("/", ["a/b/c.py", "a/gen/x_pb2.py", "a/z.py"]),
        ("/a", ["a/b/c.py", "a/gen/x_pb2.py", "a/z.py"]),
    ],
)
def test_exclude(pattern: str, left: list[str]) -> None:
    assert found("a", exclude=(pattern,)) == left
    files = ("a/b/c.py", "a/gen/x_pb2.py", "a/z.py")
    assert found(*files, exclude=(pattern,)) == left  # named files too: pre-commit names every file
    if not pattern.startswith("/"):
        absolute = [str(Path(name).absolute()) for name in files]
        assert found(*absolute, exclude=(pattern,)) == [str(Path(name).absolute()) for name in left]


def test_absolute_patterns_name_absolute_paths() -> None:
    assert is_excluded("/srv/app/x.py", ["/srv/app"])
    assert not is_excluded("/home/srv/app/x.py", ["/srv/app"])


def test_an_excluded_folder_is_not_even_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = []
    real = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: listed.append(path) or real(path))
    found(".", exclude=("a",))
    assert sorted(listed) == [".", "./dir.py", "./env", "./lib"]
