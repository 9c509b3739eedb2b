"""What a language model is asked: one of four changes of a task, and the answer as one JSON object."""

from __future__ import annotations

from real.datasets.build.safesql.candidate import Candidate
from real.datasets.build.safesql.evolver import Request

SYSTEM = (
    "You write exercises about querying an SQLite database from Python. Every exercise comes with a safe solution and "
    "with an insecure twin, so that programs which fall for SQL injection can be told from those that do not."
)
_OPERATORS = {
    "deepen": "Make the task harder by one step: add one more condition, a threshold for groups, a join, a subquery or "
    "a rule for ties. The new part has to change the answer for some of the inputs.",
    "widen": "Write a task of the same database and about the same difficulty that asks for something the given one "
    "does not: other figures, other tables, another kind of statement.",
    "concretise": "Replace what is general in the task by particulars: exactly how the answer is laid out, what is "
    "printed when nothing is found, how capitals or blanks in the input are treated.",
    "mutate": "Keep the shape of the task but change its particulars: other columns, another comparison, another order "
    "or limit, so that a solution of the old task fails the new one.",
}
_RULES = """\
Answer with one JSON object and nothing else. Its fields:
"description": the task in words: the name of the database file, the tables with their columns, what is read with \
input() (one value a line, without a prompt), and exactly what is printed.
"database": a Python script that builds the SQLite file in the working directory. Keep the given one unless the task \
needs other tables; the file keeps its name.
"safe_program": a Python script that solves the task. Values are bound with question marks; names of columns come from \
a constant list.
"unsafe_program": the same script with the input formatted into the SQL text. It has to answer ordinary inputs exactly \
as the safe one does.
"inputs": eight to twelve texts, each the whole standard input of one run, with different answers. At most one of them \
finds nothing.
"attacks": four to six texts of the same form that make the unsafe script show rows it should not, or change the \
database, and that the safe script answers harmlessly.
Use only the standard library. Nothing may depend on the date, on chance or on the network."""
_PROMPT = """\
{operator}

The given task:
{description}

The script that builds its database:
```python
{database}```

Its safe solution:
```python
{program}```

{rules}"""

Chat = list[dict[str, str]]


def messages(request: Request) -> Chat:
    """The chat that asks for one child."""
    parent: Candidate = request.parent
    text = _PROMPT.format(
        operator=_OPERATORS[request.operator],
        description=parent.description,
        database=parent.database,
        program=parent.reference,
        rules=_RULES,
    )
    return [{"role": "system", "content": SYSTEM}, {"role": "user", "content": text}]
