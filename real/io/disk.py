"""Files that survive a kill: atomic replacement, torn-line-safe JSONL, and disk failures told in words."""

from __future__ import annotations

import contextlib
import errno
import gzip
import json
import math
import os
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from real.errors import DataError, InfrastructureError, UsageError

_FULL = {errno.ENOSPC, errno.EDQUOT}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}


@contextlib.contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn an ``OSError`` while writing ``path`` into an ``InfrastructureError`` that says what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            what, hint = "the disk is full", "Free some space and run the same command again: it resumes."
        elif error.errno in _FORBIDDEN:
            what, hint = "no permission to write there", "Choose another output folder, or make this one writable."
        else:
            what, hint = error.strerror or str(error), "Check the output folder and run the same command again."
        raise InfrastructureError(f"cannot write {path}: {what}", hint=hint) from error


def atomic_write(path: Path, content: str | bytes) -> None:
    """Replace ``path`` as a whole: a reader, or a run killed half-way, sees the old content or the new, never a mix.

    Text is written as UTF-8, and half a surrogate pair (a model's) as an escape. A link stays one, and a device such as
    ``/dev/stdout`` is written to. Raises ``InfrastructureError`` where the disk refuses; the old content is then still
    in place.
    """
    data = content.encode(errors="backslashreplace") if isinstance(content, str) else content
    with disk_errors(path):
        if _is_device(path):
            path.write_bytes(data)
            return
        path = path.resolve()
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fchmod(file.fileno(), 0o644)  # mkstemp makes it private, yet results are there to be shared
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except OSError:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
            raise


def _is_device(path: Path) -> bool:
    return path.exists() and not path.is_file() and not path.is_dir()


def check_output(
    path: Path, option: str, inputs: Mapping[str, str | Path] | None = None, *, parents: bool = False
) -> None:
    """Raise ``UsageError`` where ``atomic_write`` could not write ``path``, or would replace one of the ``inputs``.

    Call it before long work. ``option`` names the setting that gave the path, ``inputs`` are files by their options,
    with ``parents`` the folder of ``path`` may be made later.
    """
    if path.is_dir():
        raise UsageError(f"{option} {path} is a folder", hint="Name a file in it.")
    for name, other in (inputs or {}).items():
        if path.exists() and Path(other).exists() and path.samefile(other):
            raise UsageError(f"{option} and {name} are the same file, {path}", hint="Write to another file.")
    if _is_device(path):
        return
    folder = path.resolve().parent
    while parents and not folder.exists():
        folder = folder.parent
    if not folder.is_dir():
        raise UsageError(f"the folder of {option} {path} does not exist", hint=f"Make it first: mkdir -p {folder}")
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UsageError(
            f"{option} {path} cannot be written: {error.strerror}", hint="Choose another folder."
        ) from error


def to_line(record: Mapping[str, object]) -> str:
    """One JSON line, ASCII only (lone surrogates of a model survive); NaN and infinities become null."""
    return json.dumps(_finite(record), allow_nan=False) + "\n"


def append_line(path: Path, record: Mapping[str, object]) -> None:
    """Append one record and force it to the disk before returning."""
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="ascii") as file:
            file.write(to_line(record))
            file.flush()
            sync(file.fileno())


def write_lines(path: Path, records: Iterable[Mapping[str, object]]) -> None:
    """Replace a JSONL file atomically."""
    atomic_write(path, "".join(to_line(record) for record in records))


def write_json(path: Path, record: Mapping[str, object]) -> None:
    """Replace a JSON file atomically, indented for people."""
    atomic_write(path, json.dumps(_finite(record), indent=2, allow_nan=False) + "\n")


def read_lines(path: Path) -> list[dict[str, object]]:
    """Records of a JSONL file; a last line that a kill tore off half-way is left out.

    Where the file is not there, ``PATH.gz`` is read: archived runs are compressed. Raises ``DataError`` where both are
    missing, or where any other line is not a JSON object.
    """
    lines = _read_plain_or_packed(path).split(b"\n")
    torn = lines.pop()  # whatever follows the last newline: b"" in a whole file
    records = [_record(line, f"{path}, line {number}") for number, line in enumerate(lines, 1)]
    if torn:
        with contextlib.suppress(DataError):
            records.append(_record(torn, str(path)))
    return records


def has_lines(path: Path) -> bool:
    """Whether ``read_lines`` finds the file, plain or compressed."""
    return path.exists() or packed(path).exists()


def packed(path: Path) -> Path:
    """The compressed form of a file: its name with ``.gz``."""
    return path.with_name(path.name + ".gz")


def read_json(path: Path) -> dict[str, object]:
    """The object in a JSON file; raises ``DataError`` where it is missing or is none."""
    return _record(_read(path), str(path))


def read_text(path: Path) -> str:
    """The text of a file; raises ``DataError`` where it is missing or cannot be read."""
    return _read(path).decode(errors="replace")


def _read_plain_or_packed(path: Path) -> bytes:
    if path.exists() or not packed(path).exists():
        return _read(path)
    try:
        return gzip.decompress(_read(packed(path)))
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{packed(path)} cannot be decompressed: {error}", hint="The file is damaged.") from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise DataError(f"{path} is missing", hint="Is this the directory of a run that got that far?") from error
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from error


def _record(text: bytes, where: str) -> dict[str, object]:
    try:
        record = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError(
            f"{where} is not valid JSON: {error}", hint="The file is damaged; rerun, or restore it."
        ) from error
    if not isinstance(record, dict):
        raise DataError(f"{where} holds {type(record).__name__}, but it must hold a JSON object")
    return record


def _finite(value: object) -> object:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value


def sync(descriptor: int) -> None:
    """Wait until the disk has what was written to ``descriptor``."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # pipes and devices cannot be synced, and need not be
            raise
