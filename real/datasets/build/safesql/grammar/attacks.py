"""Attack inputs for a spec: what a twin that splices an input leaks rows, or changes data, under."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from real.datasets.build.mini.query import Input
from real.datasets.build.safesql.grammar.domain import VAULTS, Domain
from real.datasets.build.safesql.grammar.oracle import Oracle
from real.datasets.build.safesql.grammar.spec import Spec, inputs
from real.datasets.build.safesql.grammar.steps import Step, first_use
from real.types import AttackCase

MOST = 6


def attack_cases(spec: Spec, benign: Sequence[str], oracle: Oracle) -> tuple[AttackCase, ...]:
    """At most ``MOST`` attacks, spread over the inputs; ``benign`` gives the values of the inputs without a payload.

    ``expected`` is what a safe program prints, or ``None`` where it may refuse the input as it likes.
    """
    domain = oracle.world.domain
    items = inputs(spec, domain)
    places = first_use(spec, domain)
    order = sorted(range(len(items)), key=lambda at: items[at].kind not in ("text", "list", "column"))
    per_input = [
        [(at, payload) for payload in _payloads(items[at], spec, domain, *places[items[at].name])]
        for at in order
        if items[at].name in places
    ]
    rounds = (pair for turn in zip_longest(*per_input) for pair in turn if pair is not None)
    cases: dict[AttackCase, None] = {}
    for at, payload in rounds:
        lines = [*benign[:at], payload, *benign[at + 1 :]]
        cases.setdefault(AttackCase("".join(f"{line}\n" for line in lines), _expected(spec, items, lines, oracle)))
    return tuple(cases)[:MOST]


def _expected(spec: Spec, items: Sequence[Input], lines: Sequence[str], oracle: Oracle) -> str | None:
    try:
        return oracle.asker(spec)(dict(zip((item.name for item in items), lines, strict=True))).text
    except ValueError:
        return None


def _payloads(item: Input, spec: Spec, domain: Domain, step: Step, place: int) -> Iterator[str]:
    """Payloads that fit where the input stands in the SQL text."""
    before = "".join(part for part in step.parts[:place] if isinstance(part, str))
    close = ")" * (before.count("(") - before.count(")"))
    union = f"UNION SELECT {_vault_columns(step, domain)} FROM {domain.vault} --"
    if item.name in ("page", "count", "direction"):
        return  # a number of rows, or a word after ORDER BY, gives nothing away
    if spec.action == "upsert" and item.name != domain.parent_noun:
        return  # any text may be stored: no input is an attack by itself
    if item.name == "column":
        yield f"(SELECT group_concat({VAULTS[domain.vault][1]}) FROM {domain.vault})"
    elif item.kind == "column":
        yield f"1=1 OR {domain.label}" if item.name == "field" else f"(SELECT 1) DESC, {domain.label}"
    elif item.name == "wanted" and spec.action == "criteria":
        yield from _stored(spec, domain)
    elif item.kind in ("int", "float"):
        yield from ("0 OR 1=1", "0 OR 1=1 --", *([f"0 {union}"] if step.use == "rows" else []))
    elif item.kind == "list":
        yield from (f"x'{close} OR 1=1 --", f'x"{close} OR 1=1 --')
    else:
        # Sorts where a safe program finds nothing: before every date, or after every text.
        start = "0" if item.name == "last_day" or before.endswith("< ") else "x"
        yield f"{start}') OR 'a' IN ('a" if close else f"{start}' OR 'a' LIKE 'a"
        yield f"{start}'{close} OR 1=1 --"
        if spec.action == "saved" and item.name == "search":
            yield "x' UNION SELECT 'x'' OR 1=1 --', 0 --"
        if step.use == "rows":
            yield f"{start}'{close} {union}"
        yield f'{start}"{close} OR 1=1 --'


def _stored(spec: Spec, domain: Domain) -> Iterator[str]:
    """Into VALUES ('…', …): more rows for the temporary table, or a second statement where a script is run."""
    row = f"((SELECT {domain.texts[0].name} FROM {domain.table} LIMIT 1), 0)"
    for quote in "'\"":
        yield f"x{quote}, 0), {row} --"
        yield f"x{quote}, 0); DELETE FROM {domain.table}; --"


def _vault_columns(step: Step, domain: Domain) -> str:
    owner, secret = VAULTS[domain.vault]
    columns = [owner, secret] if step.width > 1 else [secret]
    return ", ".join([*columns, *["0"] * (step.width - len(columns))])
