"""Python: files and folders."""

from __future__ import annotations

from real.detector.models.kinds import Kind, Role
from real.detector.models.rows import Library, arg, calls, sanitizers, sinks

LIBRARY = Library(
    "files",
    "",
    (
        *calls(Role.SIZE, arg(0, "size"), "os.urandom"),
        *calls(Role.FILE_TEST, (), "os.path.{isdir,isfile,exists}"),
        *calls(Role.FILE_MODE, arg(1, "mode"), "os.chmod"),
        *calls(Role.COPIES_FILE, (arg(0, "fsrc"), arg(1, "fdst")), "shutil.copyfileobj"),
        *calls(Role.TEXT_BUFFER, (), "io.StringIO"),
        *calls(Role.CSV_WRITER, (), "csv.{writer,DictWriter}"),
        *sinks(Kind.PATH, arg(0, "file"), "builtins.open", "io.open"),
        *sinks(Kind.PATH, arg(0, "path"), "os.{remove,unlink,listdir,rmdir}", "shutil.rmtree"),
        *sinks(Kind.PATH, arg(0, "src"), "shutil.{copyfile,copy,move}"),
        *sanitizers((Kind.PATH,), "os.path.basename", "ntpath.basename"),
    ),
)
