"""Programs of the system that are started with a list of arguments, and what an option can do in each.

git and hg: ``--upload-pack``, ``--config`` run commands (https://git-scm.com/docs/git-clone, CVE-2017-1000117). ssh
and scp: ``-oProxyCommand`` does. svn: ``--config-option=config:tunnels:x=command``. rsync: ``-e command``. tar:
``--checkpoint-action=exec=command``. find: ``-exec``, ``-delete``. zip: ``-TT command``. curl and wget: ``-o file``,
``--use-askpass=command`` write a file or run a command (https://cwe.mitre.org/data/definitions/88.html).
"""

from __future__ import annotations

from real.detector.models.library import names
from real.detector.models.rows import Library, Program

_ADDRESSES = tuple(sorted(names("url uri repository repo remote origin address source")))
_MACHINES = tuple(sorted(names("host hostname server target address machine node")))
_REVISIONS = tuple(sorted(names("ref rev revision commit branch tag pattern")))
_TAKING = tuple(
    sorted(
        names(
            """-C -b -m -n -p -o -i -l -c -j -F -J --author --grep --message --branch --depth --jobs --origin --config
            --filter --max-count --since --until --format --pretty --shallow-since"""
        )
    )
)
_OF_TAR = ("-f", "-C", "--file", "--directory", "--exclude", "f", "xf", "cf", "tf", "xzf", "czf", "xvf", "cvf", "xvzf")
_FROM = ("clone", "fetch", "pull", "ls-remote", "remote", "submodule")
_AT = ("log", "diff", "show", "rev-list", "archive", "blame", "grep", "fetch", "pull")

LIBRARY = Library(
    "programs",
    "",
    (
        *(Program(name, _FROM, _ADDRESSES, _TAKING) for name in ("git", "hg")),
        *(Program(name, _AT, _REVISIONS, _TAKING) for name in ("git", "hg")),
        *(Program(name, (), _MACHINES, _TAKING) for name in ("ssh", "scp")),
        Program("svn", (), _ADDRESSES + _REVISIONS, ("-r", "-m", "--username", "--password"), strangers=True),
        Program("rsync", (), (), ("--exclude", "--include", "-f", "--files-from", "--port"), strangers=True),
        Program(
            "curl", (), (), ("-H", "-d", "-X", "-A", "-e", "-u", "-o", "--data", "--header", "--output"), strangers=True
        ),
        Program("wget", (), (), ("-U", "-O", "-P", "--header", "--post-data"), strangers=True),
        Program("tar", (), (), _OF_TAR, strangers=True),
        Program("find", (), (), ("-name", "-iname", "-path", "-regex", "-type", "-newer", "-size"), strangers=True),
        Program("zip", (), (), ("-P", "-x", "-i"), strangers=True),
    ),
    unchecked="programs of the system",
)
