"""What identifies a finding from one version of a file to the next, wherever in the file it moves."""

from __future__ import annotations

from collections import Counter
from hashlib import sha256

from real.formats.record import Program


def fingerprints(program: Program) -> list[str]:
    """One for each record: a hash of rule, source line without its spacing, and which such line of the file it is.

    The file is not part of it; whoever compares fingerprints compares files as well.
    """
    seen: Counter[tuple[str, str]] = Counter()
    found = []
    for record in program.records:
        text = program.lines[record.line - 1] if record.line <= len(program.lines) else ""
        key = (record.rule, " ".join(text.split()))
        seen[key] += 1
        whole = "\0".join((*key, str(seen[key])))
        found.append(sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()[:32])
    return found
