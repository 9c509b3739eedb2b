"""CWE-22: Path traversal (https://cwe.mitre.org/data/definitions/22.html)

What: what a client sent becomes part of the name of a file that the program opens, sends or removes.

Why: `../` leads out of the folder that the programmer meant, and an absolute name replaces it: os.path.join("files",
"/etc/passwd") is "/etc/passwd".

Bad:
    return send_file("files/" + request.args["name"])

Good:
    return send_from_directory("files", request.args["name"])

    path = (FILES / name).resolve()
    if not path.is_relative_to(FILES):
        abort(404)

What silences it:
- secure_filename(), safe_join(), os.path.basename(), a conversion to a number;
- a test that admits no slash and no backslash, a constant allow-list;
- a test of the resolved path: is_relative_to(), or startswith() of a path that realpath(), abspath() or resolve() made.

What does not: refusing or removing "../", a test of the extension, a test of the path as it came.

Only data of a request count: who starts a program may open what they like.

Sources: requests of web frameworks, what a peer sent, the parameters of handlers.
"""

from __future__ import annotations

from real.detector.analysis.atoms import Atom
from real.detector.analysis.charsets import Charset
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Flow
from real.detector.analysis.slices import Reads
from real.detector.analysis.witness import every
from real.detector.models.kinds import Kind
from real.detector.rule import Rule
from real.detector.rules._bounds import is_requested

_RESOLVING = frozenset({"realpath", "abspath", "resolve", "normpath"})


def _is_harmless(facts: Facts, flow: Flow) -> bool:
    if not any(is_requested(facts, flow.unit, facts.value(flow.unit, operand)) for operand in flow.operands):
        return True
    return every(facts.is_guarded(flow.unit, flow.instr, [operand], _is_inside) for operand in flow.operands)


def _is_inside(atom: Atom, reads: Reads) -> bool:
    """``path.is_relative_to(FILES)``, ``os.path.realpath(path).startswith(FILES)``."""
    if atom.op != "call" or atom.sense is not True or atom.instr.op != "method":
        return False
    resolved = bool(reads.called & _RESOLVING)
    return resolved and atom.instr.extra[0] in ("is_relative_to", "startswith")


RULE = Rule(
    cwe="CWE-22",
    title="Path traversal",
    doc=__doc__ or "",
    fix="take the last part only (secure_filename()), or test that the resolved path is_relative_to() the folder",
    what="path",
    kinds=(Kind.PATH,),
    # A name without a separator stays in its folder.
    harmless=Charset("_-. "),
    guard=_is_harmless,
)
