"""Python: archives and compressed data."""

from __future__ import annotations

from real.detector.models.kinds import Role
from real.detector.models.rows import Library, calls

LIBRARY = Library(
    "archives",
    "",
    (
        *calls(
            Role.INFLATER,
            (),
            "bz2.decompress",
            "gzip.decompress",
            "lzma.decompress",
            "shutil.unpack_archive",
            "zlib.decompress",
        ),
        *calls(
            Role.ARCHIVE,
            (),
            "zipfile.ZipFile",
            "tarfile.{open,TarFile}",
            "gzip.{open,GzipFile}",
            "bz2.open",
            "lzma.open",
        ),
    ),
)
