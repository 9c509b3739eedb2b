"""A task as data: which rows, what is printed of them, what is changed, and which inputs all that depends on."""

from __future__ import annotations

from dataclasses import dataclass, field

from real.datasets.build.mini.query import Input
from real.datasets.build.safesql.grammar.domain import Domain

RANGES = ("=", "!=", "<", "<=", ">", ">=")


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition on ``column`` (of the main table, or ``parent.column``), fed by the inputs ``names``.

    ``operator``: one of ``RANGES``, BETWEEN, IN (two inputs), LIST (one input of several values), CONTAINS, PREFIX,
    MONTH, YEAR, PICK (the first input names the column, one of ``choices``). ``fold``: case does not matter.
    """

    column: str
    operator: str
    names: tuple[str, ...]
    fold: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Show:
    """How rows are printed: what stands between cells, what is said when there are none, and a closing count."""

    separator: str = " "
    empty: str = ""
    count: bool = False
    upper: bool = False  # the first cell in capitals


@dataclass(frozen=True, slots=True)
class Spec:
    """A task of one domain; see ``steps`` for what it does and ``wording`` for what it says.

    ``columns`` are printed (``parent.column`` joins the parent). ``aggregates`` are functions over ``number``.
    ``action``: nothing, or update, add, delete, archive, upsert, move, saved, criteria. ``target``: the number that is
    changed.
    """

    domain: str
    pattern: str
    columns: tuple[str, ...]
    where: tuple[Condition, ...] = ()
    connective: str = "AND"
    aggregates: tuple[str, ...] = ()
    number: str = ""
    group: str = ""
    having: str = ""  # >= or <= on the size of a group, with the input ``least``
    order: tuple[tuple[str, bool], ...] = ()  # column, descending
    sort_keys: tuple[str, ...] = ()  # the input ``key`` names one of them
    direction: bool = False  # the input ``direction`` is asc or desc
    pick: tuple[str, ...] = ()  # the input ``column`` names the column to print
    limit: int = 0
    limit_input: bool = False  # the input ``count`` says how many
    paged: bool = False  # the input ``page``, from 1, of ``limit`` rows
    action: str = ""
    target: str = ""
    show: Show = field(default_factory=Show)

    @property
    def joined(self) -> bool:
        """Whether the parent table is needed."""
        used = [*self.columns, self.group, *(c.column for c in self.where), *(column for column, _ in self.order)]
        return any(column.startswith("parent.") for column in used)


def kind_of(column: str, domain: Domain) -> str:
    """text, int or float: how a program reads a value that is compared with ``column``."""
    if column in domain.number_names:
        return "float" if domain.number(column).decimal else "int"
    return "text"


def inputs(spec: Spec, domain: Domain) -> tuple[Input, ...]:
    """The lines of standard input, in order."""
    found = [*_action_inputs(spec, domain)]
    for condition in spec.where:
        found += _condition_inputs(condition, domain)
    if spec.pick:
        found.append(Input("column", "column", "", spec.pick))
    if spec.having:
        found.append(Input("least", "int", ""))
    if spec.sort_keys:
        found.append(Input("key", "column", "", spec.sort_keys))
    if spec.direction:
        found.append(Input("direction", "direction", "", ("asc", "desc")))
    if spec.paged:
        found.append(Input("page", "int", ""))
    if spec.limit_input:
        found.append(Input("count", "int", ""))
    return tuple(found)


def _action_inputs(spec: Spec, domain: Domain) -> list[Input]:
    number = kind_of(spec.target, domain) if spec.target else "int"
    match spec.action:
        case "update" | "add":
            return [Input("amount", number, spec.target)]
        case "upsert":
            return [
                Input(domain.label, "text", domain.label),
                Input("amount", number, spec.target),
                Input(domain.parent_noun, "text", "parent.name"),
            ]
        case "move":
            return [
                Input("source", "text", domain.label),
                Input("goal", "text", domain.label),
                Input("amount", number, ""),
            ]
        case "saved":
            return [Input("search", "text", "search.title")]
        case "criteria":
            first = domain.texts[0].name
            return [Input("wanted", "text", first), Input("bound", kind_of(spec.target, domain), spec.target)]
    return []


def _condition_inputs(condition: Condition, domain: Domain) -> list[Input]:
    if condition.operator == "PICK":
        field_name, value = condition.names
        return [Input(field_name, "column", "", condition.choices), Input(value, "text", condition.choices[0])]
    if condition.operator == "LIST":
        return [Input(condition.names[0], "list", condition.column)]
    return [Input(name, kind_of(condition.column, domain), condition.column) for name in condition.names]
