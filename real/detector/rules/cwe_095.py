"""CWE-95: Eval injection (https://cwe.mitre.org/data/definitions/95.html)

What: outside text is evaluated as Python: by eval() or exec(), or by a library function that calls them.

Why: an expression can do whatever the program can: `__import__("os").system("...")` is one. Empty globals do not help:
every object leads to every class.

Bad:
    total = eval(request.args["formula"])

Good:
    values = ast.literal_eval(request.args["values"])

    if not re.fullmatch(r"[0-9+*/(). -]+", formula):
        raise ValueError(formula)
    total = eval(formula)

What silences it:
- int(), float(), and reading data in place of code: ast.literal_eval(), json.loads(); the texts that these find are as
  untrusted as what they were found in;
- a test of the whole text that admits digits, operators, parentheses and blanks only: re.fullmatch, or each character
  in a constant text;
- a test of every node of ast.walk(ast.parse(text)) that admits only listed node classes, ast.Call and ast.Attribute not
  among them, or that stops at ast.Call;
- a NodeVisitor of the program that visits the tree before and whose generic_visit() fails at all but listed classes;
- a test that the text is one literal: it begins and ends with a quote and has none between, or a pattern says so;
- repr() and json.dumps(), which write literals; data inside quotes that has lost the quote and the backslash;
- a constant allow-list of whole expressions.

What does not: {"__builtins__": {}} or {"__builtins__": None} as globals, removing or refusing some words ("import",
"__"), a try block around the call, a test of a part of the text, a test whose outcome the call does not depend on.

What it cannot see: statements that run code without a call node (a decorator) behind a test that stops at ast.Call;
checks made by the visit_...() methods of a NodeVisitor of the program.

Sources: as for CWE-89; the parameters of functions that nothing in the program calls, input(), web requests.
"""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.models.catalogue import calls_of
from real.detector.models.kinds import Kind, Role
from real.detector.rule import Rule
from real.detector.rules._code import ARITHMETIC, is_checked_code


def _check(facts: Facts) -> Iterator[Defect]:
    """``Form.__annotations__ = {field: kind}; typing.get_type_hints(Form)`` evaluates annotations that are texts."""
    for site, row in facts.tabled(calls_of(Role.READS_ANNOTATIONS)):
        if row.arguments and not any(site.constants(None, row.arguments[0].name)):
            continue
        read = site.argument(0, "obj")
        for obj in read.objs if read is not None else ():
            held = obj.fields.get("__annotations__")
            if held is not None and facts.is_untrusted(held):
                yield Defect(site.instr, "annotations from outside are evaluated as Python", facts.trace(held))
                break


RULE = Rule(
    cwe="CWE-95",
    title="Eval injection",
    doc=__doc__ or "",
    fix="read data with ast.literal_eval() or json.loads(); map names from a constant dict to functions",
    what="code",
    harmless=ARITHMETIC,
    kinds=(Kind.EVAL, Kind.EXEC, Kind.FORMULA, Kind.EXPRESSION, Kind.EMBEDDED_EVAL),
    guard=is_checked_code,
    check=_check,
    local=True,
    asks=(Role.READS_ANNOTATIONS,),
)
