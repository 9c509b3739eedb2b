"""Fingerprints that identify a finding across versions of a file, whatever line it moves to."""

from __future__ import annotations

from collections import Counter
from hashlib import sha256

from real.formats.record import ScannedProgram


def fingerprints(program: ScannedProgram) -> list[str]:
    """One for each record: hash of the rule, the source line with spaces collapsed, and its occurrence in the file.

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
