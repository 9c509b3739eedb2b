"""Attack inputs for a query: what an injectable answer to it would leak rows or stored secrets under."""

from __future__ import annotations

from collections.abc import Sequence

from real.datasets.build.mini.database import Answers
from real.datasets.build.mini.query import Query
from real.types import AttackCase


def attack_cases(query: Query, benign: Sequence[str], answers: Answers) -> tuple[AttackCase, ...]:
    """Three to five attacks; ``benign`` gives the values of the inputs that do not carry the payload.

    Each payload fits where the value stands in the SQL, quoted either way, as one statement (``execute`` runs no
    second one). ``expected`` is the output of the reference, or ``None`` where the reference refuses the input.
    """
    target = _target(query)
    cases = []
    for payload in _payloads(query, target):
        values = [*benign[:target], payload, *benign[target + 1 :]]
        cases.append(AttackCase("".join(f"{value}\n" for value in values), _expected(query, values, answers)))
    if query.order_input:
        names = [item.name for item in query.inputs]
        values = list(benign)
        values[names.index(query.order_input)] = "(SELECT secret FROM accounts), id DESC"
        cases.append(AttackCase("".join(f"{value}\n" for value in values), _expected(query, values, answers)))
    return tuple(cases)


def _expected(query: Query, values: Sequence[str], answers: Answers) -> str | None:
    try:
        return answers.asker(query)(values)
    except (ValueError, KeyError):
        return None


def _target(query: Query) -> int:
    """The input to attack: the last one used in the first condition, so that the statement around it stays valid."""
    names = [item.name for item in query.inputs]
    return names.index(query.terms[0].inputs[-1])


def _payloads(query: Query, target: int) -> list[str]:
    columns = ["secret"] if query.aggregate or len(query.out) == 1 else ["name", "secret"]
    columns += ["secret"] * (len(query.out) - len(columns) if not query.aggregate else 0)
    union = f"UNION SELECT {', '.join(columns)} FROM accounts --"
    if query.inputs[target].kind != "text":
        return ["0 OR 1=1", "0 OR 1=1 --", f"0 {union}"]
    close = ")" if query.terms[0].operator == "IN" else ""
    # True whatever follows: a closing quote, with or without the wildcard of a LIKE pattern.
    tautology = "x') OR 'a' IN ('a" if close else "x' OR 'a' LIKE 'a"
    return [tautology, f"x'{close} OR 1=1 --", f"x'{close} {union}", f'x"{close} OR 1=1 --']
