"""CWE-502: Deserialization of untrusted data (https://cwe.mitre.org/data/definitions/502.html)

What: bytes or text from outside are decoded by a format that can name the classes and functions to be called.

Why: a pickle is a program: reading one imports modules and calls what it names before the result can be looked at. The
same holds for everything built on pickle, for YAML tags such as !!python/object/apply, and for jsonpickle.

Bad:
    session = pickle.loads(base64.b64decode(request.cookies["session"]))
    settings = yaml.load(request.data, Loader=yaml.Loader)

Good:
    session = json.loads(base64.b64decode(request.cookies["session"]))
    settings = yaml.safe_load(request.data)

Good, where it must be pickle and both ends share a key:
    if not hmac.compare_digest(hmac.new(KEY, body, "sha256").digest(), signature):
        raise ValueError("not written by us")
    session = pickle.loads(body)

What silences it:
- a format that holds data only: json, csv, tomllib, yaml.safe_load or SafeLoader, numpy.load() without allow_pickle,
  torch.load(weights_only=True);
- a comparison of a signature of the bytes by hmac.compare_digest(), a signer's unsign(), a public key's verify(), on
  every way to the call;
- a comparison of their digest with one that does not come with them: of a table, a manifest, another parameter;
- a subclass of pickle.Unpickler whose find_class() returns only what a list admits;
- data of the program's own: a file of constant name (of pickles; YAML of any file is reported, for safe_load() would do
  the same work).

What does not: catching the exceptions of loads(), a test of the size or type of the data or of its first bytes, a look
at the result, base64, zlib, encryption without authentication.

Also reported: pickles that arrive by Redis, a queue, a socket or a download, or in a file that was uploaded before; and
libraries that are told to read them (Celery's accept_content, Django's SESSION_SERIALIZER, recv_pyobj() of ZeroMQ).

Sources: https://docs.python.org/3/library/pickle.html, https://pyyaml.org/wiki/PyYAMLDocumentation,
https://numpy.org/doc/stable/reference/generated/numpy.load.html, https://docs.pytorch.org/docs/stable/generated/torch.load.html
"""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.analysis.atoms import Atom
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect, Flow
from real.detector.analysis.slices import Reads
from real.detector.analysis.witness import every
from real.detector.ir.definitions import ends_in_exception
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import calls_of, tables
from real.detector.models.kinds import Kind, Role
from real.detector.models.library import names
from real.detector.models.when import MissingOrNamed
from real.detector.rule import Rule
from real.detector.rules._channels import CONFIGURING, received, told_to_unpickle
from real.detector.rules._digests import is_code_test, is_digest_test, is_verified

_READERS = names("open read_text read_bytes")
# What reads a pickle whatever its other arguments; an Unpickler is given one and reads it later.
_PICKLED = tuple(
    path for path, row in tables((Kind.PICKLE,)).calls.items() if row.when is None and not path.endswith(".Unpickler")
)
_LOADERS = tables((Kind.YAML_TAGS,)).calls
_FINDERS = tables((Kind.MODULE_NAME,)).calls.keys() | {"builtins.getattr"}


def _is_guarded(facts: Facts, flow: Flow) -> bool:
    """Whether the data passed a comparison of a code made with a key, or of a digest that does not come with it."""
    return is_verified(facts, flow) or facts.is_guarded(
        flow.unit, flow.instr, flow.operands, lambda atom, reads: _is_test(facts, atom, reads)
    )


def _is_test(facts: Facts, atom: Atom, reads: Reads) -> bool:
    return is_code_test(facts, atom, reads) or is_digest_test(facts, atom)


def _check(facts: Facts) -> Iterator[Defect]:
    yield from _open_unpicklers(facts)
    yield from _documents_of_files(facts)
    yield from _open_loaders(facts)
    yield from told_to_unpickle(facts)
    yield from received(facts, facts.calls(*_PICKLED), lambda atom, reads: _is_test(facts, atom, reads))
    if any("unsafe" in site.constants(0, "typ") for site in facts.calls(*calls_of(Role.TAGS_IF_UNSAFE))):
        for site in facts.calls(*calls_of(Role.READS_TAGS)):
            value = site.argument(0, "stream")
            if value is not None and facts.is_untrusted(value):
                yield Defect(site.instr, "the loader creates the objects that the tags name", facts.trace(value))


