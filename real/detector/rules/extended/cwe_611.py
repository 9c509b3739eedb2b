"""CWE-611: Improper restriction of XML external entity reference (https://cwe.mitre.org/data/definitions/611.html)

What: XML from outside is read by a parser that was told to resolve external entities.

Why: `<!ENTITY x SYSTEM "file:///etc/passwd">` puts a file of the machine, or the answer of a server behind the
firewall, into the document.

Bad:
    parser = etree.XMLParser(resolve_entities=True)
    tree = etree.fromstring(request.data, parser)

Good:
    tree = etree.fromstring(request.data)

What silences it: leaving the parser as it is (lxml from 5.0 on resolves no external entities, nor does Python since
3.7.1), resolve_entities=False, defusedxml.

Sources: as for CWE-89. https://lxml.de/api/lxml.etree.XMLParser-class.html,
https://docs.python.org/3/library/xml.html#xml-vulnerabilities
"""

from __future__ import annotations

from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Flow
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.kinds import Kind
from real.detector.rule import Rule

_OPTION = "resolve_entities"
_FEATURE = "feature_external_ges"
_FEATURE_ADDRESS = "http://xml.org/sax/features/external-general-entities"


def _is_harmless(facts: Facts, flow: Flow) -> bool:
    """Whether no parser of the program that this call may use resolves entities."""
    used = {obj for operand in flow.instr.args for obj in facts.value(flow.unit, operand).objs}
    makers = [site for site in facts.calls("XMLParser") if _resolves(site.constants(None, _OPTION))]
    if any(facts.value(site.unit, site.instr.dst).objs & used for site in makers):
        return False
    return not any(
        _switches_on(facts, site.unit, site.instr) and facts.value(site.unit, site.instr.args[0]).objs & used
        for site in facts.calls("setFeature")
    )


def _resolves(given: frozenset[object]) -> bool:
    return True in given


def _switches_on(facts: Facts, unit: Unit, call: Instr) -> bool:
    """``parser.setFeature(xml.sax.handler.feature_external_ges, True)``."""
    if len(call.args) < 3 or not any(facts.constants(unit, call.args[2])):
        return False
    feature = facts.reads(unit, call.args[1])
    return _FEATURE in feature.attributes or _FEATURE_ADDRESS in feature.constants


RULE = Rule(
    cwe="CWE-611",
    title="XML external entities",
    doc=__doc__ or "",
    fix="leave resolve_entities and feature_external_ges off, or read the document with defusedxml",
    what="document",
    kinds=(Kind.XML_ENTITIES,),
    guard=_is_harmless,
    watches=frozenset({"XMLParser", "setFeature"}),
)
