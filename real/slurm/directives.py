"""``cluster.sbatch`` as ``#SBATCH`` lines: what a site needs, quoted as sbatch reads it."""

from __future__ import annotations

import re
import shlex

from real.errors import UsageError

# What the job, its log or its place in the sweep depends on: a later line of the script would override it.
_RESERVED = {
    **dict.fromkeys(
        ("--array", "-a", "--output", "-o", "--error", "-e", "--open-mode"), "real.slurm names them itself"
    ),
    **dict.fromkeys(("--dependency", "-d", "--kill-on-invalid-dep"), "evaluation and tables wait by them"),
    **dict.fromkeys(("--requeue", "--no-requeue"), "cluster.max_requeues and cluster.retries say how often"),
    **dict.fromkeys(("--signal",), "cluster.warning_s says when"),
    **dict.fromkeys(
        ("--parsable", "--test-only", "--wait", "-W", "--wrap"), "it is an option of the command line only"
    ),
}
_SAFE = re.compile(r"[\w@%+=:,./-]+")


def directive(option: str) -> str:
    """Return the ``#SBATCH`` arguments for one entry of ``cluster.sbatch``.

    ``--comment=a b`` is one argument and ``-C gpu`` an option with its value, as if the entry had been typed; quotes
    mean what they mean in a shell. Raises ``UsageError`` for unbalanced quotes, two options in one entry, and options
    that would take a job away from ``status.py``.
    """
    words = _words(option)
    name = words[0].partition("=")[0]
    short = name[:2] if not name.startswith("--") else name
    if reason := _RESERVED.get(short):
        raise UsageError(f"cluster.sbatch has {option!r}, which is REAL's to set: {reason}", hint="Leave it out.")
    return " ".join(quote(word) for word in words)


def quote(word: str) -> str:
    """Quote a word for an ``#SBATCH`` line: in double quotes a backslash escapes, and ``#`` starts no comment."""
    if _SAFE.fullmatch(word):
        return word
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _words(option: str) -> list[str]:
    if "'" in option or '"' in option:
        try:
            return shlex.split(option)
        except ValueError as error:
            raise UsageError(f"cluster.sbatch has {option!r}: {error}", hint="Balance its quotes.") from error
    if re.search(r" --?[A-Za-z]", option):
        raise UsageError(
            f"cluster.sbatch has {option!r}, which reads like two options",
            hint="One entry for each option; a value with ' -' in it stands in quotes.",
        )
    found = re.fullmatch(r"(--?[\w-]+) +(.+)", option)
    return [found[1], found[2]] if found else [option]