def _open_loaders(facts: Facts) -> Iterator[Defect]:
    """``class Plans(yaml.UnsafeLoader)`` as the loader."""
    for site, row in facts.tabled(_LOADERS):
        if not isinstance(row.when, MissingOrNamed):
            continue
        (stream,), chosen = row.arguments, row.when.argument
        value, loader = site.argument(stream.position, stream.name), site.argument(chosen.position, chosen.name)
        classes = [obj.unit for obj in loader.objs if obj.unit is not None] if loader is not None else []
        bases = {word for unit in classes for word in facts.declarations(unit).words}
        is_unsafe = any(name.rpartition(".")[2] in bases for name in row.when.apis)
        if value is not None and facts.is_untrusted(value) and is_unsafe:
            yield Defect(site.instr, "the loader creates the objects that the tags name", facts.trace(value))


def _documents_of_files(facts: Facts) -> Iterator[Defect]:
    """``yaml.load(open("settings.yml"))``: who edits the file runs code, and a safe loader would read it too."""
    for site, row in facts.tabled(_LOADERS):
        (stream,) = row.arguments
        value = site.argument(stream.position, stream.name)
        if row.when is None or value is None or facts.is_untrusted(value) or not row.when(site):
            continue
        for operand in site.operands(stream.positions, stream.names)[:1]:
            if {call.rpartition(".")[2] for call in facts.reads(site.unit, operand).calls} & _READERS:
                yield Defect(site.instr, "the loader creates the objects that the tags of the file name")


def _open_unpicklers(facts: Facts) -> Iterator[Defect]:
    """Reading by a subclass of ``Unpickler`` that admits every class."""
    open_classes = {
        unit
        for unit in facts.units
        if unit.kind == "class"
        and any(word.rpartition(".")[2] == "Unpickler" for word in facts.declarations(unit).words)
        and not _can_refuse(facts, unit)
    }
    for unit in facts.units if open_classes else ():
        for instr in facts.instructions(unit, "method"):
            if instr.extra[0] == "load":
                reader = facts.value(unit, instr.args[0])
                if facts.is_untrusted(reader) and any(obj.unit in open_classes for obj in reader.objs):
                    yield Defect(instr, "the Unpickler admits every class", facts.trace(reader))


def _can_refuse(facts: Facts, owner: Unit) -> bool:
    """Whether ``find_class()`` of a class can fail, and returns only what a test admits, not what none refuses."""
    return any(
        unit.parent is owner
        and unit.name == "find_class"
        and unit.returns
        and any(ends_in_exception(b) for b in unit.blocks)
        and every(
            not _finds_anything(facts, unit, step) or _is_listed(facts, unit, step)
            for step in facts.instructions(unit, "return")
        )
        for unit in facts.functions
    )


def _is_listed(facts: Facts, unit: Unit, step: Instr) -> bool:
    """Whether a test admits what is found by the name of the class, and not whole modules of them."""
    tests = [atom for atom in facts.controlling_tests(unit, step) if _admits(atom)]
    return bool(unit.params.names) and any(
        unit.params.names[-1] in facts.atom_reads(atom).params and not facts.is_existence_test(atom) for atom in tests
    )


def _finds_anything(facts: Facts, unit: Unit, step: Instr) -> bool:
    """Whether a return hands out what any module holds, and not what a table of the class lists."""
    return any(
        (made.op == "method" and made.extra[0] == "find_class") or bool(facts.library_names(unit, made) & _FINDERS)
        for made in facts.definitions(unit, step.args[0])
    )


def _admits(atom: Atom) -> bool:
    return atom.op not in ("NotIn", "NotEq") and not (atom.op in ("call", "truth") and atom.sense is False)


RULE = Rule(
    cwe="CWE-502",
    title="Deserialization of untrusted data",
    doc=__doc__ or "",
    fix="use a format that holds data only (json, yaml.safe_load), or check an HMAC of the bytes before they are read",
    what="data",
    kinds=(Kind.PICKLE, Kind.MARSHAL, Kind.YAML_TAGS, Kind.JSON_CLASSES, Kind.MODEL_LAYERS),
    guard=_is_guarded,
    check=_check,
    local=True,
    asks=(Role.TAGS_IF_UNSAFE, Role.READS_TAGS, Role.PEER_PICKLE, Role.PEER_KEY, Role.DESERIALIZER),
    watches=CONFIGURING,
)
