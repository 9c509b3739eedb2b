"""From a spec to Python programs: one that keeps input out of the SQL text, and twins that splice it in."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from real.datasets.build.mini.programs import BIND, UNSAFE_STYLES, statement
from real.datasets.build.mini.query import Input, Piece, Slot, joined_text
from real.datasets.build.safesql.grammar.domain import Domain
from real.datasets.build.safesql.grammar.oracle import UNKNOWN_COLUMN
from real.datasets.build.safesql.grammar.spec import Spec, inputs
from real.datasets.build.safesql.grammar.steps import Step, steps

LAYOUTS = ("script", "main", "helper")
RUNS = ("conn", "cursor", "variable")
ALLOW = ("set", "dict")


@dataclass(frozen=True, slots=True)
class Style:
    """``splice``: ``bind`` or one of UNSAFE_STYLES for the inputs in ``spliced``; the rest are choices of looks.

    ``script_run``: the changes of a task in one ``executescript`` where that is possible.
    """

    layout: str = "script"
    run: str = "conn"
    allow: str = "set"
    splice: str = BIND
    spliced: frozenset[str] = frozenset()
    script_run: bool = False


def draw_style(rng: random.Random) -> Style:
    """The looks of a reference."""
    return Style(rng.choice(LAYOUTS), rng.choice(RUNS), rng.choice(ALLOW))


def draw_twin(spec: Spec, domain: Domain, looks: Style, rng: random.Random, *, quotes: bool) -> Style:
    """The looks of an unsafe twin: mostly every input is spliced, sometimes all but one are.

    With ``quotes`` some test has an apostrophe: only a double-quoted literal survives it.
    """
    # A name of a column or a direction is spliced either way: what is unsafe is not to check it.
    names = [item.name for item in inputs(spec, domain)]
    open_to_text = [i.name for i in inputs(spec, domain) if i.kind in ("text", "list") or i.name == "column"]
    others = [name for name in UNSAFE_STYLES if name != "double_quoted"]
    splice = "double_quoted" if quotes else rng.choice(others)
    partly = len(names) > 1 and open_to_text and rng.random() < 0.25
    if partly:
        names = [rng.choice(open_to_text)]
    names += [name for step in steps(spec, domain) for name in step.into]
    script_run = spec.action == "criteria" and not partly and rng.random() < 0.5
    return Style(looks.layout, looks.run, looks.allow, splice, frozenset(names), script_run)


def program(spec: Spec, domain: Domain, style: Style) -> str:
    """A whole script; ends with a newline."""
    plan = steps(spec, domain)
    layout = style.layout
    if layout == "helper" and (len(plan) > 1 or _checked(spec, domain, style)):
        layout = "main"
    reads = [line for item in inputs(spec, domain) for line in _read(item, style)]
    checks = list(_checks(spec, domain, style, "return" if layout == "main" else "sys.exit()"))
    if layout == "helper":
        return _helper(spec, domain, style, plan[0], reads)
    stop = "return" if layout == "main" else "sys.exit()"
    body = [f'conn = sqlite3.connect("{domain.file}")']
    body += ["cur = conn.cursor()"] if style.run == "cursor" else []
    body += [*reads, *checks, *_statements(plan, spec, style, stop), "conn.close()"]
    imports = ["import sqlite3", *(["import sys"] if any("sys.exit()" in line for line in body) else [])]
    if layout == "script":
        return "\n".join([*imports, "", *body, ""])
    inner = [f"    {line}" for line in body]
    return "\n".join(
        [*imports, "", "", "def main() -> None:", *inner, "", "", 'if __name__ == "__main__":', "    main()", ""]
    )


def _helper(spec: Spec, domain: Domain, style: Style, step: Step, reads: Sequence[str]) -> str:
    """A function that runs the query, called by the script."""
    items = inputs(spec, domain)
    hints = {item.name: _hint(item, style) for item in items}
    arguments = ", ".join(f"{name}: {hint}" for name, hint in hints.items())
    before, sql, parameters = _sql(step, style)
    lines = ["import sqlite3", "", "", f"def find(conn: sqlite3.Connection, {arguments}) -> list[tuple[object, ...]]:"]
    lines += [f"    {line}" for line in before]
    lines += [f"    return conn.execute({sql}{parameters}).fetchall()", "", ""]
    lines += [*reads, f'conn = sqlite3.connect("{domain.file}")', f"rows = find(conn, {', '.join(hints)})"]
    return "\n".join([*lines, *_printed("rows", spec), "conn.close()", ""])


def _hint(item: Input, style: Style) -> str:
    if item.kind == "list":
        return "list[str]"
    return item.kind if item.kind in ("int", "float") and item.name not in style.spliced else "str"


def _read(item: Input, style: Style) -> Iterator[str]:
    if item.kind == "list":
        yield f'{item.name} = [part.strip() for part in input().split(",")]'
    elif item.kind in ("int", "float") and item.name not in style.spliced:
        yield f"{item.name} = {item.kind}(input())"
    else:
        yield f"{item.name} = input()"


def _checked(spec: Spec, domain: Domain, style: Style) -> list[Input]:
    """The inputs that a safe program compares with a list of names."""
    kinds = ("column", "direction")
    return [item for item in inputs(spec, domain) if item.kind in kinds and item.name not in style.spliced]


def _checks(spec: Spec, domain: Domain, style: Style, stop: str) -> Iterator[str]:
    for item in _checked(spec, domain, style):
        name, choices = item.name, ", ".join(f'"{choice}"' for choice in item.choices)
        if item.kind == "direction":
            yield f'{name} = "DESC" if {name} == "desc" else "ASC"'
            continue
        if style.allow == "set":
            yield f"if {name} not in ({choices}):"
        else:
            pairs = ", ".join(f'"{choice}": "{choice}"' for choice in item.choices)
            yield f"known_{name} = {{{pairs}}}"
            yield f"if {name} not in known_{name}:"
        yield f'    print("{UNKNOWN_COLUMN}")'
        yield f"    {stop}"
        if style.allow == "dict":
            yield f"{name} = known_{name}[{name}]"


def _statements(plan: Sequence[Step], spec: Spec, style: Style, stop: str) -> Iterator[str]:
    changes = [step for step in plan if step.use == "change"]
    for step in plan:
        before, sql, parameters = _sql(step, style)
        if step.use == "change" and style.script_run:
            if step is changes[-1]:
                yield from _one_script(changes, style)
            continue
        yield from before
        if style.run == "variable" and step.use != "change":
            yield f"query = {sql}"
            sql = "query"
        call = f"{'cur' if style.run == 'cursor' else 'conn'}.execute({sql}{parameters})"
        if step.use == "change":
            yield f"changed = {call}.rowcount" if step.report else call
            if step is changes[-1]:
                yield "conn.commit()"
            if step.report:
                yield f"print(changed, {step.report.removeprefix('{} ')!r})".replace("'", '"')
        elif step.use == "need":
            yield from _needed(step, call, stop)
        else:
            yield f"rows = {call}.fetchall()"
            yield from _printed("rows", spec)


def _needed(step: Step, call: str, stop: str) -> Iterator[str]:
    yield f"found = {call}.fetchone()"
    yield "if found is None:"
    yield f'    print("{step.message}")'
    yield f"    {stop}"
    if len(step.into) == 1:
        yield f"{step.into[0]} = found[0]"
    elif step.into:
        yield f"{', '.join(step.into)} = found"


def _one_script(changes: Sequence[Step], style: Style) -> Iterator[str]:
    parts: list[Piece] = []
    for step in changes:
        parts += [*step.parts, "; "]
    yield f"conn.executescript({_spliced(parts, style)[0]})"


def _printed(rows: str, spec: Spec) -> Iterator[str]:
    show = spec.show
    yield f"for row in {rows}:"
    yield "    print(*row)" if show.separator == " " else f'    print(*row, sep="{show.separator}")'
    if show.empty:
        yield f"if not {rows}:"
        yield f'    print("{show.empty}")'
    if show.count:
        yield f'print(len({rows}), "found")'


def _sql(step: Step, style: Style) -> tuple[list[str], str, str]:
    """Lines before the call, the SQL expression, and the further argument of ``execute``."""
    before = []
    for part in step.parts:
        if isinstance(part, Slot) and part.kind == "list":
            if part.name in style.spliced:
                quoted = "f'\"{part}\"'" if style.splice == "double_quoted" else "f\"'{part}'\""
                before.append(f'quoted = ", ".join({quoted} for part in {part.name})')
            else:
                before.append(f'marks = ", ".join("?" for _ in {part.name})')
    sql, bound = _spliced(step.parts, style)
    if not bound:
        return before, sql, ""
    return before, sql, f", ({', '.join(bound)}{',' if len(bound) == 1 else ''})"


def _spliced(parts: Sequence[Piece], style: Style) -> tuple[str, list[str]]:
    """The SQL expression with what is spliced into it, and what is bound to its question marks."""
    text: list[Piece] = []
    bound: list[str] = []
    for part in parts:
        if not isinstance(part, Slot):
            text.append(part)
        elif part.kind in ("column", "direction"):
            text.append(Slot(part.name, "column"))
        elif part.kind == "list":
            text.append(Slot("quoted" if part.name in style.spliced else "marks", "column"))
            bound += [] if part.name in style.spliced else [f"*{part.name}"]
        elif part.name in style.spliced and style.splice != BIND and part.kind != "stored":
            kind = "text" if part.kind == "stored_text" else part.kind
            text.append(Slot(part.name, kind, part.before, part.after))
        else:
            text.append("?")
            bound.append(" + ".join(p for p in (part.before and '"%"', part.name, part.after and '"%"') if p))
    if not any(isinstance(part, Slot) for part in text):
        return f'"{"".join(str(part) for part in text)}"', bound
    splice = "fstring" if style.splice == BIND else style.splice
    sql, _ = statement(joined_text(text), splice)
    return sql, bound
