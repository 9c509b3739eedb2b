"""Python: archives and compressed data."""

from __future__ import annotations

from real.detector.models.kinds import Role
from real.detector.models.rows import Library, Returns, arg, calls

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
        *calls(Role.COMPRESSED, (), "gzip.{open,GzipFile}", "bz2.open", "lzma.open"),
        *calls(Role.ARCHIVE_MEMBER, (), "zipfile.ZipFile().open().{read,readlines}"),
        *calls(
            Role.STREAM_INFLATER,
            (arg(0, "data"), arg(1, "max_length")),
            "zlib.decompressobj().decompress",
            "bz2.BZ2Decompressor().decompress",
            "lzma.LZMADecompressor().decompress",
        ),
        Returns("zipfile.ZipFile.open", "zipfile.ZipExtFile"),
    ),
)
