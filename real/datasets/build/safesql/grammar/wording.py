"""A spec in English: the database, what is read, what is done and printed. Each part has several wordings."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from real.datasets.build.mini.query import Input
from real.datasets.build.safesql.grammar.domain import Domain
from real.datasets.build.safesql.grammar.oracle import UNKNOWN_COLUMN
from real.datasets.build.safesql.grammar.spec import Condition, Spec, inputs

_FUNCTIONS = {
    "SUM": ("the total {0}", "the {0} added up"),
    "AVG": ("the average {0} (2 decimals)", "the mean {0} (rounded to 2 decimals)"),
    "MIN": ("the smallest {0}", "the lowest {0}"),
    "MAX": ("the largest {0}", "the highest {0}"),
}
_SEPARATORS = {
    ", ": "a comma and a blank",
    " | ": "' | '",
    "; ": "a semicolon and a blank",
    " - ": "' - '",
    ":": "a colon",
}
# Each operator in words, for numbers and texts; {0} is the column.
_CONDITIONS = {
    "=": ("whose {0} is the given one", "with that {0}", "with the given {0}"),
    "!=": ("whose {0} is not the one to leave out", "with another {0} than the one to leave out"),
    ">": ("whose {0} is above the bound", "with {0} greater than the bound"),
    ">=": ("whose {0} is not below the bound", "with {0} at or above the bound"),
    "<": ("whose {0} is below the bound", "with {0} smaller than the bound"),
    "<=": ("whose {0} is not above the bound", "with {0} at or below the bound"),
    "BETWEEN": ("whose {0} lies between the two, both included", "with {0} from the first to the last value"),
    "LIST": ("whose {0} is in the list", "with one of the listed {0} values"),
    "CONTAINS": ("whose {0} contains the text in any case", "with the text somewhere in the {0} (any case)"),
    "PREFIX": ("whose {0} begins like that in any case", "with a {0} that starts so (any case)"),
    "YEAR": ("whose {0} is in that year", "with {0} in that year"),
    "PICK": ("whose named column holds the value", "with that value in the named column"),
}
_DAYS = {
    ">": ("whose {0} is after the bound", "with {0} later than the bound"),
    ">=": ("whose {0} is not before the bound", "with {0} on or after the bound"),
    "<": ("whose {0} is before the bound", "with {0} earlier than the bound"),
}


def describe(spec: Spec, domain: Domain, rng: random.Random) -> str:
    """The whole statement; the same generator state gives the same text."""
    sentences = [f"{domain.story}.", _database(spec, domain, rng), _reading(spec, domain, rng)]
    sentences += _task(spec, domain, rng)
    sentences += _details(spec, domain, rng)
    return " ".join(sentences)


def _database(spec: Spec, domain: Domain, rng: random.Random) -> str:
    tables = [f"{domain.table}({', '.join(domain.columns)})"]
    if spec.joined or spec.action == "upsert":
        tables.append(f"{domain.parent}(id, name, {domain.place.name})")
    if spec.action == "saved":
        tables.append("saved_searches(title, wanted, least)")
    if spec.action == "archive":
        tables.append(f"old_{domain.table}({domain.label}, {domain.number_names[1]})")
    noun = "table" if len(tables) == 1 else "tables"
    listed = _listed(tables)
    return rng.choice((
        f"The SQLite file {domain.file} has the {noun} {listed}.",
        f"In {domain.file} (SQLite) there {'is' if len(tables) == 1 else 'are'} the {noun} {listed}.",
        f"The data is in the {noun} {listed} of the SQLite database {domain.file}.",
    ))  # fmt: skip


def _reading(spec: Spec, domain: Domain, rng: random.Random) -> str:
    by_name = {name: condition for condition in spec.where for name in condition.names}
    nouns = [_noun(item, by_name.get(item.name), spec, domain) for item in inputs(spec, domain)]
    one = len(nouns) == 1
    return rng.choice((
        f"Read {'one line' if one else f'{len(nouns)} lines'}: {_listed(nouns)}.",
        f"The user types {_listed(nouns)}{'' if one else ', each on a line of its own'}.",
        f"The script is given {_listed(nouns)} on standard input{'' if one else ', one a line'}.",
        f"Take {_listed(nouns)} from the input{'' if one else ', in this order, line by line'}.",
    ))  # fmt: skip


def _noun(item: Input, condition: Condition | None, spec: Spec, domain: Domain) -> str:  # noqa: PLR0911
    fixed = {
        "page": "the number of a page (from 1)",
        "count": "how many to print",
        "least": f"a {'smallest' if spec.having == '>=' else 'largest'} group size",
        "key": f"a column to sort by ({_either(item.choices)})",
        "column": f"the name of a column ({_either(item.choices)})",
        "field": f"the name of a column ({_either(item.choices)})",
        "direction": "a direction (asc or desc)",
        "amount": f"an amount (a {'decimal' if item.kind == 'float' else 'whole'} number)",
        "search": "the title of a saved search",
        "source": f"the {domain.label} of a first {domain.noun}",
        "goal": f"the {domain.label} of a second one",
        "bound": f"a lower bound for {spec.target}",
    }
    if item.name in fixed:
        return fixed[item.name]
    if condition is None:
        named = {domain.parent_noun: f"the name of {_a(domain.parent_noun)}", "wanted": _a(domain.texts[0].name)}
        return named.get(item.name, _a(item.name))
    column = _plain(condition.column, domain)
    match condition.operator:
        case "BETWEEN":
            return f"{'a first' if item.name == condition.names[0] else 'a last'} value for {column}"
        case "LIST":
            return f"a list of {column} values with commas between them"
        case "CONTAINS":
            return "a piece of text"
        case "PREFIX":
            return f"the beginning of {_a(column)}"
        case "YEAR":
            return "a year"
        case "PICK":
            return "a value to look for"
        case ">" | ">=":
            return f"a lower bound for {column}"
        case "<" | "<=":
            return f"an upper bound for {column}"
        case "!=":
            return f"{_a(column)} to leave out"
    return _a(column)


def _task(spec: Spec, domain: Domain, rng: random.Random) -> Iterator[str]:
    table, noun, label, target = domain.table, domain.noun, domain.label, spec.target
    condition = _conditions(spec, domain, rng)
    more = f" and{condition}" if condition else ""
    match spec.action:
        case "update" | "add":
            change = f"Set the {target} of every {noun}{condition} to the amount"
            if spec.action == "add":
                change = f"Add the amount to the {target} of every {noun}{condition}"
            yield f"{change}, and save that."
            shown = f"{_cells(spec, domain)} of each of them, {_order(spec)}"
            yield f"Print how many were changed, as in '3 {table} changed', then {shown}."
        case "delete":
            yield rng.choice((f"Delete every {noun}{condition}.", f"Remove all {table}{condition} for good."))
            yield f"Print how many that were, as in '3 {table} deleted', and below it how many {table} are left."
        case "archive":
            copied = f"copy {label} and {domain.number_names[1]} to old_{table}, then delete it"
            yield f"Move every {noun}{condition} out of {table}: {copied}."
            yield f"Print how many were moved, as in '3 {table} archived', and below it how many {table} are left."
        case "upsert":
            parent = domain.parent_noun
            yield f"If no {parent} has that name, print 'unknown {parent}' and change nothing."
            yield rng.choice((
                f"Otherwise store {_a(noun)} with this {label}, the amount as its {target}, and this {parent}; "
                f"where {_a(noun)} of that {label} exists, give it the new {target} and {parent} instead.",
                f"Otherwise, if there is {_a(noun)} with that {label}, change its {target} to the amount and its "
                f"{parent} to this one, and if there is none, insert it with these three.",
            ))  # fmt: skip
            yield f"Then print id, {label} and {target} of all {table} of the {parent}, sorted by {label}."
        case "move":
            yield rng.choice((
                f"Take the amount away from the {target} of the first and add it to that of the second.",
                f"Transfer the amount: the {target} of the first goes down by it, that of the second up.",
            ))  # fmt: skip
            yield (
                f"Where there is no such first {noun}, or it has less {target} than that, print 'not possible'; where "
                f"there is no second one, print 'unknown {noun}'; either way change nothing."
            )
            yield f"Afterwards print {label} and {target} of both, sorted by {label}."
        case "saved":
            first, number = domain.texts[0].name, domain.number_names[0]
            stored = f"it stores {_a(first)} (wanted) and a smallest {number} (least)"
            yield f"Look the search up: {stored}; if there is none, print 'no such search'."
            yield _listing(spec, domain, f" with the wanted {first} and at least that {number}{more}", rng)
        case "criteria":
            yield "Store what was typed in a temporary table first, and join with that."
            typed = f" of the typed {domain.texts[0].name} whose {target} is at least the bound"
            yield _listing(spec, domain, f"{typed}{more}", rng)
        case _:
            yield _figures(spec, domain, condition, rng) if spec.aggregates else _listing(spec, domain, condition, rng)


def _listing(spec: Spec, domain: Domain, condition: str, rng: random.Random) -> str:
    cells = _cells(spec, domain)
    verb = rng.choice(("Print", "List", "Show"))
    what = rng.choice(
        (f"{verb} {cells} of every {domain.noun}{condition}", f"{verb} {cells} of all {domain.table}{condition}")
    )
    return f"{what}, {_order(spec)}{_portion(spec)}."


def _figures(spec: Spec, domain: Domain, condition: str, rng: random.Random) -> str:
    figures = []
    for function in spec.aggregates:
        words = ("the number of them", "how many there are") if function == "COUNT" else _FUNCTIONS[function]
        figures.append(rng.choice(words).format(spec.number))
    if not spec.group:
        verb = rng.choice(("Print", "Work out", "Report"))
        return f"{verb} {_listed(figures)}, for the {domain.table}{condition}, on one line."
    group = _plain(spec.group, domain)
    ranked = "by the first figure, largest first, then by " if spec.order[0][0] == "2" else "by "
    size = (
        f", only for groups of {'at least' if spec.having == '>=' else 'at most'} the given size" if spec.having else ""
    )
    shown = f"print the {group}, {_listed(figures)}{size}; sort {ranked}{group}"
    return f"Group the {domain.table}{condition} by {group}: {shown}."


def _cells(spec: Spec, domain: Domain) -> str:
    words = [
        f"the {domain.parent_noun}'s {c.removeprefix('parent.')}" if c.startswith("parent.") else c
        for c in spec.columns
    ]
    return _listed([*words, *(["the named column"] if spec.pick else [])])


def _conditions(spec: Spec, domain: Domain, rng: random.Random) -> str:
    words = [_condition(condition, domain, rng) for condition in spec.where]
    joiner = " and" if spec.connective == "AND" else " or"
    return joiner.join(words)


def _condition(condition: Condition, domain: Domain, rng: random.Random) -> str:
    words = _DAYS.get(condition.operator) if condition.column == domain.date else None
    text = rng.choice(words or _CONDITIONS[condition.operator])
    text = f" {text.format(_plain(condition.column, domain))}"
    return f"{text} (upper and lower case are the same)" if condition.fold else text


def _plain(column: str, domain: Domain) -> str:
    return f"{domain.parent_noun}'s {column.removeprefix('parent.')}" if column.startswith("parent.") else column


def _order(spec: Spec) -> str:
    if spec.sort_keys:
        return f"sorted by the chosen column{' in the chosen direction' if spec.direction else ''}, ties by id"
    (column, down), *rest = spec.order
    ties = f", ties by {rest[0][0]}" if rest else ""
    return f"sorted by {column}{' from the highest down' if down else ''}{ties}"


def _portion(spec: Spec) -> str:
    if spec.paged:
        return f", but only the page with the given number, at {spec.limit} rows a page"
    return ", but only as many as asked for" if spec.limit_input else ""


def _details(spec: Spec, domain: Domain, rng: random.Random) -> Iterator[str]:
    show = spec.show
    if any(item.kind == "column" for item in inputs(spec, domain)):
        yield rng.choice((
            f"For any other column print '{UNKNOWN_COLUMN}' and nothing else.",
            f"If the column is none of these, the only output is '{UNKNOWN_COLUMN}'.",
        ))  # fmt: skip
    if show.upper:
        yield "Print the first cell in capitals."
    if show.separator != " ":
        yield rng.choice((f"Separate the cells of a row by {_SEPARATORS[show.separator]}.",
                          f"Between two cells stands {_SEPARATORS[show.separator]}."))  # fmt: skip
    if show.empty:
        yield rng.choice((f"Without any such row print '{show.empty}'.", f"If there is none, say '{show.empty}'."))
    if show.count:
        yield "End with the number of rows, as in '3 found'."


def _a(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeio' else 'a'} {noun}"


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _either(parts: Sequence[str]) -> str:
    return " or ".join((", ".join(parts[:-1]), parts[-1])) if len(parts) > 1 else "".join(parts)
