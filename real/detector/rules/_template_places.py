"""Outside data in templates whose text is seen: put into the page as it is, or escaped for another place (CWE-79)."""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.analysis.heap import MAPPINGS
from real.detector.analysis.values import Value, join_all
from real.detector.concepts.markup import PAGE
from real.detector.rules._contexts import harm_of_place
from real.detector.rules._template_engines import Filled, filled
from real.detector.rules._template_text import ANY, Path, Reference, expressions

_ALL = frozenset({"items", "values", "pop", "copy"})


def template_defects(facts: Facts) -> Iterator[Defect]:
    """One defect for each place where a template is filled."""
    for template in filled(facts):
        found = next((defect for text in template.texts for defect in _defects(facts, template, text)), None)
        if found is not None:
            yield found


def _defects(facts: Facts, template: Filled, text: str) -> Iterator[Defect]:
    if not template.escapes and not PAGE.search(text):
        return  # no page: a prompt, a mail, a configuration
    for shown in expressions(text, template.syntax, escapes=template.escapes):
        for ref in shown.raw():
            value = _value(template, ref)
            if value is not None and facts.is_untrusted(value):
                how = "takes `{}` for safe HTML" if shown.is_escaped else "puts `{}` into the page as it is"
                yield Defect(template.site.instr, f"the template {how.format(ref.name)}", facts.trace(value))
        for ref in shown.escaped():
            value = _value(template, ref)
            if value is None or not facts.is_untrusted(value):
                continue
            operand = template.operands.get(ref.name) if not ref.path else None
            why = harm_of_place(facts, template.site.unit, shown.before, operand, (ref.name, *ref.path)[-1])
            if why is not None:
                yield Defect(template.site.instr, why, facts.trace(value))


def _value(template: Filled, ref: Reference) -> Value | None:
    """What a reference stands for, as far as the objects that are passed are seen."""
    value = template.values.get(ref.name)
    return None if value is None else _part(value, ref.path)


def _part(value: Value, path: Path) -> Value:
    """The part of a value; a value itself where it is no container of the program."""
    if not path:
        return value
    key, rest = path[0], path[1:]
    parts = []
    for obj in value.objs:
        if obj.kind in MAPPINGS and key not in _ALL and key != ANY and not (rest and key == "get"):
            held = obj.fields.get(key)
            parts += [part for part in (held, obj.elements) if part is not None]
        elif obj.kind in ("list", "tuple", "set", "generator", "dict", "namespace"):
            index = int(key) if key.isdigit() else None
            parts += [obj.fields[index]] if index in obj.fields else list(obj.fields.values())
            parts.append(obj.elements)
        elif obj.kind == "instance" and key in obj.fields:
            parts.append(obj.fields[key])
        else:
            return value  # an object of a library, or of a class: any part of it
    if not parts:
        return value
    if value.mask:
        parts.append(Value(value.mask, value.why))
    return _part(join_all(parts), rest)
