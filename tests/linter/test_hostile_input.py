"""What a hostile user feeds the command: it answers with one message and exit code 2, and goes on with the rest."""

import io
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from real.detector.limits import OF_FILE
from real.linter.command import main

BAD = "import sqlite3\nname = input()\nsqlite3.connect('a').execute('SELECT ' + name)\n"
COMMAND = [sys.executable, "-m", "real.detector"]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("bad.py").write_text(BAD)
    return tmp_path


def rest_is_scanned(capsys: pytest.CaptureFixture[str], path: str, reason: str) -> None:
    """The file ``path`` is reported with ``reason``, and another one is scanned all the same."""
    assert main(["--strict", path, "bad.py"]) == 2
    captured = capsys.readouterr()
    assert f"{path}: {reason}" in captured.err
    assert "bad.py:3:1: CWE-89" in captured.out
    assert len(captured.err.splitlines()) == 1
    assert main(["--format", "json", path]) == (2 if reason.startswith("error") else 0)
    captured = capsys.readouterr()
    (entry,) = json.loads(captured.out)
    assert (entry["path"], entry["findings"]) == (path, [])
    assert f"{path}: {reason}" in captured.err


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"\x7fELF\x02\x01\x01\x00\x00", "unanalyzable: the program contains a NUL byte"),
        (b"\x89PNG\r\n\x1a\n\x00", "unanalyzable: cannot be decoded: "),
        ("print(1)\n".encode("utf-16"), "unanalyzable: cannot be decoded: "),
        ("print(1)\n".encode("utf-32"), "unanalyzable: cannot be decoded: "),
        (b"x = '\xe9'\n", "unanalyzable: cannot be decoded: "),
        (b"# coding: klingon\n", "unanalyzable: cannot be decoded: unknown encoding: klingon"),
        (b"# coding: hex\n", "unanalyzable: cannot be decoded: 'hex' is not a text encoding"),
        (b"# coding: zlib\n", "unanalyzable: cannot be decoded: 'zlib' is not a text encoding"),
        (b"# coding: undefined\n", "unanalyzable: cannot be decoded: "),
        (b"# coding: punycode\n\xff\n", "unanalyzable: not valid ASCII"),
        (b"\xef\xbb\xbf# coding: latin-1\nx = 1\n", "unanalyzable: cannot be decoded: encoding problem"),
        (b"# coding: utf-7\nx = '+2AA-'\n", "unanalyzable: "),
        (b"x = 1\n" * OF_FILE.characters, "unanalyzable: the source is larger than"),
        (b"x = 1\n" * (OF_FILE.characters // 5), "unanalyzable: the source has 2,400,000 characters"),
        (b"(" * 5_000, "unanalyzable: "),
        (b"-" * 100_000 + b"1", "unanalyzable: "),
    ],
)
def test_files_that_are_no_ordinary_source(raw: bytes, reason: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("odd.py").write_bytes(raw)
    rest_is_scanned(capsys, "odd.py", reason)


@pytest.mark.parametrize(("encoding", "cookie"), [("latin-1", "latin-1"), ("cp1252", "cp1252"), ("utf-8-sig", "utf-8")])
def test_files_in_other_encodings_are_scanned(encoding: str, cookie: str) -> None:
    Path("odd.py").write_text(f"# coding: {cookie}\n{BAD}print('äöü')\n", encoding=encoding)
    assert main(["odd.py"]) == 1


def test_a_file_that_fails_to_read(capsys: pytest.CaptureFixture[str]) -> None:
    rest_is_scanned(capsys, "/proc/self/mem", "error: cannot be read: Input/output error")


def test_a_socket_cannot_be_read(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.py")
        rest_is_scanned(capsys, "socket.py", "error: cannot be read: No such device or address")
        assert main(["."]) == 1  # below a directory, only files count


def test_endless_input_is_not_read_to_its_end(capsys: pytest.CaptureFixture[str]) -> None:
    rest_is_scanned(capsys, "/dev/zero", "unanalyzable: the source is larger than")


def test_a_pipe_is_read_when_it_is_named() -> None:
    os.mkfifo("pipe.py")
    writer = threading.Thread(target=Path("pipe.py").write_text, args=(BAD,))
    writer.start()
    assert main(["pipe.py"]) == 1
    writer.join()
    assert main(["."]) == 1  # and not waited for when it is found


def test_a_pipe_that_nobody_writes_to_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("real.linter.reading._PATIENCE", 0.0)
    os.mkfifo("pipe.py")
    rest_is_scanned(capsys, "pipe.py", "error: cannot be read: nobody writes to this pipe")


def test_a_pipe_that_others_import_is_read_once() -> None:
    os.mkfifo("pipe.py")
    Path("user.py").write_text("import pipe\npipe.run()\n")
    writer = threading.Thread(target=Path("pipe.py").write_text, args=(BAD,))
    writer.start()
    assert main(["pipe.py", "user.py"]) == 1
    writer.join()


def test_a_directory_without_permission(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    Path("secret").mkdir()
    real = os.scandir

    def scandir(path: str) -> Iterator[os.DirEntry[str]]:  # as root, the real thing would not refuse
        if str(path).endswith("secret"):
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert main(["."]) == 2
    captured = capsys.readouterr()
    assert "./secret: error: cannot be listed: Permission denied" in captured.err
    assert "./bad.py:3:1: CWE-89" in captured.out
    assert main(["--exclude", "secret", "."]) == 1


def test_loops_of_links(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a").mkdir()
    Path("a/up").symlink_to("..")
    Path("a/self").symlink_to("self")
    Path("a/loop.py").symlink_to("loop.py")
    Path("a/gone.py").symlink_to("nowhere.py")
    Path("a/again.py").symlink_to("../bad.py")
    assert main(["--format", "json", "."]) == 1
    assert [entry["path"] for entry in json.loads(capsys.readouterr().out)] == ["./a/again.py", "./bad.py"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("missing.py", "no such file or directory: missing.py"),
        ("", "no such file or directory: "),
        ("bad.py/x.py", "not a directory: bad.py/x.py"),
        ("x" * 5000, "file name too long: xxx"),
        ("loop.py", "too many levels of symbolic links: loop.py"),
        ("new\nline\x1b[31m.py", "no such file or directory: new\\nline\\x1b[31m.py"),
    ],
)
def test_paths_that_lead_nowhere(name: str, reason: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("loop.py").symlink_to("loop.py")
    assert main(["bad.py", name]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"real-detect: {reason}")
    assert len(captured.err.splitlines()) == 1


def test_names_and_sources_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    name = "new\n::warning::line\x1b[2J\u202e.py"
    Path(name).write_text(BAD.replace("input()", "input('\u202e\x0c\x1b]0;title\x07')") + "# real: ignore\n")
    assert main([name]) == 1
    captured = capsys.readouterr()
    for line in (captured.out + captured.err).split("\n"):
        assert line.isprintable()
        assert not line.startswith("::")
    assert "new\\n::warning::line\\x1b[2J\\u202e.py:3:1: CWE-89" in captured.out


@pytest.fixture
def bottomless(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for trees that pytest's own clean-up cannot remove; left below its root they fail every later run."""
    folder = Path(tempfile.mkdtemp(prefix="real-deep-"))
    monkeypatch.chdir(folder)
    yield folder
    subprocess.run(["rm", "-rf", folder], check=True)


def test_deep_directories(bottomless: Path) -> None:
    for _ in range(1200):  # deeper than functions can be nested, and than a path can be long
        Path("d").mkdir()
        os.chdir("d")
    Path("deep.py").write_text(BAD)
    os.chdir(bottomless)
    assert main(["--select", "CWE-89", "d"]) == 1


@pytest.mark.parametrize("arguments", [["bad.py"], ["--list"], ["--explain", "CWE-89"], ["--format", "sarif", "."]])
def test_a_reader_that_has_left(arguments: list[str]) -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([*COMMAND, *arguments], stdout=write, stderr=subprocess.PIPE, check=False)
    os.close(write)
    assert (done.returncode, done.stderr) == (2, b"")


def test_a_reader_of_answers_that_has_left() -> None:
    read, write = os.pipe()
    os.close(read)
    lines = b'{"id": 1, "code": ""}\n' * 10
    done = subprocess.run([*COMMAND, "--jsonl"], input=lines, stdout=write, stderr=subprocess.PIPE, check=False)
    os.close(write)
    assert (done.returncode, done.stderr) == (2, b"")


def test_a_full_disk() -> None:
    with open("/dev/full", "wb") as full:  # noqa: PTH123 - a device
        done = subprocess.run([*COMMAND, "bad.py"], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "real-detect: cannot go on: [Errno 28] No space left on device\n"


def test_a_narrow_encoding_of_standard_output() -> None:
    Path("wide.py").write_text(BAD.replace("input()", "input('日本')"), encoding="utf-8")
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run([*COMMAND, "wide.py"], capture_output=True, env=environment, check=False)
    assert (done.returncode, done.stderr) == (1, b"")
    assert rb"name = input('\u65e5\u672c')" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ("bad.py - <&-", 2, "real-detect: <stdin>: error: cannot be read: standard input is closed\n"),
        ("--format json - <&-", 2, "real-detect: <stdin>: error: cannot be read: standard input is closed\n"),
        ("--jsonl <&-", 2, "real-detect: --jsonl reads standard input, which is closed\n"),
        ("bad.py >&-", 1, ""),
        ("bad.py 2>&-", 1, ""),
    ],
)
def test_closed_streams(arguments: str, code: int, message: str) -> None:
    shell = f"{sys.executable} -m real.detector {arguments}"
    done = subprocess.run(["bash", "-c", shell], input="", capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (code, message)


def test_a_working_directory_that_is_gone(here: Path) -> None:
    gone = here / "gone"
    gone.mkdir()
    shell = f"cd {gone} && rmdir {gone} && {sys.executable} -m real.detector --format sarif {here}/bad.py"
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, env=environment, check=False)
    assert (done.returncode, done.stderr) == (2, "real-detect: cannot go on: [Errno 2] No such file or directory\n")


def test_standard_input_is_decoded_as_a_file_would_be(monkeypatch: pytest.MonkeyPatch) -> None:
    for raw, code in ((b"# coding: latin-1\n" + BAD.encode() + b"#\xe9\n", 1), (b"#\xe9\n", 0), (b"", 0)):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw), encoding="ascii"))
        assert main(["-"]) == code
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"#\xe9\n")))
    assert main(["--strict", "-"]) == 2


@pytest.mark.parametrize("line", [b"[" * 100_000, b'{"id": 1, "code": "\\ud800"}', b"\x00", b'{"code": "x"}  '])
def test_odd_lines_of_the_batch_protocol(
    line: bytes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(line + b'\n{"id": 2, "code": ""}')))
    assert main(["--jsonl"]) == 0
    answers = [json.loads(answer) for answer in capsys.readouterr().out.splitlines()]
    assert [answer["id"] for answer in answers][1:] == [2]
    assert answers[1]["status"] == "clean"
